// A namespaced identifier such as app.bsky.feed.post (https://atproto.com/specs/nsid). The authority part is
// kept as given; is_normal() tells whether it is lower case.
#pragma once

#include "core/base/result.h"

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace atb::syntax {

class Nsid {
 public:
  // Kind invalid_input, id "nsid.syntax".
  static Result<Nsid> parse(std::string_view text);
  const std::string& str() const { return text_; }
  std::string_view view() const { return text_; }
  friend auto operator<=>(const Nsid&, const Nsid&) = default;

  bool is_normal() const;

 private:
  explicit Nsid(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace atb::syntax

template <>
struct std::hash<atb::syntax::Nsid> {
  std::size_t operator()(const atb::syntax::Nsid& value) const {
    return std::hash<std::string>()(value.str());
  }
};
