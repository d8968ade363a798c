// AT-URIs (https://atproto.com/specs/at-uri-scheme), the restricted form records use, and account arguments.
#pragma once

#include "core/syntax/did.h"
#include "core/syntax/handle.h"
#include "core/syntax/nsid.h"
#include "core/syntax/record_key.h"

#include <optional>
#include <variant>

namespace atb::syntax {

// A handle or a DID.
class AtIdentifier {
 public:
  // Id "account.syntax".
  static Result<AtIdentifier> parse(std::string_view text);
  const Did* did() const { return std::get_if<Did>(&value_); }
  const Handle* handle() const { return std::get_if<Handle>(&value_); }
  const std::string& str() const;

 private:
  explicit AtIdentifier(std::variant<Did, Handle> value) : value_(std::move(value)) {}
  std::variant<Did, Handle> value_;
};

struct AtUri {
  AtIdentifier authority;
  std::optional<Nsid> collection;
  std::optional<RecordKey> record_key;

  // Id "at_uri.syntax".
  static Result<AtUri> parse(std::string_view text);
  std::string str() const;
};

// What a user may type for ACCOUNT: a handle (also "@handle"), a DID, or an at:// URI, whose authority
// counts.
Result<AtIdentifier> parse_account(std::string_view text);

}  // namespace atb::syntax
