#include "cli/manual/mdoc.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdint>

namespace atb::manual {
namespace {

// The text is our own and valid UTF-8.
std::string escaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\\') {
      result += "\\e";
    } else if (byte < 0x80) {
      result += text[i];
    } else {
      const unsigned following = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
      std::uint32_t code = byte & (0x3fU >> following);
      for (unsigned n = 0; n < following && i + 1 < text.size(); ++n)
        code = code << 6 | (static_cast<unsigned char>(text[++i]) & 0x3fU);
      result += fmt::format("\\[u{:04X}]", code);
    }
  }
  return result;
}

// Every macro's name is a capital letter and one or two small letters or digits; "No" and "An" are words too.
bool like_a_macro(std::string_view word) {
  return (word.size() == 2 || word.size() == 3) && std::isupper(static_cast<unsigned char>(word[0])) != 0 &&
         std::islower(static_cast<unsigned char>(word[1])) != 0;
}

}  // namespace

std::string text_line(std::string_view text) {
  const bool like_a_request = text.starts_with('.') || text.starts_with('\'');
  return (like_a_request ? "\\&" : "") + escaped(text);
}

std::string macro_words(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (like_a_macro(word)) result += "\\&";
    result += escaped(word);
    text.remove_prefix(word.size());
    if (!text.empty()) {
      result += ' ';
      text.remove_prefix(1);
    }
  }
  return result;
}

std::string sentence(std::string_view text) { return text_line(text) + (text.ends_with('.') ? "" : "."); }

}  // namespace atb::manual
