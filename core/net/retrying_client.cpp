#include "core/net/retrying_client.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::net {
namespace {

// A name that is not found is seldom found seconds later; a person who mistyped should not wait for long.
constexpr int kResolveAttempts = 3;

bool may_pass(int status) {
  switch (status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

// The request cannot have reached the host.
bool never_arrived(const Error& error) {
  return error.id == "http.resolve" || error.id == "http.connect" || error.id == "http.connect_timeout";
}

bool worth_another(const Request& request, const Result<Response>& result, bool host_named_a_time) {
  if (request.once) return false;
  if (result) {
    if (!may_pass(result->status)) return false;
    return request.repeatable || result->status == 429 || (result->status == 503 && host_named_a_time);
  }
  const Error& error = result.error();
  // Only what the client below says: a sink's error is final, whatever its kind.
  if (!error.id.starts_with("http.") || error.id == "http.tls") return false;
  if (error.kind != ErrorKind::network && error.kind != ErrorKind::timeout) return false;
  return request.repeatable || never_arrived(error);
}

std::string outcome(const Result<Response>& result) {
  return result ? fmt::format("status {}", result->status) : result.error().id;
}

Result<Response> told(Result<Response> result, int tried) {
  if (!result && tried > 1) result.error().context.push_back(fmt::format("tried {} times", tried));
  return result;
}

}  // namespace

RetryingClient::RetryingClient(HttpClient& inner, os::Clock& clock, os::Random& random, Log& log,
                               RetryOptions options)
    : inner_(inner), clock_(clock), random_(random), log_(log), options_(options) {}

std::chrono::milliseconds RetryingClient::backoff(int tried) const {
  auto most = options_.first_delay;
  for (int i = 1; i < tried && most < options_.longest_delay; ++i) most *= 2;
  most = std::min(most, options_.longest_delay);
  // "Full jitter": those who failed together must not come back together.
  const auto range = static_cast<std::uint64_t>(most.count()) + 1;
  return std::chrono::milliseconds(static_cast<std::int64_t>(random_.uint64() % range));
}

Result<Response> RetryingClient::send(const Request& request, BodySink& body, const StopToken& stop) {
  for (int tried = 1;; ++tried) {
    auto result = inner_.send(request, body, stop);
    const std::int64_t now_ms = clock_.wall_us() / 1000;
    const auto again_at = result ? retry_at_ms(*result, now_ms) : std::nullopt;
    const bool unknown_name = !result && result.error().id == "http.resolve";
    const int attempts = unknown_name ? std::min(options_.attempts, kResolveAttempts) : options_.attempts;
    if (tried >= attempts || !worth_another(request, result, again_at.has_value()))
      return told(std::move(result), tried);
    auto wait = backoff(tried);
    if (again_at) {
      const std::chrono::milliseconds asked(*again_at - now_ms);
      if (asked > options_.longest_wait) return result;
      wait += asked;
    }
    if (log_.enabled(LogLevel::info)) {
      log_.write(LogLevel::info, "http",
                 fmt::format("{} {}: {}, attempt {} of {}, next in {} ms", request.method,
                             request.url.origin(), outcome(result), tried, attempts, wait.count()));
    }
    TRY(clock_.sleep(wait, stop));
  }
}

}  // namespace atb::net
