#include "core/net/retrying_client.h"

#include "tests/support/capture_log.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scripted_http.h"
#include "tests/support/seeded_random.h"

#include <deque>

using namespace std::chrono_literals;
using atb::Error;
using atb::ErrorKind;
using atb::net::MemoryBody;
using atb::net::Request;
using atb::net::Response;
using atb::net::RetryingClient;
using atb::net::RetryOptions;
using atb::test::Answer;
using atb::test::ScriptedHttp;
using atb::test::SentRequest;

namespace {

using Step = atb::Result<Answer>;

Error broken(std::string_view id, ErrorKind kind = ErrorKind::network) { return {kind, id, "broken"}; }

struct Patient {
  std::deque<Step> steps;  // the last one is repeated
  atb::test::ManualClock clock;
  atb::test::SeededRandom random;
  atb::test::CaptureLog log;
  ScriptedHttp http{[this](const SentRequest&) {
    Step step = steps.front();
    if (steps.size() > 1) steps.pop_front();
    return step;
  }};
  RetryingClient client;
  MemoryBody body;
  Request request;

  explicit Patient(std::deque<Step> script, RetryOptions options = {})
      : steps(std::move(script)), client(http, clock, random, log, options) {
    request.url = atb::net::Url::parse("https://a.example/x?secret=query").value();
  }
  std::string send(const atb::StopToken& stop = {}) {
    const auto result = client.send(request, body, stop);
    return result ? std::to_string(result->status) : result.error().id;
  }
  std::size_t tried() const { return http.requests().size(); }
  std::chrono::milliseconds slept() const {
    std::chrono::milliseconds all{0};
    for (const auto one : clock.sleeps()) all += one;
    return all;
  }
};

Response answer(int status, atb::net::Headers headers) {
  return {.status = status, .headers = std::move(headers), .error_body = {}};
}
constexpr std::int64_t kNow = 1'767'323'045'678;

}  // namespace

TEST_CASE("retry: what is transient is tried again until it works", "[net]") {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    Patient patient({Answer{status, "no"}, Answer{status, "no"}, Answer{200, "yes"}});
    CHECK(patient.send() == "200");
    CHECK(patient.body.text() == "yes");
    CHECK(patient.tried() == 3);
  }
  for (const auto* id : {"http.reset", "http.cut", "http.connect", "http.failed", "http.resolve"}) {
    Patient patient({broken(id), Answer{200, "yes"}});
    CHECK(patient.send() == "200");
    CHECK(patient.tried() == 2);
  }
  for (const auto* id : {"http.stalled", "http.connect_timeout"}) {
    Patient patient({broken(id, ErrorKind::timeout), Answer{200, "yes"}});
    CHECK(patient.send() == "200");
  }
}

TEST_CASE("retry: what is not transient is not tried again", "[net]") {
  for (const int status : {200, 204, 301, 400, 401, 403, 404, 409, 413, 501}) {
    Patient patient({Answer{status, "x"}});
    CHECK(patient.send() == std::to_string(status));
    CHECK(patient.tried() == 1);
  }
  const std::vector<Error> errors = {broken("http.tls"),
                                     broken("http.too_large", ErrorKind::limit_exceeded),
                                     broken("http.private_address", ErrorKind::refused),
                                     broken("file.no_space", ErrorKind::no_space),
                                     broken("sink.network", ErrorKind::network),
                                     broken("stopped", ErrorKind::cancelled)};
  for (const auto& error : errors) {
    Patient patient({error});
    CHECK(patient.send() == error.id);
    CHECK(patient.tried() == 1);
    CHECK(patient.slept() == 0ms);
  }
}

TEST_CASE("retry: the last failure says how often it was tried", "[net]") {
  Patient patient({broken("http.reset")});
  const auto result = patient.client.send(patient.request, patient.body, {});
  REQUIRE_FALSE(result);
  CHECK(result.error().id == "http.reset");
  CHECK(result.error().context == std::vector<std::string>{"tried 6 times"});
  CHECK(patient.tried() == 6);
  Patient answered({Answer{502, "bad gateway"}});
  CHECK(answered.send() == "502");
  CHECK(answered.tried() == 6);
  Patient once({broken("http.tls")});
  CHECK(once.client.send(once.request, once.body, {}).error().context.empty());
}

