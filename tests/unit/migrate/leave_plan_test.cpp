// What stands against leaving without the old host, from what was observed.
#include "core/migrate/leave_plan.h"

#include "core/migrate/plan.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/plc_fixture.h"

using namespace atb;
using namespace atb::test;
using migrate::check_leave;
using migrate::LeaveFacts;

namespace {

constexpr const char* kHandle = "alice.old-host.net";
constexpr const char* kOldHost = "https://old-host.net";
constexpr std::uint32_t kHost = 1;
constexpr std::uint32_t kUser = 3;

plc::State listing(std::vector<std::string> keys) {
  return plc_state(std::move(keys), plc_did_key(7), kHandle, kOldHost);
}

PlcLog new_log() { return {listing({plc_did_key(kHost)}), plc_key(kHost)}; }

plc::AuditedLog audited(PlcLog& log) { return plc::audit_log(log.did(), log.entries()).value(); }

LeaveFacts facts_of(PlcLog& log) {
  LeaveFacts facts{.log = audited(log)};
  facts.key = plc_did_key(kUser);
  facts.now_us = kPlcEpochUs + 10 * kPlcHourUs;
  facts.backup = "my-backup";
  return facts;
}

// The user's key at this place of two.
PlcLog with_user_key(bool first) {
  PlcLog log = new_log();
  log.update(listing(first ? std::vector{plc_did_key(kUser), plc_did_key(kHost)}
                           : std::vector{plc_did_key(kHost), plc_did_key(kUser)}),
             plc_key(kHost), kPlcEpochUs + kPlcHourUs);
  return log;
}

migrate::Observed leaving(PlcLog& log) {
  migrate::Observed seen{
      .did = log.did(), .current_handle = kHandle, .old_host = kOldHost, .new_host = "https://new-host.net"};
  seen.new_domains = {".new-host.net"};
  seen.leave = facts_of(log);
  seen.handle_resolves = false;
  return seen;
}

}  // namespace

TEST_CASE("leave: a key that the identity lists may leave, whatever its rank", "[migrate]") {
  for (const bool first : {true, false}) {
    PlcLog log = with_user_key(first);
    CHECK(check_leave(facts_of(log)));
    const std::string words = migrate::who_can_undo(log.state(), plc_did_key(kUser), kPlcEpochUs);
    CHECK((words.find("nobody can undo") != std::string::npos) == first);
    CHECK((words.find(plc_did_key(kHost)) != std::string::npos) == !first);
  }
}

TEST_CASE("leave: without a key it is said what remains", "[migrate]") {
  PlcLog log = with_user_key(true);
  LeaveFacts facts = facts_of(log);
  facts.key.clear();
  const auto refused = check_leave(facts);
  CHECK(error_id(refused) == "leave.no_key");
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(refused.error().hint.find("stay yours") != std::string::npos);
}

TEST_CASE("leave: a key that was never listed, was removed, or ranked below its remover", "[migrate]") {
  SECTION("never") {
    PlcLog log = new_log();
    CHECK(error_id(check_leave(facts_of(log))) == "leave.key_unknown");
  }
  SECTION("removed by one of lower rank, not long ago: it could be undone") {
    PlcLog log = with_user_key(true);
    log.update(listing({plc_did_key(kHost)}), plc_key(kHost), kPlcEpochUs + 2 * kPlcHourUs);
    LeaveFacts facts = facts_of(log);
    CHECK(check_leave(facts));  // it is asked about before the first operation: hostile_host_test.cpp
    facts.now_us = kPlcEpochUs + 2 * kPlcHourUs + plc::kRecoveryWindowUs + 1;
    CHECK(error_id(check_leave(facts)) == "leave.key_rank");
  }
  SECTION("removed by one of higher rank") {
    PlcLog log = with_user_key(false);
    log.update(listing({plc_did_key(kHost)}), plc_key(kHost), kPlcEpochUs + 2 * kPlcHourUs);
    CHECK(error_id(check_leave(facts_of(log))) == "leave.key_rank");
  }
}

TEST_CASE("leave: a history that differs, a tombstone, and blobs too large are refused", "[migrate]") {
  PlcLog log = with_user_key(true);
  SECTION("history") {
    LeaveFacts facts = facts_of(log);
    facts.log_breach = 1;
    const auto refused = check_leave(facts);
    CHECK(error_id(refused) == "leave.log_differs");
    CHECK(refused.error().message.find("from entry 2 on") != std::string::npos);
  }
  SECTION("tombstone") {
    PlcLog below = log;
    below.tombstone(plc_key(kHost), kPlcEpochUs + 3 * kPlcHourUs);
    LeaveFacts facts = facts_of(below);
    CHECK(check_leave(facts));  // it is asked about before the first operation: hostile_host_test.cpp
    facts.now_us = kPlcEpochUs + 3 * kPlcHourUs + plc::kRecoveryWindowUs + 1;
    CHECK(error_id(check_leave(facts)) == "leave.tombstoned");
    facts.key.clear();
    CHECK(error_id(check_leave(facts)) == "leave.tombstoned");
    PlcLog above = with_user_key(false);
    above.tombstone(plc_key(kHost), kPlcEpochUs + 3 * kPlcHourUs);
    const auto refused = check_leave(facts_of(above));
    CHECK(error_id(refused) == "leave.tombstoned");
    CHECK(refused.error().message.find("only a key above the one that did it") != std::string::npos);
  }
  SECTION("blobs") {
    LeaveFacts facts = facts_of(log);
    facts.blob_limit = 1000;
    facts.oversized_blobs = {"bafkqaaa"};
    CHECK(error_id(check_leave(facts)) == "leave.blob_limit");
  }
}

