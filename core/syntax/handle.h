// A domain name that names an account (https://atproto.com/specs/handle). Lower-cased at parse; at most 253
// characters.
#pragma once

#include "core/base/result.h"

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace atb::syntax {

class Handle {
 public:
  // Kind invalid_input, id "handle.syntax".
  static Result<Handle> parse(std::string_view text);
  const std::string& str() const { return text_; }
  std::string_view view() const { return text_; }
  friend auto operator<=>(const Handle&, const Handle&) = default;

  // Names that can never resolve (".invalid", ".local", ".onion", …); ".test" is left to test networks.
  bool has_reserved_top_level() const;
  // True for "alice.host.example" and the domain ".host.example".
  bool is_under(std::string_view domain) const;

 private:
  explicit Handle(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace atb::syntax

template <>
struct std::hash<atb::syntax::Handle> {
  std::size_t operator()(const atb::syntax::Handle& value) const {
    return std::hash<std::string>()(value.str());
  }
};
