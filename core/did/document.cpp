#include "core/did/document.h"

#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/data/json.h"
#include "core/did/endpoint.h"

#include <fmt/core.h>

namespace atb::did {
namespace {

constexpr std::string_view kHostServiceType = "AtprotoPersonalDataServer";

// The first entry of the list `list` whose id is the fragment, alone or after the DID. Later ones do not
// count, even when the first is of no use: so the network reads documents too.
const data::Value* find_by_fragment(const data::Value& document, std::string_view list,
                                    const syntax::Did& did, std::string_view fragment) {
  const data::Value* value = document.find(list);
  if (value == nullptr || value->array() == nullptr) return nullptr;
  for (const data::Value& entry : *value->array()) {
    const data::Value* id = entry.find("id");
    if (id == nullptr || id->text() == nullptr) continue;
    std::string_view text = *id->text();
    if (text.starts_with(did.view())) text.remove_prefix(did.view().size());
    if (text == fragment) return &entry;
  }
  return nullptr;
}

// The key types of before Multikey hold the bare point, without a prefix that names the curve.
Result<crypto::PublicKey> parse_bare_point(crypto::Curve curve, std::string_view multibase) {
  if (!multibase.starts_with('z'))
    return fail(ErrorKind::corrupt, "did.document", "\"publicKeyMultibase\" is not in base58");
  const Bytes point = TRY(base58_decode(multibase.substr(1)));
  return crypto::PublicKey::from_point(curve, point);
}

Result<crypto::PublicKey> parse_key(std::string_view type, std::string_view multibase) {
  if (type == "Multikey") return crypto::PublicKey::parse_multibase(multibase);
  if (type == "EcdsaSecp256k1VerificationKey2019") return parse_bare_point(crypto::Curve::k256, multibase);
  if (type == "EcdsaSecp256r1VerificationKey2019") return parse_bare_point(crypto::Curve::p256, multibase);
  return fail(ErrorKind::unsupported, "did.document", fmt::format("its type is \"{}\"", printable(type, 64)));
}

void read_signing_key(Document& document) {
  const data::Value* method = find_by_fragment(document.json, "verificationMethod", document.did, "#atproto");
  if (method == nullptr) {
    document.signing_key_problem = "the DID document names no key \"#atproto\"";
    return;
  }
  auto key = parse_key(data::text_or(*method, "type", ""), data::text_or(*method, "publicKeyMultibase", ""));
  if (!key) {
    document.signing_key_problem =
        fmt::format("the key \"#atproto\" of the DID document cannot be used: {}", key.error().message);
    return;
  }
  document.signing_key = *key;
}

void read_host(Document& document) {
  const data::Value* service = find_by_fragment(document.json, "service", document.did, "#atproto_pds");
  if (service == nullptr) {
    document.host_problem = "the DID document names no host: it has no service \"#atproto_pds\"";
    return;
  }
  if (const std::string type = data::text_or(*service, "type", ""); type != kHostServiceType) {
    document.host_problem =
        fmt::format("the service \"#atproto_pds\" of the DID document is of type \"{}\", not \"{}\"",
                    printable(type, 64), kHostServiceType);
    return;
  }
  const data::Value* endpoint = service->find("serviceEndpoint");
  if (endpoint == nullptr || endpoint->text() == nullptr) {
    document.host_problem = "the service \"#atproto_pds\" of the DID document has no address that is a text";
    return;
  }
  document.host_problem = endpoint_problem(*endpoint->text());
  if (document.host_problem.empty()) document.host = *endpoint->text();
}

Status check_id(const data::Value& json, const syntax::Did& expected) {
  const data::Value* id = json.find("id");
  if (id == nullptr || id->text() == nullptr)
    return fail(ErrorKind::corrupt, "did.document",
                "a DID document is an object with an \"id\", and this is not");
  if (*id->text() == expected.str()) return {};
  return fail(ErrorKind::untrusted, "did.mismatch",
              fmt::format("the document says it is of {}, and {} was asked for", printable(*id->text(), 100),
                          expected.view()));
}

}  // namespace

std::optional<syntax::Handle> Document::handle() const {
  constexpr std::string_view kScheme = "at://";
  for (const std::string& name : also_known_as) {
    if (!name.starts_with(kScheme)) continue;
    if (auto handle = syntax::Handle::parse(std::string_view(name).substr(kScheme.size()))) return *handle;
  }
  return {};
}

Result<Document> parse_document(std::string_view json, const syntax::Did& expected, const Limits& limits) {
  auto value = data::parse_json(json, limits, data::Floats::allow);
  if (!value) {
    return fail(ErrorKind::corrupt, "did.document",
                fmt::format("the document of {} is not JSON: {}", expected.view(), value.error().message));
  }
  TRY(check_id(*value, expected));
  Document document{expected, {}, {}, {}, {}, {}, *std::move(value)};
  const data::Value* names = document.json.find("alsoKnownAs");
  if (names != nullptr && names->array() != nullptr) {
    for (const data::Value& name : *names->array()) {
      if (name.text() != nullptr) document.also_known_as.push_back(*name.text());
    }
  }
  read_signing_key(document);
  read_host(document);
  return document;
}

Result<std::string> web_document_url(const syntax::Did& did) {
  const auto bad = [&did](std::string_view why) {
    return fail(ErrorKind::invalid_input, "did.web", fmt::format("{} {}", printable(did.view(), 200), why),
                "the protocol takes did:web:HOST, and did:web:HOST%3APORT in test networks");
  };
  if (!did.is_web()) return bad("is not a did:web");
  constexpr std::string_view kPrefix = "did:web:";
  constexpr std::string_view kColon = "%3A";
  std::string_view host = did.view().substr(kPrefix.size());
  if (host.find(':') != std::string_view::npos)
    return bad("has a path, and only whole hosts can be accounts");
  std::string port;
  // In lower case only in test networks: the reference server there logs in by the DID in lower case.
  const bool test_network = host.starts_with("localhost%3a");
  if (const std::size_t at = host.find(test_network ? std::string_view("%3a") : kColon);
      at != std::string_view::npos) {
    const std::string_view digits = host.substr(at + kColon.size());
    if (!valid_port(digits)) return bad("has a port that is none");
    port = fmt::format(":{}", digits);
    host = host.substr(0, at);
  }
  if (!valid_host_name(host)) return bad("names no host");
  // As the reference resolver does: a name that cannot have a certificate.
  const std::string_view scheme = lower_ascii(host) == "localhost" ? "http" : "https";
  return fmt::format("{}://{}{}/.well-known/did.json", scheme, host, port);
}

}  // namespace atb::did
