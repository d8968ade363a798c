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

TEST_CASE("hostile host: an identity that it gave up comes back with the move, within 72 hours",
          "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  const std::string rogue = bench.give_up();
  SECTION("a person is asked") {
    const auto run = bench.start();
    INFO(words_of(run.result));
    REQUIRE(run.result);
    CHECK(bench.complaints() == "");
    CHECK(bench.person.shown.find("It gives the identity up for good.") != std::string::npos);
    CHECK(bench.watcher.said.find("undoes what was done against you") != std::string::npos);
    const plc::AuditedLog log = bench.network.plc.audited(bench.network.did);
    CHECK_FALSE(log.tombstoned);
    CHECK(std::ranges::count_if(log.audit, &plc::AuditedEntry::nullified) == 1);
  }
  SECTION("a script must say so; it is planned beforehand, and it cannot be kept") {
    bench.leave_terminal();
    bench.options.keep_operations = {rogue};
    const auto refused = bench.start();
    CHECK(error_id(refused.result) == "leave.key_removed");
    CHECK(refused.result.error().message.find("gave the identity up") != std::string::npos);
    bench.options.keep_operations.clear();
    bench.options.undo_operations = {rogue};
    const auto run = bench.dry_run();
    REQUIRE(run);
    CHECK(run->plan.obstacles.empty());
    CHECK(run->plan.changes.size() == 2);
    REQUIRE(bench.start().result);
    CHECK(bench.complaints() == "");
  }
  SECTION("later it is said at once that it cannot") {
    bench.network.clock.advance(std::chrono::hours(73));
    const auto run = bench.start();
    CHECK(error_id(run.result) == "leave.tombstoned");
    CHECK(run.result.error().message.find("after 72 hours that cannot be undone any more") !=
          std::string::npos);
    const auto planned = bench.dry_run();
    REQUIRE(planned);
    REQUIRE_FALSE(planned->plan.obstacles.empty());
    CHECK(planned->plan.obstacles.front().id == "leave.tombstoned");
    CHECK(bench.network.plc.accepted == 0);
  }
  SECTION("without a key it is said until when one would help") {
    bench.options.rotation_key.clear();
    const auto run = bench.start();
    CHECK(error_id(run.result) == "leave.tombstoned");
    CHECK(run.result.error().hint.find("give its file with --rotation-key") != std::string::npos);
  }
}

TEST_CASE("hostile directory: a history that lost what it had shown is not built upon", "[migrate]") {
  MoveBench bench;
  bench.witnesses = true;
  PlcLog& log = bench.network.plc.log(bench.network.did);
  const bool alone = GENERATE(false, true);
  if (alone) {
    bench.lose_old_host();
  } else {
    bench.network.enroll_user_key();
  }
  bench.options.handle = "alice.new-host.net";
  REQUIRE(bench.dry_run());  // this one sees the whole history
  PlcLog whole = log;
  plc::State other = log.state();
  other.also_known_as = {"at://someone.else.net"};
  SECTION("before it begins") {
    SECTION("shortened") {
      plc::Operation genesis = log.entries().front().operation;
      log = PlcLog(std::move(genesis), log.entries().front().created_us);
    }
    SECTION("rewritten") {
      log.entries().pop_back();
      PlcLog rewritten(log.entries().front().operation, log.entries().front().created_us);
      rewritten.update(other, plc_key(FakeNetwork::kOldKey), whole.entries().back().created_us);
      log = std::move(rewritten);
    }
    const auto planned = bench.dry_run();
    REQUIRE(planned);
    CHECK(std::ranges::any_of(planned->plan.obstacles,
                              [](const Error& one) { return one.id == "plan.witness"; }));
    const auto run = bench.start();
    REQUIRE_FALSE(run.result);
    CHECK(run.result.error().kind == ErrorKind::refused);
    CHECK(bench.network.plc.accepted == 0);
    log = whole;
  }
  SECTION("between the plan and the signature") {
    bench.person.next_time("Change the identity now?", "no");
    CHECK(error_id(bench.start().result) == "move.not_agreed");
    bench.options.handle.clear();  // the plan is agreed to, and not made again
    log.entries().back().operation = plc::Operation::make(other, log.cid(0));
    log.entries().back().operation.sign(plc_key(FakeNetwork::kOldKey)).value();
    log.entries().back().cid = log.entries().back().operation.cid();
    const auto run = bench.resume();
    CHECK(error_id(run.result) == "plan.witness");
    CHECK(run.result.error().hint.find("witness") != std::string::npos);
  }
}

