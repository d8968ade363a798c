// A decentralised identifier (https://atproto.com/specs/did): generic syntax, at most 2048 characters. Any
// method parses; the program speaks plc and web.
#pragma once

#include "core/base/result.h"

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace atb::syntax {

class Did {
 public:
  // Kind invalid_input, id "did.syntax".
  static Result<Did> parse(std::string_view text);
  const std::string& str() const { return text_; }
  std::string_view view() const { return text_; }
  friend auto operator<=>(const Did&, const Did&) = default;

  // "plc", "web", …
  std::string_view method() const;
  bool is_plc() const { return method() == "plc"; }
  bool is_web() const { return method() == "web"; }

 private:
  explicit Did(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace atb::syntax

template <>
struct std::hash<atb::syntax::Did> {
  std::size_t operator()(const atb::syntax::Did& value) const {
    return std::hash<std::string>()(value.str());
  }
};
