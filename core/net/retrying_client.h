// Decorators of HttpClient: redirects followed by us, and patience with what is transient.
#pragma once

#include "core/base/log.h"
#include "core/net/http_client.h"
#include "core/os/clock.h"
#include "core/os/random.h"

namespace atb::net {

// GET only, at most 5 hops, https to https only (http only where the policy of the client below lets it),
// Authorization dropped as soon as the origin changes. "http.redirect" (refused) otherwise.
class RedirectingClient final : public HttpClient {
 public:
  explicit RedirectingClient(HttpClient& inner) : inner_(inner) {}
  Result<Response> send(const Request& request, BodySink& body, const StopToken& stop) override;

 private:
  HttpClient& inner_;
};

struct RetryOptions {
  int attempts = 6;                            // in all
  std::chrono::milliseconds first_delay{500};  // doubles, with full jitter
  std::chrono::milliseconds longest_delay{30'000};
  std::chrono::seconds longest_wait{
      360};  // what Retry-After or ratelimit-reset may ask of us; beyond: the answer is handed up
};

// Retries what is transient: network and timeout errors, 408, 425, 429, 500, 502, 503, 504. Requests that are
// not repeatable are retried only when they cannot have arrived (resolve, connect) or when the host itself
// said so (429, 503 with Retry-After). Retry-After (seconds or date) and ratelimit-reset (Unix seconds, with
// ratelimit-remaining 0) are honoured.
class RetryingClient final : public HttpClient {
 public:
  RetryingClient(HttpClient& inner, os::Clock& clock, os::Random& random, Log& log,
                 RetryOptions options = {});
  Result<Response> send(const Request& request, BodySink& body, const StopToken& stop) override;

 private:
  std::chrono::milliseconds backoff(int tried) const;

  HttpClient& inner_;
  os::Clock& clock_;
  os::Random& random_;
  Log& log_;
  RetryOptions options_;
};

// When the host will listen again, from a 429 or 503 answer; empty when it does not say. Unix milliseconds.
std::optional<std::int64_t> retry_at_ms(const Response& response, std::int64_t now_ms);

}  // namespace atb::net
