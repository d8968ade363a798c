#include "core/migrate/plan.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/plc_fixture.h"

#include <algorithm>

using namespace atb;
using migrate::make_plan;
using migrate::Observed;

namespace {

Observed usual() {
  Observed seen{.did = *syntax::Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
                .current_handle = "alice.old-host.net",
                .old_host = "https://old-host.net",
                .new_host = "https://new-host.net"};
  seen.old_domains = {".old-host.net"};
  seen.new_domains = {".new-host.net"};
  return seen;
}

}  // namespace

TEST_CASE("plan: a handle of the old host's domain must be chosen anew, and one is suggested", "[migrate]") {
  const auto plan = make_plan(usual(), {});
  REQUIRE(plan);
  CHECK(plan->handle.empty());
  CHECK(plan->suggested_handle == "alice.new-host.net");
}

TEST_CASE("plan: a handle of one's own domain goes along", "[migrate]") {
  Observed seen = usual();
  seen.current_handle = "alice.net";
  const auto plan = make_plan(seen, {});
  REQUIRE(plan);
  CHECK(plan->handle == "alice.net");
  CHECK_FALSE(plan->handle_changes);
  CHECK(migrate::describe(*plan, seen, false).find("It keeps its name, alice.net.") != std::string::npos);
}

TEST_CASE("plan: a wish for a handle counts, unless the old host gives such handles out", "[migrate]") {
  const auto plan = make_plan(usual(), {.handle = "bob.net", .has_invite = false});
  REQUIRE(plan);
  CHECK(plan->handle == "bob.net");
  CHECK(plan->handle_changes);
  CHECK(test::error_id(make_plan(usual(), {.handle = "b.old-host.net", .has_invite = false})) ==
        "move.handle");
  CHECK_FALSE(make_plan(usual(), {.handle = "no handle", .has_invite = false}));
}

TEST_CASE("plan: each thing that stands against a move is told by name", "[migrate]") {
  Observed seen = usual();
  SECTION("the same host") {
    seen.new_host = seen.old_host;
    CHECK(test::error_id(make_plan(seen, {})) == "move.same_host");
  }
  SECTION("a did:web on a domain of the host's own") {
    seen.plc = false;
    seen.did = *syntax::Did::parse("did:web:alice.old-host.net");
    CHECK(test::error_id(make_plan(seen, {})) == "move.web_domain");
    seen.did = *syntax::Did::parse("did:web:alice.net");
    const auto plan = make_plan(seen, {});
    REQUIRE(plan);
    CHECK(migrate::describe(*plan, seen, false).find("You publish the document with the new host") !=
          std::string::npos);
    const auto submit = std::ranges::find(plan->steps, "submit", &migrate::PlannedStep::name);
    REQUIRE(submit != plan->steps.end());
    CHECK(submit->needs == "you publish the file on your domain");
    CHECK(std::ranges::find(plan->steps, "recovery-key", &migrate::PlannedStep::name) == plan->steps.end());
    CHECK(plan->changes.empty());
    migrate::Wishes keyed;
    keyed.recovery_key = true;
    CHECK(test::error_id(make_plan(seen, keyed)) == "move.did_web");
  }
  SECTION("inactive") {
    seen.old_active = false;
    CHECK(test::error_id(make_plan(seen, {})) == "move.old_inactive");
  }
  SECTION("taken down") {
    seen.old_active = false;
    seen.old_status = "takendown";
    const auto refused = make_plan(seen, {});
    CHECK(test::error_id(refused) == "move.taken_down");
    CHECK(refused.error().hint.find("key enroll") != std::string::npos);
    CHECK(refused.error().hint.find("--allow-takendown") != std::string::npos);
    seen.plc = false;
    seen.did = *syntax::Did::parse("did:web:alice.net");
    CHECK(make_plan(seen, {}).error().hint.find("key enroll") == std::string::npos);
  }
  SECTION("telephone") {
    seen.phone_required = true;
    CHECK(test::error_id(make_plan(seen, {})) == "move.phone");
  }
  SECTION("an account that the new host keeps shut is there") {
    seen.new_knows_account = true;
    seen.new_status = "takendown";
    CHECK(test::error_id(make_plan(seen, {})) == "move.account_exists");
    seen.new_account_ours = true;
    CHECK(test::error_id(make_plan(seen, {})) == "move.account_exists");
  }
}

