#include "core/syntax/did.h"

#include "core/base/text.h"
#include "core/syntax/characters.h"

#include <fmt/format.h>

namespace atb::syntax {
namespace {

constexpr std::size_t kMaxChars = 2048;
constexpr std::string_view kScheme = "did:";

bool is_identifier_character(char c) {
  return is_alphanumeric(c) || c == '.' || c == '_' || c == ':' || c == '%' || c == '-';
}

bool is_did(std::string_view text) {
  if (text.size() > kMaxChars || !text.starts_with(kScheme)) return false;
  text.remove_prefix(kScheme.size());
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view identifier = text.substr(colon + 1);
  return std::ranges::all_of(text.substr(0, colon), is_lower) && !identifier.empty() &&
         std::ranges::all_of(identifier, is_identifier_character) && !identifier.ends_with(':') &&
         !identifier.ends_with('%');
}

}  // namespace

Result<Did> Did::parse(std::string_view text) {
  if (!is_did(text)) {
    return fail(ErrorKind::invalid_input, "did.syntax",
                fmt::format("\"{}\" is not a DID", printable(text, 100)),
                "a DID looks like did:plc:… or did:web:…");
  }
  return Did(std::string(text));
}

std::string_view Did::method() const {
  const std::string_view rest = view().substr(kScheme.size());
  return rest.substr(0, rest.find(':'));
}

}  // namespace atb::syntax
