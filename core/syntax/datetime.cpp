#include "core/syntax/datetime.h"

#include "core/base/text.h"
#include "core/syntax/characters.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

namespace atb::syntax {
namespace {

constexpr std::size_t kMaxChars = 64;
constexpr std::size_t kMaxFractionDigits = 20;

// The parts as written; nothing is in range yet.
struct Parts {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t microseconds = 0;
  int offset_sign = 1;
  int offset_hour = 0;
  int offset_minute = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool skip(char expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly `count` digits.
  template <class Number>
  bool number(std::size_t count, Number& out) {
    if (rest_.size() < count) return false;
    out = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(rest_[i])) return false;
      out = static_cast<Number>(out * 10 + static_cast<Number>(rest_[i] - '0'));
    }
    rest_.remove_prefix(count);
    return true;
  }
  // Digits after the point, as many as there are; what is finer than a microsecond is read over.
  bool fraction(std::int64_t& microseconds) {
    std::size_t count = 0;
    microseconds = 0;
    for (; !rest_.empty() && is_digit(rest_[0]); rest_.remove_prefix(1), ++count) {
      if (count < 6) microseconds = microseconds * 10 + (rest_[0] - '0');
    }
    for (std::size_t i = count; i < 6; ++i) microseconds *= 10;
    return count > 0 && count <= kMaxFractionDigits;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool read_offset(Reader& in, Parts& parts) {
  if (in.skip('Z')) return true;
  if (in.skip('-')) {
    parts.offset_sign = -1;
  } else if (!in.skip('+')) {
    return false;
  }
  if (!in.number(2, parts.offset_hour) || !in.skip(':') || !in.number(2, parts.offset_minute)) return false;
  // "-00:00" says that the offset is not known; ISO 8601 does not have it.
  return parts.offset_sign > 0 || parts.offset_hour != 0 || parts.offset_minute != 0;
}

std::optional<Parts> read(std::string_view text) {
  if (text.size() > kMaxChars) return std::nullopt;
  Reader in(text);
  Parts parts;
  const bool clock = in.number(4, parts.year) && in.skip('-') && in.number(2, parts.month) && in.skip('-') &&
                     in.number(2, parts.day) && in.skip('T') && in.number(2, parts.hour) && in.skip(':') &&
                     in.number(2, parts.minute) && in.skip(':') && in.number(2, parts.second);
  if (!clock || (in.skip('.') && !in.fraction(parts.microseconds)) || !read_offset(in, parts) ||
      !in.at_end()) {
    return std::nullopt;
  }
  return parts;
}

// Leap seconds and "24:00" are refused: not every reader on the network knows them.
std::optional<std::int64_t> unix_us_of(const Parts& parts) {
  namespace chrono = std::chrono;
  const chrono::year_month_day date{chrono::year{parts.year}, chrono::month{parts.month},
                                    chrono::day{parts.day}};
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 59 || parts.offset_hour > 23 ||
      parts.offset_minute > 59) {
    return std::nullopt;
  }
  const auto offset =
      parts.offset_sign * (chrono::hours(parts.offset_hour) + chrono::minutes(parts.offset_minute));
  const auto time = chrono::sys_days(date) + chrono::hours(parts.hour) + chrono::minutes(parts.minute) +
                    chrono::seconds(parts.second) - offset;
  constexpr chrono::sys_days kYearZero = chrono::year{0} / chrono::January / 1;
  if (time < kYearZero) return std::nullopt;
  return chrono::microseconds(time.time_since_epoch()).count() + parts.microseconds;
}

}  // namespace

Result<Datetime> Datetime::parse(std::string_view text) {
  const auto parts = read(text);
  if (!parts) {
    return fail(ErrorKind::invalid_input, "datetime.syntax",
                fmt::format("\"{}\" is not a datetime", printable(text, 100)),
                "a datetime looks like 2026-11-22T18:45:16.123Z");
  }
  const auto unix_us = unix_us_of(*parts);
  if (!unix_us) {
    return fail(ErrorKind::invalid_input, "datetime.value",
                fmt::format("there is no such moment as {}", printable(text, 100)));
  }
  return Datetime(std::string(text), *unix_us);
}

}  // namespace atb::syntax