TEST_CASE("plan: an account that is on the new host already is gone back into", "[migrate]") {
  Observed seen = usual();
  seen.new_knows_account = true;
  seen.new_status = "deactivated";
  seen.invite_required = true;
  seen.handle_resolves = false;
  const auto plan = make_plan(seen, {});
  REQUIRE(plan);
  CHECK(plan->returns);
  CHECK_FALSE(plan->needs_invite);
  CHECK(migrate::unanswered(*plan, seen).empty());
  const std::string words = migrate::describe(*plan, seen, false);
  CHECK(words.find("already (deactivated)") != std::string::npos);
  CHECK(words.find("takes the name that it has there") != std::string::npos);
  const auto names = [&](std::string_view name) {
    return std::ranges::find(plan->steps, name, &migrate::PlannedStep::name);
  };
  CHECK(names("create-account") == plan->steps.end());
  REQUIRE(names("log-in-old") != plan->steps.end());
  CHECK(names("log-in-old")->needs.find("the account on the new host") != std::string::npos);
  seen.new_account_ours = true;
  CHECK_FALSE(make_plan(seen, {.handle = "alice.new-host.net"})->returns);
}

TEST_CASE("plan: an invite is asked for only where one is needed and none is given", "[migrate]") {
  Observed seen = usual();
  CHECK_FALSE(make_plan(seen, {})->needs_invite);
  seen.invite_required = true;
  CHECK(make_plan(seen, {})->needs_invite);
  CHECK_FALSE(make_plan(seen, {.handle = "", .has_invite = true})->needs_invite);
}

namespace {

using test::kPlcEpochUs;
using test::kPlcHourUs;
using test::plc_did_key;
using test::plc_key;
using test::PlcLog;

plc::State listing(std::vector<std::string> keys) {
  return test::plc_state(std::move(keys), plc_did_key(7), "alice.old-host.net", "https://old-host.net");
}

Observed with_log(PlcLog& log) {
  Observed seen = usual();
  seen.did = log.did();
  seen.log = plc::audit_log(log.did(), log.entries()).value();
  seen.now_us = kPlcEpochUs + 400 * kPlcHourUs;
  return seen;
}

std::string first_obstacle(const Observed& seen, const migrate::Wishes& wishes = {}) {
  const auto plan = migrate::draft_plan(seen, wishes);
  return plan.obstacles.empty() ? "" : plan.obstacles.front().id;
}

migrate::ClockReading reading(std::string origin, std::int64_t seconds) {
  return {.who = "the host", .origin = std::move(origin), .ahead_us = seconds * 1'000'000};
}

}  // namespace

TEST_CASE("plan: the directory's own limits on changes are kept, and the time is named", "[migrate]") {
  PlcLog log(listing({plc_did_key(1)}), plc_key(1));
  std::vector<std::string> keys = {plc_did_key(1)};
  for (int i = 0; i < 9; ++i) {
    keys.back() == plc_did_key(1) ? keys.push_back(plc_did_key(9)) : keys.pop_back();
    log.update(listing(keys), plc_key(1), kPlcEpochUs + 100 * kPlcHourUs + i * 1'000'000);
  }
  Observed seen = with_log(log);
  seen.now_us = kPlcEpochUs + 100 * kPlcHourUs + 60'000'000;
  CHECK(first_obstacle(seen).empty());  // the tenth
  keys.pop_back();
  log.update(listing(keys), plc_key(1), kPlcEpochUs + 100 * kPlcHourUs + 20'000'000);
  Observed full = with_log(log);
  full.now_us = seen.now_us;
  const auto plan = migrate::draft_plan(full, {});
  REQUIRE(plan.obstacles.size() == 1);
  CHECK(plan.obstacles.front().id == "plan.directory_limit");
  CHECK(plan.obstacles.front().hint.find("wait until 2025-01-05T05:00:00") != std::string::npos);
  full.now_us += kPlcHourUs;
  CHECK(first_obstacle(full).empty());
}

TEST_CASE("plan: whose clock is wrong is told, and how wrong is too wrong", "[migrate]") {
  Observed seen = usual();
  const auto with = [&](std::vector<migrate::ClockReading> clocks) {
    seen.clocks = std::move(clocks);
    return migrate::draft_plan(seen, {});
  };
  CHECK(with({reading("https://old-host.net", 20), reading("https://new-host.net", -20)}).warnings.empty());
  const auto small = with({reading("https://old-host.net", 40), reading("https://new-host.net", 0)});
  CHECK(small.obstacles.empty());
  CHECK(small.warnings.size() == 1);
  const auto ours = with({reading("https://old-host.net", -7500), reading("https://new-host.net", -7501)});
  REQUIRE(ours.obstacles.size() == 1);
  CHECK(ours.obstacles.front().message.find("this machine is 2 hours fast") != std::string::npos);
  const auto theirs = with({reading("https://old-host.net", 0), reading("https://new-host.net", 301)});
  REQUIRE(theirs.obstacles.size() == 1);
  CHECK(theirs.obstacles.front().id == "plan.clock");
  CHECK(theirs.obstacles.front().message.find("https://new-host.net") != std::string::npos);
  const auto slow = with({reading("https://old-host.net", 60), reading("https://new-host.net", 61)});
  REQUIRE(slow.warnings.size() == 1);
  CHECK(slow.warnings.front().find("this machine is 60 seconds slow") != std::string::npos);
}

