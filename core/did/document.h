// DID documents (https://atproto.com/specs/did#did-documents) as values, from JSON or from a PLC state. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/limits.h"
#include "core/crypto/keys.h"
#include "core/data/value.h"
#include "core/syntax/did.h"
#include "core/syntax/handle.h"

namespace atb::did {

struct Document {
  syntax::Did did;
  std::vector<std::string> also_known_as;
  std::optional<crypto::PublicKey> signing_key;  // "#atproto": Multikey, or the two older key types
  std::string signing_key_problem;               // why there is none, when there is none
  std::optional<std::string> host;               // "#atproto_pds" serviceEndpoint, verbatim: http(s)://host[:port], nothing after
  data::Value json;                              // the whole document

  // The first at:// name that is a handle.
  std::optional<syntax::Handle> handle() const;
};

// Strict where it matters (id, key, endpoint), patient elsewhere. Ids (kind corrupt) "did.document", "did.mismatch" (untrusted).
Result<Document> parse_document(std::string_view json, const syntax::Did& expected, const Limits& limits);

// The URL of a did:web document. Host-level only, as the protocol allows; port by %3A. Id "did.web" (invalid_input).
Result<std::string> web_document_url(const syntax::Did& did);

}  // namespace atb::did
