#include "core/base/text.h"
#include "core/net/retrying_client.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace atb::net {
namespace {

constexpr std::int64_t kMostSeconds = 366LL * 24 * 3600;  // whatever a host says

std::optional<std::int64_t> number(std::string_view text) {
  text = trim(text);
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits) return std::nullopt;
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  const auto value = parse_decimal(text);
  // More digits than fit: as far away as we can say.
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value.value_or(INT64_MAX), INT64_MAX));
}

std::optional<unsigned> digits_at(std::string_view text, std::size_t at, std::size_t count) {
  unsigned value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

// "Sun, 06 Nov 1994 08:49:37 GMT": the one form of HTTP dates that may be sent. Unix seconds.
std::optional<std::int64_t> http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  text = trim(text);
  if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) return std::nullopt;
  if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto* const month = std::ranges::find(kMonths, text.substr(8, 3));
  const auto day = digits_at(text, 5, 2);
  const auto year = digits_at(text, 12, 4);
  const auto hour = digits_at(text, 17, 2);
  const auto minute = digits_at(text, 20, 2);
  const auto second = digits_at(text, 23, 2);
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date(
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1), std::chrono::day(*day));
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((static_cast<std::int64_t>(days) * 24 + *hour) * 60 + *minute) * 60 + *second;
}

std::int64_t after(std::int64_t now_ms, std::int64_t seconds) {
  return now_ms + std::clamp<std::int64_t>(seconds, 0, kMostSeconds) * 1000;
}

std::int64_t at(std::int64_t now_ms, std::int64_t unix_seconds) {
  // Milliseconds where seconds were meant, and a wait where a time was meant, are both seen in the wild.
  if (unix_seconds >= 100'000'000'000) unix_seconds /= 1000;
  if (unix_seconds < 100'000'000) return after(now_ms, unix_seconds);
  return std::clamp(unix_seconds, now_ms / 1000, now_ms / 1000 + kMostSeconds) * 1000;
}

}  // namespace

std::optional<std::int64_t> retry_at_ms(const Response& response, std::int64_t now_ms) {
  if (response.status != 429 && response.status != 503) return std::nullopt;
  if (const auto* value = response.header("retry-after")) {
    if (const auto seconds = number(*value)) return after(now_ms, *seconds);
    if (const auto date = http_date(*value)) {
      return std::clamp(*date * 1000, now_ms, now_ms + kMostSeconds * 1000);
    }
  }
  const auto* reset = response.header("ratelimit-reset");
  if (reset == nullptr) return std::nullopt;
  // With calls left it is another limit that was hit, of which we know nothing.
  if (const auto* remaining = response.header("ratelimit-remaining");
      remaining != nullptr && number(*remaining) != 0) {
    return std::nullopt;
  }
  if (const auto seconds = number(*reset)) return at(now_ms, *seconds);
  return std::nullopt;
}

}  // namespace atb::net
