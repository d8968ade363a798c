#include "core/syntax/record_key.h"

#include "core/base/text.h"
#include "core/syntax/characters.h"

#include <fmt/format.h>

namespace atb::syntax {
namespace {

constexpr std::size_t kMaxChars = 512;

bool is_key_character(char c) {
  return is_alphanumeric(c) || c == '.' || c == '_' || c == ':' || c == '~' || c == '-';
}

}  // namespace

Result<RecordKey> RecordKey::parse(std::string_view text) {
  if (text.empty() || text.size() > kMaxChars || text == "." || text == ".." ||
      !std::ranges::all_of(text, is_key_character)) {
    return fail(ErrorKind::invalid_input, "record_key.syntax",
                fmt::format("\"{}\" is not a record key", printable(text, 100)));
  }
  return RecordKey(std::string(text));
}

}  // namespace atb::syntax