TEST_CASE("retry: a name that is not found is not looked for so long", "[net]") {
  Patient patient({broken("http.resolve")});
  CHECK(patient.send() == "http.resolve");
  CHECK(patient.tried() == 3);
}

TEST_CASE("retry: a request that must not be repeated is, only when it cannot have arrived", "[net]") {
  const auto tried = [](const Step& step) {
    Patient patient({step, Answer{200, ""}});
    patient.request.method = "POST";
    patient.request.repeatable = false;
    patient.send();
    return patient.tried();
  };
  CHECK(tried(broken("http.resolve")) == 2);
  CHECK(tried(broken("http.connect")) == 2);
  CHECK(tried(broken("http.connect_timeout", ErrorKind::timeout)) == 2);
  CHECK(tried(Answer{429, ""}) == 2);
  CHECK(tried(Answer{503, "", {{"retry-after", "1"}}}) == 2);
  CHECK(tried(Answer{503, ""}) == 1);
  CHECK(tried(Answer{500, ""}) == 1);
  CHECK(tried(Answer{502, ""}) == 1);
  CHECK(tried(Answer{504, ""}) == 1);
  CHECK(tried(Answer{408, ""}) == 1);
  CHECK(tried(broken("http.reset")) == 1);
  CHECK(tried(broken("http.cut")) == 1);
  CHECK(tried(broken("http.failed")) == 1);
  CHECK(tried(broken("http.stalled", ErrorKind::timeout)) == 1);
}

TEST_CASE("retry: delays double up to a bound, with full jitter", "[net]") {
  RetryOptions options;
  options.attempts = 12;
  Patient patient({broken("http.reset")}, options);
  patient.send();
  const auto sleeps = patient.clock.sleeps();
  REQUIRE(sleeps.size() == 11);
  std::chrono::milliseconds most = 500ms;
  for (const auto sleep : sleeps) {
    CHECK(sleep >= 0ms);
    CHECK(sleep <= most);
    most = std::min<std::chrono::milliseconds>(most * 2, 30s);
  }
  Patient other({broken("http.reset")}, options);
  other.random.uint64();
  other.send();
  CHECK(other.clock.sleeps() != sleeps);
}

TEST_CASE("retry: a host that names a time is waited for", "[net]") {
  Patient seconds({Answer{429, "", {{"retry-after", "120"}}}, Answer{200, ""}});
  CHECK(seconds.send() == "200");
  CHECK(seconds.slept() >= 120s);
  CHECK(seconds.slept() <= 121s);
  const std::string reset = std::to_string(kNow / 1000 + 300);
  Patient limit(
      {Answer{429, "", {{"ratelimit-remaining", "0"}, {"ratelimit-reset", reset}}}, Answer{200, ""}});
  CHECK(limit.send() == "200");
  CHECK(limit.slept() >= 299s);
  CHECK(limit.slept() <= 301s);
}

TEST_CASE("retry: a wait that is too long is not slept through, the answer is handed up", "[net]") {
  Patient far({Answer{429, "later", {{"retry-after", "361"}}}, Answer{200, ""}});
  const auto result = far.client.send(far.request, far.body, {});
  REQUIRE(result);
  CHECK(result->status == 429);
  CHECK(result->error_body == "later");
  CHECK(far.tried() == 1);
  CHECK(far.slept() == 0ms);
  Patient near({Answer{429, "", {{"retry-after", "360"}}}, Answer{200, ""}});
  CHECK(near.send() == "200");
  Patient absurd({Answer{503, "", {{"retry-after", "99999999999999999999999999"}}}, Answer{200, ""}});
  CHECK(absurd.send() == "503");
}

TEST_CASE("retry: asking to stop ends the waiting", "[net]") {
  Patient patient({broken("http.reset")});
  std::stop_source stop;
  patient.clock.on_sleep([&] { stop.request_stop(); });
  CHECK(patient.send(stop.get_token()) == "stopped");
  CHECK(patient.tried() == 1);
}

