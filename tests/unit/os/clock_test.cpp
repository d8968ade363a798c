#include "core/os/clock.h"

#include "core/os/random.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

#include <set>
#include <thread>

using namespace std::chrono_literals;

TEST_CASE("clock: sleeping takes as long as asked", "[os]") {
  auto& clock = atb::os::system_clock();
  const auto start = clock.monotonic();
  REQUIRE(clock.sleep(30ms, {}));
  CHECK(clock.monotonic() - start >= 30ms);
  CHECK(clock.wall_us() > 1'700'000'000'000'000);
}

TEST_CASE("clock: a sleeper wakes when asked to stop", "[os]") {
  auto& clock = atb::os::system_clock();
  std::stop_source stop;
  const auto start = clock.monotonic();
  std::thread asker([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  const auto status = clock.sleep(30s, stop.get_token());
  asker.join();
  REQUIRE_FALSE(status);
  CHECK(status.error().id == "stopped");
  CHECK(clock.monotonic() - start < 5s);
  CHECK_FALSE(clock.sleep(30s, stop.get_token()));
}

TEST_CASE("clock: times are written as RFC 3339", "[os]") {
  using atb::os::rfc3339;
  CHECK(rfc3339(0) == "1970-01-01T00:00:00.000Z");
  CHECK(rfc3339(1'795'373'116'123'999) == "2026-11-22T18:45:16.123Z");
  CHECK(rfc3339(951'782'400'000'000) == "2000-02-29T00:00:00.000Z");
  CHECK(rfc3339(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(rfc3339(253'402'300'799'999'999) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("clock: the manual one moves when told to", "[os]") {
  atb::test::ManualClock clock(5'000'000);
  REQUIRE(clock.sleep(2s, {}));
  clock.advance(1s);
  CHECK(clock.wall_us() == 8'000'000);
  CHECK(clock.monotonic() == 4s);
  CHECK(clock.sleeps() == std::vector<std::chrono::milliseconds>{2s});
}

TEST_CASE("random: never the same twice, hex of the length asked for", "[os]") {
  auto& random = atb::os::system_random();
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.hex(16));
  CHECK(seen.size() == 1000);
  CHECK(seen.begin()->size() == 32);
  CHECK(random.uint64() != random.uint64());
}

TEST_CASE("random: the seeded one repeats itself", "[os]") {
  atb::test::SeededRandom one(7);
  atb::test::SeededRandom two(7);
  CHECK(one.hex(20) == two.hex(20));
  CHECK(one.hex(20) != atb::test::SeededRandom(8).hex(20));
}
