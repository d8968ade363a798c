// A host that works against its user: what it signed is found, asked about, and undone by the move itself.
#include "core/migrate/fight.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

std::string words_of(const Result<migrate::Outcome>& result) {
  return result ? "done" : result.error().id + ": " + result.error().message;
}

// The operations of the log in force, as the identity's handles.
std::vector<std::string> handles_in_force(MoveBench& bench) {
  const plc::AuditedLog log = bench.network.plc.audited(bench.network.did);
  std::vector<std::string> handles;
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    if (!log.audit[i].nullified) handles.push_back(log.entries[i].operation.state().handle());
  }
  return handles;
}

bool lists(const std::vector<std::string>& list, const std::string& text) {
  return std::ranges::find(list, text) != list.end();
}

}  // namespace

TEST_CASE("hostile host: a key taken out and a handle taken away are undone by the move", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.betray("mallory.net", true);
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK_FALSE(lists(handles_in_force(bench), "mallory.net"));
  CHECK(bench.person.times_asked("Undo this operation?") == 1);
  CHECK(bench.person.shown.find("a key below yours") != std::string::npos);
  CHECK(bench.person.shown.find("mallory.net") != std::string::npos);
  CHECK(bench.watcher.said.find("undoes what was done against you") != std::string::npos);
  // The key of the one who did it goes in the first operation already, not only in the second.
  const plc::AuditedLog log = bench.network.plc.audited(bench.network.did);
  const auto& claim = log.entries[log.entries.size() - 2].operation.state();
  CHECK(claim.rotation_keys == std::vector{plc_did_key(FakeNetwork::kUserKey)});
}

TEST_CASE("hostile host: what came after the first that is undone goes with it, and is not asked about",
          "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.betray("mallory.net", false);
  bench.betray("mallory2.net", true);
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(bench.person.times_asked("Undo this operation?") == 1);
  CHECK_FALSE(lists(handles_in_force(bench), "mallory.net"));
  CHECK_FALSE(lists(handles_in_force(bench), "mallory2.net"));
}

TEST_CASE("hostile host: an operation that was the user's own doing is kept, and asked about once",
          "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.betray("alice2.net", false);
  bench.person.next_time("Undo this operation?", "no");
  bench.person.next_time("Change the identity now?", "no");
  CHECK(error_id(bench.start().result) == "move.not_agreed");
  const auto run = bench.resume();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(bench.person.times_asked("Undo this operation?") == 1);
  CHECK(lists(handles_in_force(bench), "alice2.net"));
}

TEST_CASE("hostile host: a script says which is which, or is refused before anything has changed",
          "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.leave_terminal();
  bench.options.remove_keys = {plc_did_key(FakeNetwork::kOldKey)};
  SECTION("a handle") {
    const std::string rogue = bench.betray("mallory.net", false);
    const auto refused = bench.start();
    CHECK(error_id(refused.result) == "leave.foreign_operation");
    CHECK(refused.result.error().kind == ErrorKind::refused);
    CHECK(refused.result.error().hint.find(rogue) != std::string::npos);
    CHECK(bench.network.plc.accepted == 0);
    SECTION("undone") {
      bench.options.undo_operations = {rogue};
      REQUIRE(bench.resume().result);
      CHECK_FALSE(lists(handles_in_force(bench), "mallory.net"));
    }
    SECTION("kept") {
      bench.options.keep_operations = {rogue};
      REQUIRE(bench.resume().result);
      CHECK(lists(handles_in_force(bench), "mallory.net"));
    }
    CHECK(bench.complaints() == "");
  }
  SECTION("the key: it cannot be kept out") {
    const std::string rogue = bench.betray("mallory.net", true);
    bench.options.keep_operations = {rogue};
    CHECK(error_id(bench.start().result) == "leave.key_removed");
    CHECK(bench.network.plc.accepted == 0);
    bench.options.undo_operations = {rogue};
    REQUIRE(bench.resume().result);
    CHECK(bench.complaints() == "");
  }
}

TEST_CASE("hostile host: what it signs between the two changes is undone by the second", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  // The new host stops in the middle, after the claim.
  bench.person.next_time("Change the identity now?", "yes");
  bench.person.next_time("Change the identity now?", "no");
  CHECK(error_id(bench.start().result) == "move.not_agreed");
  REQUIRE(bench.network.plc.accepted == 1);
  bench.betray("mallory.net", true);
  const auto run = bench.resume();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK_FALSE(lists(handles_in_force(bench), "mallory.net"));
}

TEST_CASE("hostile host: after 72 hours nothing is asked, and a key that was taken out is lost",
          "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bool took_key = false;
  SECTION("a handle") { bench.betray("alice2.net", false); }
  SECTION("the key") {
    bench.betray("mallory.net", true);
    took_key = true;
  }
  bench.network.clock.advance(std::chrono::hours(73));
  const auto run = bench.start();
  CHECK(error_id(run.result) == (took_key ? "leave.key_rank" : "none"));
  CHECK_FALSE(bench.person.was_asked("Undo this operation?"));
}
