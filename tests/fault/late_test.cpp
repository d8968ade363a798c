// Records that are written on the old host during the move are brought over, struck at every outside call.
#include "tests/fault/strikes.h"
#include "tests/support/catch.h"

using namespace atb;
using namespace atb::test;

namespace {

data::Object a_post(const std::string& text) {
  return data::Object().set("$type", "app.bsky.feed.post").set("text", text);
}

// Once, when the account is activated on the new host.
void write_late(MoveBench& bench) {
  bench.network.old_host.put_record(bench.network.old_account(), "app.bsky.feed.post/changed",
                                    a_post("before"));
  bench.network.old_host.commit(bench.network.old_account());
  bench.network.new_host.intercepts["com.atproto.server.activateAccount"] =
      [&bench, done = false](const SentRequest&) mutable -> std::optional<Answer> {
    if (std::exchange(done, true)) return {};
    FakeAccount& account = bench.network.old_account();
    bench.network.clock.advance(std::chrono::seconds(1));
    bench.network.old_host.put_record(account, "app.bsky.feed.post/late", a_post("late"));
    bench.network.old_host.put_record(account, "app.bsky.feed.post/changed", a_post("after"));
    bench.network.old_host.commit(account);
    return {};
  };
}

std::string underway(MoveBench&) { return ""; }

std::string at_the_end(MoveBench& bench, const migrate::Outcome& outcome) {
  std::string wrong;
  if (bench.network.old_account().active) wrong += "the old account is active\n";
  if (!bench.network.new_account().records.contains("app.bsky.feed.post/late"))
    wrong += "what was written late is not there\n";
  for (const std::string& note : outcome.notes) wrong += "left open: " + note + "\n";
  return wrong;
}

const Scenario kLate{
    .prepare = write_late, .underway = underway, .at_the_end = at_the_end, .aftercare = true};

}  // namespace

TEST_CASE("late: each request in turn does not arrive", "[late]") {
  check_everywhere(kLate, Seam::http, Blow::unreached, false, 70);
}

TEST_CASE("late: the reply to each request in turn is lost", "[late]") {
  check_everywhere(kLate, Seam::http, Blow::reply_lost, false, 70);
}

TEST_CASE("late: each request in turn is answered with 500", "[late]") {
  check_everywhere(kLate, Seam::http, Blow::refused, false, 70);
}

TEST_CASE("late: killed after each request, before its reply is seen", "[late]") {
  check_everywhere(kLate, Seam::http, Blow::killed_after, false, 70);
}

TEST_CASE("late: killed after each operation on files", "[late]") {
  check_everywhere(kLate, Seam::file, Blow::killed_after, false, 80);
}