TEST_CASE("hostile directory: times that changed are told, and do not stop a move", "[migrate]") {
  MoveBench bench;
  bench.witnesses = true;
  bench.lose_old_host();
  bench.options.handle = "alice.new-host.net";
  REQUIRE(bench.dry_run());
  bench.network.plc.log(bench.network.did).entries().front().created_us -= 1000;
  bench.network.plc.log(bench.network.did).entries().front().created_at =
      plc_time(bench.network.plc.log(bench.network.did).entries().front().created_us);
  const auto run = bench.dry_run();
  REQUIRE(run);
  CHECK(run->plan.obstacles.empty());
  CHECK(std::ranges::any_of(run->plan.warnings, [](const std::string& one) {
    return one.find("has changed the time of operation 1") != std::string::npos;
  }));
}

TEST_CASE("hostile host: one that is declared so before it acts loses its keys with the first change",
          "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.options.hostile_host = true;
  const auto first_keys = [&bench] {
    const plc::AuditedLog log = bench.network.plc.audited(bench.network.did);
    return log.entries[2].operation.state().rotation_keys;
  };
  SECTION("a person says whose its key is, once, and it can sign nothing between the changes") {
    bench.person.next_time("Change the identity now?", "yes");
    bench.person.next_time("Change the identity now?", "no");
    CHECK(error_id(bench.start().result) == "move.not_agreed");
    CHECK(first_keys() == std::vector{plc_did_key(FakeNetwork::kUserKey)});
    CHECK(bench.watcher.said.find("Keys that stand above yours can undo your changes") != std::string::npos);
    CHECK(bench.watcher.said.find("these keys go with this change already") != std::string::npos);
    PlcLog& history = bench.network.plc.log(bench.network.did);
    plc::State state = history.state();
    state.also_known_as = {"at://mallory.net"};
    plc::Operation rogue = plc::Operation::make(state, history.cid(history.head()));
    rogue.sign(bench.network.old_host.rotation_key()).value();
    CHECK(error_id(bench.network.plc.submit(bench.network.did, rogue)) == "plc.signature");
    const auto run = bench.resume();
    INFO(words_of(run.result));
    REQUIRE(run.result);
    CHECK(bench.person.times_asked("Keep this key?") == 1);
    CHECK(bench.complaints() == "");
  }
  SECTION("a key that the person keeps is kept by both changes, and asked about once") {
    plc::State state = bench.network.plc.state(bench.network.did);
    state.rotation_keys.insert(state.rotation_keys.begin() + 1, plc_did_key(50));
    bench.network.plc.log(bench.network.did)
        .update(state, plc_key(FakeNetwork::kUserKey), bench.network.clock.wall_us());
    bench.person.next_time("Keep this key?", "yes");
    const auto run = bench.start();
    INFO(words_of(run.result));
    REQUIRE(run.result);
    CHECK(bench.person.times_asked("Keep this key?") == 2);
    const auto& keys = bench.network.plc.state(bench.network.did).rotation_keys;
    CHECK(lists(keys, plc_did_key(50)));
    CHECK(bench.complaints() == "");
  }
  SECTION("a script says it by flags, and the plan shows it before anything is done") {
    bench.leave_terminal();
    const auto planned = bench.dry_run();
    REQUIRE(planned);
    CHECK(planned->plan.changes.at(0).keys == 1);
    CHECK(planned->words.find("The old host is hostile, you said.") != std::string::npos);
    CHECK(error_id(bench.start().result) == "move.unknown_key");
    CHECK(bench.network.plc.accepted == 0);
    bench.options.remove_keys = {bench.network.old_host.rotation_did_key()};
    REQUIRE(bench.resume().result);
    CHECK(first_keys() == std::vector{plc_did_key(FakeNetwork::kUserKey)});
    CHECK(bench.complaints() == "");
  }
}

TEST_CASE("hostile host: who is asked for help is not called hostile", "[migrate]") {
  MoveBench bench;
  bench.options.hostile_host = true;
  const auto run = bench.start();
  CHECK(error_id(run.result) == "move.needs_from");
  CHECK(bench.network.old_host.effects.mails == 0);
}
