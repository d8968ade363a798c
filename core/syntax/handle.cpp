#include "core/syntax/handle.h"

#include "core/base/text.h"
#include "core/syntax/characters.h"

#include <fmt/format.h>

#include <array>

namespace atb::syntax {
namespace {

constexpr std::size_t kMaxChars = 253;

constexpr std::array<std::string_view, 8> kReserved = {"alt",     "arpa",  "example",   "internal",
                                                       "invalid", "local", "localhost", "onion"};

bool is_handle(std::string_view text) {
  if (text.size() > kMaxChars) return false;
  const auto labels = split(text, '.');
  return labels.size() >= 2 && std::ranges::all_of(labels, is_label) && is_letter(labels.back().front());
}

}  // namespace

Result<Handle> Handle::parse(std::string_view text) {
  if (!is_handle(text)) {
    return fail(ErrorKind::invalid_input, "handle.syntax",
                fmt::format("\"{}\" is not a handle", printable(text, 100)),
                "a handle is a domain name such as alice.example.com");
  }
  return Handle(lower_ascii(text));
}

bool Handle::has_reserved_top_level() const {
  const std::string_view last = view().substr(text_.rfind('.') + 1);
  return std::ranges::find(kReserved, last) != kReserved.end();
}

bool Handle::is_under(std::string_view domain) const {
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.empty() || !view().ends_with(lower_ascii(domain))) return false;
  const std::string_view name = view().substr(0, text_.size() - domain.size());
  return name.size() >= 2 && name.ends_with('.');
}

}  // namespace atb::syntax
