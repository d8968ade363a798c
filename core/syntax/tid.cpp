#include "core/syntax/tid.h"

#include "core/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::syntax {
namespace {

constexpr std::string_view kDigits = "234567abcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kChars = 13;
constexpr std::size_t kFirstDigitEnd = 16;  // 13 digits of 5 bits are one more than 64
constexpr std::int64_t kMaxUnixUs = (std::int64_t{1} << 54) - 1;

}  // namespace

Result<Tid> Tid::parse(std::string_view text) {
  const auto bad = [text] {
    return fail(ErrorKind::invalid_input, "tid.syntax",
                fmt::format("\"{}\" is not a TID", printable(text, 100)), "a TID looks like 3jzfcijpj2z2a");
  };
  if (text.size() != kChars || kDigits.find(text[0]) >= kFirstDigitEnd) return bad();
  std::uint64_t value = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return bad();
    value = value << 5U | digit;
  }
  return Tid(value);
}

Tid Tid::from(std::int64_t unix_us, unsigned clock_id) {
  const auto time = static_cast<std::uint64_t>(std::clamp<std::int64_t>(unix_us, 0, kMaxUnixUs));
  return Tid(time << 10U | (clock_id & 1023U));
}

std::string Tid::str() const {
  std::string text(kChars, kDigits[0]);
  std::uint64_t rest = value_;
  for (auto c = text.rbegin(); c != text.rend(); ++c, rest >>= 5U) *c = kDigits[rest & 31U];
  return text;
}

Tid next_tid(const Tid* previous, std::int64_t now_us, unsigned clock_id) {
  if (previous != nullptr && now_us <= previous->unix_us()) now_us = previous->unix_us() + 1;
  return Tid::from(now_us, clock_id);
}

}  // namespace atb::syntax
