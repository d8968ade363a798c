// A record key (https://atproto.com/specs/record-key): 1 to 512 of [A-Za-z0-9._:~-], not "." or "..".
#pragma once

#include "core/base/result.h"

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace atb::syntax {

class RecordKey {
 public:
  // Kind invalid_input, id "record_key.syntax".
  static Result<RecordKey> parse(std::string_view text);
  const std::string& str() const { return text_; }
  std::string_view view() const { return text_; }
  friend auto operator<=>(const RecordKey&, const RecordKey&) = default;

 private:
  explicit RecordKey(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace atb::syntax

template <>
struct std::hash<atb::syntax::RecordKey> {
  std::size_t operator()(const atb::syntax::RecordKey& value) const {
    return std::hash<std::string>()(value.str());
  }
};