TEST_CASE("retry: each retry is logged, without the query", "[net]") {
  Patient patient({broken("http.reset"), Answer{200, ""}});
  CHECK(patient.send() == "200");
  CHECK(patient.log.contains("GET https://a.example: http.reset, attempt 1 of 6"));
  CHECK_FALSE(patient.log.contains("secret=query"));
}

TEST_CASE("retry: after a broken body the sink begins anew", "[net]") {
  Patient patient(
      {Answer{.status = 200, .body = "hal", .then_fail = broken("http.cut")}, Answer{200, "whole"}});
  CHECK(patient.send() == "200");
  CHECK(patient.body.text() == "whole");
}

TEST_CASE("retry time: Retry-After in seconds and as a date", "[net]") {
  using atb::net::retry_at_ms;
  CHECK(retry_at_ms(answer(429, {{"retry-after", "7"}}), kNow) == kNow + 7000);
  CHECK(retry_at_ms(answer(503, {{"retry-after", " 007 "}}), kNow) == kNow + 7000);
  CHECK(retry_at_ms(answer(503, {{"retry-after", "0"}}), kNow) == kNow);
  // 2026-01-02T03:05:00Z
  CHECK(retry_at_ms(answer(503, {{"retry-after", "Fri, 02 Jan 2026 03:05:00 GMT"}}), kNow) ==
        1'767'323'100'000);
  CHECK(retry_at_ms(answer(503, {{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"}}), kNow) == kNow);
  CHECK(retry_at_ms(answer(503, {{"retry-after", "Sun, 06 Nov 9994 08:49:37 GMT"}}), kNow) ==
        kNow + 366LL * 86'400'000);
  CHECK(retry_at_ms(answer(503, {{"retry-after", "99999999999999999999"}}), kNow) ==
        kNow + 366LL * 86'400'000);
  for (const auto* nonsense :
       {"", "-1", "soon", "1.5", "Sun, 06 Nov 1994 08:49:37", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 19x4 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT"}) {
    INFO(nonsense);
    CHECK_FALSE(retry_at_ms(answer(503, {{"retry-after", nonsense}}), kNow));
  }
  CHECK_FALSE(retry_at_ms(answer(500, {{"retry-after", "7"}}), kNow));
  CHECK_FALSE(retry_at_ms(answer(200, {{"retry-after", "7"}}), kNow));
  CHECK_FALSE(retry_at_ms(answer(429, {}), kNow));
}

TEST_CASE("retry time: ratelimit-reset, when nothing remains", "[net]") {
  const auto at = [](const std::string& reset, const std::string& remaining) {
    return atb::net::retry_at_ms(
        answer(429,
               {{"ratelimit-limit", "3000"}, {"ratelimit-remaining", remaining}, {"ratelimit-reset", reset}}),
        kNow);
  };
  const std::int64_t soon = kNow / 1000 + 60;
  CHECK(at(std::to_string(soon), "0") == soon * 1000);
  CHECK_FALSE(at(std::to_string(soon), "5"));
  CHECK_FALSE(at("x", "0"));
  CHECK(at(std::to_string(soon * 1000), "0") == soon * 1000);  // milliseconds
  CHECK(at("60", "0") == kNow + 60'000);                       // a wait
  CHECK(at("1600000000", "0").value() <= kNow);                // past
  CHECK(at("99999999999", "0").value() <= kNow + 366LL * 86'400'000);
  CHECK(atb::net::retry_at_ms(answer(429, {{"ratelimit-reset", std::to_string(soon)}}), kNow) == soon * 1000);
  CHECK(atb::net::retry_at_ms(
            answer(429, {{"retry-after", "nonsense"}, {"ratelimit-reset", std::to_string(soon)}}), kNow) ==
        soon * 1000);
}

TEST_CASE("retry: what is worth one try only is tried once", "[net]") {
  Patient patient({broken("http.connect"), Answer{}});
  patient.request.once = true;
  CHECK(patient.send() == "http.connect");
  CHECK(patient.tried() == 1);
}
