#include "core/xrpc/answer.h"

#include <fmt/format.h>

namespace atb::xrpc {

const data::Value* Answer::present(std::string_view key) const {
  const data::Value* member = value_.find(key);
  return member == nullptr || member->is_null() ? nullptr : member;
}

Failure Answer::wrong(std::string_view key, std::string_view problem) const {
  return fail(ErrorKind::remote, "xrpc.answer",
              fmt::format("the answer of {} to {} is not as its lexicon says: '{}{}' {}",
                          client_.host().origin(), method_, path_, key, problem),
              "check that this address is a PDS; if it is, its operator should know");
}

Result<std::string> Answer::text(std::string_view key) const {
  const data::Value* member = present(key);
  if (member == nullptr) return wrong(key, "is missing");
  if (member->text() == nullptr) return wrong(key, "is not text");
  return *member->text();
}

Result<Secret> Answer::secret(std::string_view key) const {
  std::string value = TRY(text(key));
  if (value.empty()) return wrong(key, "is empty");
  return Secret(std::move(value));
}

Result<bool> Answer::boolean(std::string_view key) const {
  const data::Value* member = present(key);
  if (member == nullptr) return wrong(key, "is missing");
  if (member->boolean() == nullptr) return wrong(key, "is neither true nor false");
  return *member->boolean();
}

Result<std::int64_t> Answer::integer(std::string_view key) const {
  const data::Value* member = present(key);
  if (member == nullptr) return wrong(key, "is missing");
  if (member->integer() == nullptr) return wrong(key, "is not an integer");
  return *member->integer();
}

Result<syntax::Did> Answer::did(std::string_view key) const {
  const std::string value = TRY(text(key));
  auto parsed = syntax::Did::parse(value);
  if (!parsed) return wrong(key, "is not a DID");
  return parsed;
}

Result<ipld::Cid> Answer::cid(std::string_view key) const {
  const std::string value = TRY(text(key));
  auto parsed = ipld::Cid::parse(value);
  if (!parsed) return wrong(key, "is not a CID of the kind the protocol uses");
  return parsed;
}

Result<const data::Array*> Answer::array(std::string_view key) const {
  const data::Value* member = present(key);
  if (member == nullptr) return wrong(key, "is missing");
  if (member->array() == nullptr) return wrong(key, "is not a list");
  return member->array();
}

Result<std::vector<std::string>> Answer::texts(std::string_view key) const {
  std::vector<std::string> found;
  for (const data::Value& item : *TRY(array(key))) {
    if (item.text() == nullptr) return wrong(key, "holds something that is not text");
    found.push_back(*item.text());
  }
  return found;
}

Result<Answer> Answer::object(std::string_view key) const {
  const data::Value* member = present(key);
  if (member == nullptr) return wrong(key, "is missing");
  if (member->object() == nullptr) return wrong(key, "is not an object");
  return Answer(client_, method_, *member, fmt::format("{}{}.", path_, key));
}

Result<std::string> Answer::text_or(std::string_view key, std::string_view fallback) const {
  if (present(key) == nullptr) return std::string(fallback);
  return text(key);
}

Result<bool> Answer::boolean_or(std::string_view key, bool fallback) const {
  if (present(key) == nullptr) return fallback;
  return boolean(key);
}

Result<std::optional<std::int64_t>> Answer::optional_integer(std::string_view key) const {
  if (present(key) == nullptr) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(TRY(integer(key)));
}

Result<std::vector<std::string>> Answer::texts_or_none(std::string_view key) const {
  if (present(key) == nullptr) return std::vector<std::string>();
  return texts(key);
}

}  // namespace atb::xrpc