TEST_CASE("leave: what the log tells of a key", "[migrate]") {
  PlcLog log = with_user_key(true);
  const plc::AuditedLog whole = audited(log);
  CHECK(migrate::about_key(whole, plc_did_key(kHost)).find("most likely it is that host's") !=
        std::string::npos);
  CHECK(migrate::about_key(whole, plc_did_key(kUser)).find("signed 0 of 2") != std::string::npos);
  CHECK(migrate::about_key(whole, plc_did_key(9)).empty());
}

TEST_CASE("plan: a handle that leads nowhere must be chosen anew; a wished one must lead to the account",
          "[migrate]") {
  PlcLog log = with_user_key(true);
  migrate::Observed seen = leaving(log);
  const auto plan = make_plan(seen, {});
  REQUIRE(plan);
  CHECK(plan->handle.empty());
  CHECK(plan->suggested_handle == "alice.new-host.net");
  seen.wish_resolves = false;
  const migrate::Wishes own{.handle = "alice.net"};
  CHECK(error_id(make_plan(seen, own)) == "move.handle_unresolved");
  CHECK(make_plan(seen, {.handle = "alice.new-host.net"}));
  seen.wish_resolves = true;
  CHECK(make_plan(seen, own));
  seen.current_handle = "alice.net";
  seen.handle_resolves = true;
  CHECK_FALSE(make_plan(seen, {})->handle_changes);
}

TEST_CASE("plan: operations that the directory would refuse are refused before the first", "[migrate]") {
  std::vector<std::string> keys = {plc_did_key(kUser), plc_did_key(kHost)};
  while (keys.size() < plc::kDirectoryRotationKeys)
    keys.push_back(plc_did_key(static_cast<std::uint32_t>(100 + keys.size())));
  PlcLog log = new_log();
  SECTION("too many keys, unless one is known to go") {
    log.update(listing(keys), plc_key(kHost), kPlcEpochUs + kPlcHourUs);
    CHECK(error_id(make_plan(leaving(log), {})) == "plc.too_many_keys");
    CHECK(make_plan(leaving(log), {.remove_keys = {plc_did_key(kHost)}}));
  }
  SECTION("too large") {
    plc::State state = listing({plc_did_key(kUser), plc_did_key(kHost)});
    for (int i = 0; i < 9; ++i)
      state.also_known_as.push_back("https://" + std::string(200, 'a') + std::to_string(i));
    for (int i = 0; i < 4; ++i)
      state.services.emplace_back("s" + std::to_string(i),
                                  plc::Service{"Some", "https://" + std::string(450, 'b')});
    log.update(state, plc_key(kHost), kPlcEpochUs + kPlcHourUs);
    CHECK(error_id(make_plan(leaving(log), {})) == "plc.too_large");
  }
}

TEST_CASE("plan: a did:web needs no key to leave, and two publications", "[migrate]") {
  PlcLog log = with_user_key(true);
  migrate::Observed seen = leaving(log);
  seen.plc = false;
  seen.did = *syntax::Did::parse("did:web:alice.net");
  seen.leave->web = true;
  seen.leave->key.clear();
  const auto plan = make_plan(seen, {});
  REQUIRE(plan);
  const std::string words = migrate::describe(*plan, seen, false);
  CHECK(words.find("with a temporary signing key") != std::string::npos);
  CHECK(words.find("You publish the document again") != std::string::npos);
}

TEST_CASE("plan: leaving tells from which backup, who can undo it, and what the old host still says",
          "[migrate]") {
  PlcLog log = with_user_key(false);
  migrate::Observed seen = leaving(log);
  seen.leave->backup_host = "https://older.net";
  seen.leave->missing_blobs = 2;
  seen.leave->old_answers = true;
  seen.leave->old_is_newer = true;
  const std::string words = describe(*make_plan(seen, {}), seen, false);
  for (const char* part :
       {"From the backup my-backup", "has posts that the backup lacks", "https://older.net",
        "2 blobs are missing", "number 2 of 2", "history of the account's keys"}) {
    INFO(part);
    if (std::string_view(part).starts_with("history")) {
      CHECK(words.find(part) == std::string::npos);
    } else {
      CHECK(words.find(part) != std::string::npos);
    }
  }
}
