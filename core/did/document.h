// DID documents (https://atproto.com/specs/did#did-documents) as values. Pure.
#pragma once

#include "core/base/limits.h"
#include "core/crypto/keys.h"
#include "core/data/value.h"
#include "core/syntax/did.h"
#include "core/syntax/handle.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::did {

struct Document {
  syntax::Did did;
  std::vector<std::string> also_known_as;
  std::optional<crypto::PublicKey> signing_key;  // "#atproto": Multikey, or the two older key types
  std::string signing_key_problem;               // why there is none, when there is none
  // The "#atproto_pds" serviceEndpoint, verbatim: http(s)://host[:port], nothing after.
  std::optional<std::string> host;
  std::string host_problem;  // why there is none, when there is none
  data::Value json;          // the whole document

  // The first at:// name that is a handle.
  std::optional<syntax::Handle> handle() const;
};

// Strict where it matters (id, key, endpoint), patient elsewhere: a document without a usable key or host is
// read, and says why. Of several entries with one id the first counts. Ids (kind corrupt) "did.document",
// "did.mismatch" (untrusted).
Result<Document> parse_document(std::string_view json, const syntax::Did& expected, const Limits& limits);

// The URL of a did:web document. Host-level only, as the protocol allows; port by %3A; plain http for
// "localhost" alone, as in test networks. Id "did.web" (invalid_input).
Result<std::string> web_document_url(const syntax::Did& did);

}  // namespace atb::did
