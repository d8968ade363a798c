#include "core/syntax/nsid.h"

#include "core/base/text.h"
#include "core/syntax/characters.h"

#include <fmt/format.h>

namespace atb::syntax {
namespace {

// A domain name of 253, a dot and a name of 63. Only the whole is bounded: the public vectors hold a longer
// authority.
constexpr std::size_t kMaxChars = 317;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLabelMax && is_letter(text.front()) &&
         std::ranges::all_of(text, is_alphanumeric);
}

bool is_nsid(std::string_view text) {
  if (text.size() > kMaxChars) return false;
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return false;
  const auto labels = split(text.substr(0, dot), '.');
  return labels.size() >= 2 && std::ranges::all_of(labels, is_label) && is_letter(text.front()) &&
         is_name(text.substr(dot + 1));
}

}  // namespace

Result<Nsid> Nsid::parse(std::string_view text) {
  if (!is_nsid(text)) {
    return fail(ErrorKind::invalid_input, "nsid.syntax",
                fmt::format("\"{}\" is not an NSID", printable(text, 100)),
                "an NSID looks like app.bsky.feed.post");
  }
  return Nsid(std::string(text));
}

bool Nsid::is_normal() const { return std::ranges::none_of(view().substr(0, text_.rfind('.')), is_upper); }

}  // namespace atb::syntax
