// DID documents.
#include "core/base/text.h"
#include "core/data/json.h"
#include "core/did/document.h"
#include "core/did/endpoint.h"

#include "fuzz/target.h"

namespace atb::fuzz {
namespace {

// The one the document claims, so that what lies behind that check is reached.
syntax::Did expected_of(std::string_view text) {
  if (const auto json = data::parse_json(text, Limits{}, data::Floats::allow)) {
    if (auto did = syntax::Did::parse(data::text_or(*json, "id", ""))) return *std::move(did);
  }
  return syntax::Did::parse("did:web:example.com").value();
}

void same(const did::Document& a, const did::Document& b) {
  require(a.json == b.json && a.also_known_as == b.also_known_as && a.signing_key == b.signing_key &&
              a.host == b.host,
          "a document that is written is read as the same");
}

}  // namespace

void fuzz_one(std::span<const std::uint8_t> input) {
  const Limits limits;
  const syntax::Did did = expected_of(as_text(input));
  if (did.is_web()) {
    const auto url = did::web_document_url(did);
    require(!url || url->ends_with("/.well-known/did.json"), "a did:web has its document in one place");
  }
  const auto document = did::parse_document(as_text(input), did, limits);
  if (!document) return;
  require(document->signing_key.has_value() == document->signing_key_problem.empty(),
          "there is a key, or a reason why there is none");
  require(document->host.has_value() == document->host_problem.empty(),
          "there is a host, or a reason why there is none");
  if (document->host) require(did::endpoint_problem(*document->host).empty(), "a host is an address");
  if (document->signing_key) {
    const auto again = crypto::PublicKey::parse_did_key(document->signing_key->did_key());
    require(again && *again == *document->signing_key, "a key comes back from its text");
  }
  if (const auto handle = document->handle())
    require(syntax::Handle::parse(handle->view()).has_value(), "a handle is one when read again");
  const auto again = did::parse_document(data::to_json(document->json), did, limits);
  require(again.has_value(), "a document that is written can be read");
  same(*document, *again);
}

}  // namespace atb::fuzz
