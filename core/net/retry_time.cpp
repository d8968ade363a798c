#include "core/base/text.h"
#include "core/net/http_date.h"
#include "core/net/retrying_client.h"

#include <algorithm>

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
    if (const auto date = parse_http_date(*value)) {
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
