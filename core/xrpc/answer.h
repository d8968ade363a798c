// Reads the members of an answer that its lexicon promises: one that is absent or of another type is
// "xrpc.answer" (remote), naming host, method and member. Values are never quoted: they may be tokens.
// Internal to xrpc.
#pragma once

#include "core/ipld/cid.h"
#include "core/syntax/did.h"
#include "core/xrpc/client.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::xrpc {

// A view of one object: client, method and value must outlive it. `path` names where it stands in the answer
// ("services.").
class Answer {
 public:
  Answer(const Client& client, std::string_view method, const data::Value& value, std::string path = {})
      : client_(client), method_(method), value_(value), path_(std::move(path)) {}

  Result<std::string> text(std::string_view key) const;
  Result<Secret> secret(std::string_view key) const;
  Result<bool> boolean(std::string_view key) const;
  Result<std::int64_t> integer(std::string_view key) const;
  Result<syntax::Did> did(std::string_view key) const;
  Result<ipld::Cid> cid(std::string_view key) const;
  Result<std::vector<std::string>> texts(std::string_view key) const;
  Result<Answer> object(std::string_view key) const;
  Result<const data::Array*> array(std::string_view key) const;
  // Absent and null are the same; another type is an error all the same.
  Result<std::string> text_or(std::string_view key, std::string_view fallback) const;
  Result<bool> boolean_or(std::string_view key, bool fallback) const;
  Result<std::optional<std::int64_t>> optional_integer(std::string_view key) const;
  Result<std::vector<std::string>> texts_or_none(std::string_view key) const;

  // The error itself, for checks that only the endpoint knows.
  Failure wrong(std::string_view key, std::string_view problem) const;

 private:
  const data::Value* present(std::string_view key) const;
  const Client& client_;
  std::string_view method_;
  const data::Value& value_;
  std::string path_;
};

}  // namespace atb::xrpc
