#include "core/migrate/plan.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"

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
  SECTION("did:web") {
    seen.plc = false;
    CHECK(test::error_id(make_plan(seen, {})) == "move.did_web");
  }
  SECTION("inactive") {
    seen.old_active = false;
    CHECK(test::error_id(make_plan(seen, {})) == "move.old_inactive");
  }
  SECTION("telephone") {
    seen.phone_required = true;
    CHECK(test::error_id(make_plan(seen, {})) == "move.phone");
  }
  SECTION("an account of somebody's is there") {
    seen.new_knows_account = true;
    CHECK(test::error_id(make_plan(seen, {})) == "move.account_exists");
    seen.new_account_ours = true;
    CHECK(make_plan(seen, {}));
  }
}

TEST_CASE("plan: an invite is asked for only where one is needed and none is given", "[migrate]") {
  Observed seen = usual();
  CHECK_FALSE(make_plan(seen, {})->needs_invite);
  seen.invite_required = true;
  CHECK(make_plan(seen, {})->needs_invite);
  CHECK_FALSE(make_plan(seen, {.handle = "", .has_invite = true})->needs_invite);
}
