// Limits by the day: waited out, or told with the hour when they end.
#include "tests/support/catch.h"
#include "tests/support/collect_progress.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <algorithm>
#include <numeric>

using namespace atb;
using namespace atb::test;

namespace {

constexpr std::size_t kRecords = 60;  // some blobs

std::chrono::milliseconds slept(const MoveBench& bench) {
  const auto sleeps = bench.network.clock.sleeps();
  return std::accumulate(sleeps.begin(), sleeps.end(), std::chrono::milliseconds(0));
}

}  // namespace

TEST_CASE("wait: a daily limit of uploads ends the run, and says when to come back", "[migrate]") {
  MoveBench bench(kRecords);
  FakePds& host = bench.network.new_host;
  host.uploads_a_day = 2;
  auto run = bench.start();
  REQUIRE_FALSE(run.result);
  CHECK(run.result.error().kind == ErrorKind::rate_limited);
  CHECK(run.result.error().hint.find("after 2026-01-03T00:00:00.000Z") != std::string::npos);
  CHECK(run.result.error().hint.find("migrate resume " + bench.network.did.str()) != std::string::npos);
  CHECK(host.effects.uploads == 2);
  // The next day it goes on, and again.
  int days = 0;
  while (!run.result && run.result.error().kind == ErrorKind::rate_limited && ++days < 20) {
    bench.network.clock.advance(std::chrono::hours(24));
    run = bench.resume();
  }
  REQUIRE(run.result);
  CHECK(days > 1);
  CHECK(bench.complaints() == "");
}

TEST_CASE("wait: with --wait it goes on by itself for days, and its login is renewed", "[migrate]") {
  MoveBench bench(kRecords);
  FakePds& host = bench.network.new_host;
  host.uploads_a_day = 2;
  bench.options.wait = true;
  const auto run = bench.start();
  INFO((run.result ? "done" : run.result.error().message));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(slept(bench) > std::chrono::hours(44));
  CHECK(bench.watcher.said.find("Waiting until 2026-01-03T00:00:02.000Z") != std::string::npos);
  CHECK(bench.watcher.said.find("Waiting until 2026-01-04T00:00:02.000Z") != std::string::npos);
  // Each blob went over once.
  CHECK(static_cast<std::size_t>(host.effects.uploads) == bench.network.new_account().blobs.size());
}

TEST_CASE("wait: a host that does not say when is asked again after minutes", "[migrate]") {
  MoveBench bench;
  bench.options.wait = true;
  int refused = 0;
  bench.network.new_host.intercepts["com.atproto.repo.uploadBlob"] =
      [&refused](const SentRequest&) -> std::optional<Answer> {
    if (++refused > 2) return {};
    return Answer{.status = 429, .body = R"({"error":"RateLimitExceeded"})"};
  };
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
  CHECK(slept(bench) >= std::chrono::minutes(10));
  CHECK(slept(bench) < std::chrono::minutes(20));
}
