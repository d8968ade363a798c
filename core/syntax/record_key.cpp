#include "core/syntax/record_key.h"

#include "core/base/text.h"
#include "core/syntax/characters.h"
#include "core/syntax/record_key_rule.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace atb::syntax {
namespace {

constexpr std::size_t kMaxChars = 512;

constexpr std::array<bool, 256> kAllowed = [] {
  std::array<bool, 256> allowed{};
  for (std::size_t byte = 0; byte < 128; ++byte) {
    const auto c = static_cast<char>(byte);
    allowed[byte] = is_alphanumeric(c) || c == '.' || c == '_' || c == ':' || c == '~' || c == '-';
  }
  return allowed;
}();

}  // namespace

bool is_record_key(std::string_view text) {
  if (text.empty() || text.size() > kMaxChars || text == "." || text == "..") return false;
  bool good = true;
  for (const char c : text) good &= kAllowed[static_cast<std::uint8_t>(c)];
  return good;
}

Result<RecordKey> RecordKey::parse(std::string_view text) {
  if (!is_record_key(text)) {
    return fail(ErrorKind::invalid_input, "record_key.syntax",
                fmt::format("\"{}\" is not a record key", printable(text, 100)));
  }
  return RecordKey(std::string(text));
}

}  // namespace atb::syntax