TEST_CASE("plan: a thousand blobs a day: the estimate names the day", "[migrate]") {
  Observed seen = usual();
  seen.now_us = 1'795'400'000'000'000;  // Monday, 23 November 2026
  migrate::ContentFacts content{.car_bytes = 1'000'000, .records = 4000};
  content.blobs = 1000;
  seen.content = content;
  CHECK(migrate::draft_plan(seen, {}).estimate.upload_days == 0);
  content.blobs = 4001;
  seen.content = content;
  const auto plan = migrate::draft_plan(seen, {});
  CHECK(plan.estimate.upload_days == 4);
  CHECK(plan.estimate.day == "Friday, 27 November 2026");
  CHECK(describe(plan, seen, false).find("it would be done on Friday, 27 November 2026") !=
        std::string::npos);
}

TEST_CASE("plan: records that an import refuses are named; unusual ones that it takes are not", "[migrate]") {
  CHECK(migrate::import_refuses("cbor.tag"));
  CHECK(migrate::import_refuses("data.top_level"));
  CHECK_FALSE(migrate::import_refuses("cbor.float"));
  Observed seen = usual();
  seen.content = migrate::ContentFacts{};
  seen.content->refused = {{"app.bsky.feed.post/3k", "cbor.tag"}};
  CHECK(first_obstacle(seen) == "plan.records");
}

TEST_CASE("plan: a repository larger than the new host's files may be is told", "[migrate]") {
  Observed seen = usual();
  seen.blob_limit = 1000;
  seen.content = migrate::ContentFacts{};
  seen.content->car_bytes = 1001;
  CHECK(migrate::draft_plan(seen, {}).warnings.size() == 1);
  seen.content->car_bytes = 1000;
  CHECK(migrate::draft_plan(seen, {}).warnings.empty());
}

TEST_CASE("plan: who could undo the change, and until when", "[migrate]") {
  PlcLog log(listing({plc_did_key(1)}), plc_key(1));
  SECTION("nobody, where the old host's key is the first") {
    const auto plan = migrate::draft_plan(with_log(log), {});
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes.front().undo.find("nobody can undo it") != std::string::npos);
  }
  SECTION("whoever stands above it, for 72 hours") {
    log.update(listing({plc_did_key(3), plc_did_key(1)}), plc_key(1), kPlcEpochUs + kPlcHourUs);
    const Observed seen = with_log(log);
    CHECK(migrate::likely_host_key(*seen.log) == plc_did_key(1));
    const auto plan = migrate::draft_plan(seen, {.recovery_key = true});
    REQUIRE(plan.changes.size() == 1);
    const migrate::PlannedChange& change = plan.changes.front();
    CHECK(change.undo.find("key 2 of 2") != std::string::npos);
    CHECK(change.undo.find("2025-01-20T16:00:00") != std::string::npos);
    CHECK(change.undo.find(plc_did_key(3)) != std::string::npos);
    // The recovery key, the user's, the new host's.
    CHECK(change.keys == 3);
    CHECK(change.changes.front().words.find("(your new recovery key)") != std::string::npos);
  }
  SECTION("a key that the person keeps is not taken for the host's") {
    const auto plan = migrate::draft_plan(with_log(log), {.keep_keys = {plc_did_key(1)}});
    CHECK(plan.changes.front().keys == 2);
    CHECK(plan.changes.front().undo.find("It is not known") != std::string::npos);
  }
}

TEST_CASE("plan: more than five keys are a warning, more than ten an obstacle", "[migrate]") {
  PlcLog log(listing({plc_did_key(1)}), plc_key(1));
  std::vector<std::string> keys;
  for (std::uint32_t i = 0; i < 9; ++i) keys.push_back(plc_did_key(20 + i));
  keys.push_back(plc_did_key(1));
  SECTION("six") {
    keys.erase(keys.begin(), keys.begin() + 4);
    log.update(listing(keys), plc_key(1), kPlcEpochUs + kPlcHourUs);
    const auto plan = migrate::draft_plan(with_log(log), {});
    CHECK(plan.obstacles.empty());
    REQUIRE(plan.warnings.size() == 1);
    CHECK(plan.warnings.front().find("will list 6 keys") != std::string::npos);
  }
  SECTION("eleven") {
    log.update(listing(keys), plc_key(1), kPlcEpochUs + kPlcHourUs);
    CHECK(first_obstacle(with_log(log)).empty());
    CHECK(first_obstacle(with_log(log), {.recovery_key = true}) == "plc.too_many_keys");
  }
}

TEST_CASE("plan: a handle that belongs to another account is refused", "[migrate]") {
  Observed seen = usual();
  seen.wish_taken_by = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
  CHECK(first_obstacle(seen, {.handle = "bob.new-host.net"}) == "move.handle_taken");
}
