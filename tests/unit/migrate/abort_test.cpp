// `migrate abort`: what it does in each state, and that it may be killed anywhere in it.
#include "core/migrate/abort.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <algorithm>
#include <filesystem>

using namespace atb;
using namespace atb::test;

namespace {

constexpr std::int64_t kNow = 1'795'400'000'000'000;

migrate::AbortFacts usual() {
  migrate::AbortFacts facts;
  facts.old_host = "https://old-host.net";
  facts.new_host = "https://new-host.net";
  facts.now_us = kNow;
  return facts;
}

bool says(const std::vector<std::string>& sentences, std::string_view part) {
  return std::ranges::any_of(sentences,
                             [&](const std::string& one) { return one.find(part) != std::string::npos; });
}

std::string words_of(const Result<migrate::Aborted>& result) {
  return result ? "done" : result.error().id + ": " + result.error().message;
}

// Stops a move at this method of a host, and lets it be called again afterwards.
void stop_at(FakePds& host, const std::string& method, MoveBench& bench) {
  host.refuse(method, 400, "InvalidRequest", "not today");
  CHECK_FALSE(bench.start().result);
  host.intercepts.clear();
}

// The state that giving up leaves: the identity and the old host as before, no secrets, no move under way.
std::string complaints(MoveBench& bench, const std::vector<std::string>& rotation_keys) {
  std::string list;
  const auto must = [&](bool holds, std::string_view what) {
    if (!holds) list += std::string(what) + "\n";
  };
  const plc::State& state = bench.network.plc.state(bench.network.did);
  must(*state.verification_method("atproto") == bench.network.old_account().key.public_key().did_key(),
       "the signing key is not the former one");
  must(state.rotation_keys == rotation_keys, "the rotation keys are not the former ones");
  must(state.service("atproto_pds")->endpoint == "https://old-host.net", "another host is named");
  must(bench.network.old_account().active, "the old account is not active");
  const FakeAccount* there = bench.network.new_host.find(bench.network.did);
  must(there == nullptr || !there->active, "the new account is active");
  for (const char* secret : {FakeNetwork::kPassword, FakeNetwork::kNewPassword, "eyJ0eXAiOiJhdCtqd3Qi"})
    must(bench.files_with(secret).empty(), std::string(secret) + " is still on this machine");
  must(!std::filesystem::exists(bench.move_folder()), "the move's folder is still in the way");
  const auto moves = bench.status();
  must(moves && moves->size() == 1 && !moves->front().aborted.empty(), "the move is not marked as given up");
  must(error_id(bench.resume().result) == "move.none", "it can be gone on with");
  return list;
}

}  // namespace

TEST_CASE("abort: what it can do depends on the state, and is said", "[migrate]") {
  migrate::AbortFacts facts = usual();
  SECTION("before anything") {
    const auto plan = migrate::plan_abort(facts);
    REQUIRE(plan);
    CHECK_FALSE(plan->undo_claim);
    CHECK(says(plan->left, "is on https://old-host.net as before"));
    CHECK_FALSE(says(plan->left, "never active"));
  }
  SECTION("once the account is made") {
    facts.account_made = true;
    facts.has_signed = true;
    facts.recovery_file = "/keys/alice.key";
    facts.handle = "alice.new-host.net";
    const auto plan = migrate::plan_abort(facts);
    REQUIRE(plan);
    for (const char* part :
         {"never active", "alice.new-host.net", "nobody has published", "/keys/alice.key"}) {
      INFO(part);
      CHECK(says(plan->left, part));
    }
  }
  SECTION("once the identity names the temporary key") {
    facts.claimed = true;
    const auto plan = migrate::plan_abort(facts);
    REQUIRE(plan);
    CHECK(plan->undo_claim);
    CHECK(says(plan->will, "former signing key"));
    CHECK_FALSE(says(plan->left, "stay out of the identity"));
    facts.hostile = true;
    CHECK(says(migrate::plan_abort(facts).value().left, "stay out of the identity"));
  }
  SECTION("once the identity names the new host") {
    facts.submitted = true;
    facts.submitted_undo = "A key could.";
    const auto refused = migrate::plan_abort(facts);
    CHECK(error_id(refused) == "abort.too_late");
    CHECK(refused.error().kind == ErrorKind::refused);
    CHECK(refused.error().hint.find("migrate resume") != std::string::npos);
    CHECK(refused.error().hint.find("A key could.") != std::string::npos);
  }
  SECTION("while a change may be on its way") {
    facts.handed_over_us = kNow - migrate::kOnItsWayUs + 1;
    CHECK(error_id(migrate::plan_abort(facts)) == "abort.wait");
    facts.handed_over_us = kNow - migrate::kOnItsWayUs;
    CHECK(migrate::plan_abort(facts));
  }
}

TEST_CASE("abort: of a did:web nothing is signed; what the user has published the user takes back",
          "[migrate]") {
  migrate::AbortFacts facts = usual();
  facts.web = true;
  facts.has_signed = true;
  auto plan = migrate::plan_abort(facts);
  REQUIRE(plan);
  CHECK(says(plan->left, "its identity was not changed"));
  CHECK(says(plan->left, "do not publish it"));
  facts.claimed = true;
  plan = migrate::plan_abort(facts);
  REQUIRE(plan);
  CHECK_FALSE(plan->undo_claim);
  CHECK(says(plan->left, "publish the former document again"));
  facts.submitted = true;
  CHECK(error_id(migrate::plan_abort(facts)) == "abort.too_late");
}

TEST_CASE("abort: a move is dropped before and after the account is made, and can begin anew", "[migrate]") {
  MoveBench bench;
  bool made = false;
  SECTION("before") { stop_at(bench.network.old_host, "com.atproto.sync.getRepo", bench); }
  SECTION("after") {
    stop_at(bench.network.new_host, "com.atproto.repo.importRepo", bench);
    made = true;
  }
  SECTION("signed, and not published") {
    bench.person.next_time("Change the identity now?", "no");
    CHECK(error_id(bench.start().result) == "move.not_agreed");
    made = true;
  }
  bench.person.next_time("Give this move up?", "yes");
  const auto aborted = bench.abort();
  INFO(words_of(aborted));
  REQUIRE(aborted);
  CHECK_FALSE(aborted->identity_restored);
  CHECK(says(aborted->left, "never active") == made);
  CHECK(complaints(bench, {bench.network.old_host.rotation_did_key()}).empty());
  CHECK(bench.network.plc.accepted == 0);
  CHECK(bench.network.new_host.effects.accounts == (made ? 1 : 0));
  CHECK(error_id(bench.abort()) == "move.none");
  // The next move takes the account that was left there for its own.
  const auto run = bench.start();
  REQUIRE(run.result);
  CHECK(bench.network.new_host.effects.accounts == 1);
  CHECK(bench.network.new_account().active);
  CHECK(bench.network.plc.accepted == 1);
}

TEST_CASE("abort: nobody is asked twice, and who does not agree changes nothing", "[migrate]") {
  MoveBench bench;
  stop_at(bench.network.old_host, "com.atproto.sync.getRepo", bench);
  bench.person.next_time("Give this move up?", "no");
  CHECK(error_id(bench.abort()) == "move.not_agreed");
  bench.leave_terminal();
  CHECK(error_id(bench.abort()) == "move.confirm");
  bench.options.yes = true;
  REQUIRE(bench.abort());
  CHECK(bench.watcher.said.find("is given up") != std::string::npos);
}

TEST_CASE("abort: a finished move, and one whose change is published, cannot be given up", "[migrate]") {
  MoveBench bench;
  SECTION("published") {
    bench.network.new_host.refuse("com.atproto.server.activateAccount", 400, "InvalidRequest", "not today");
    CHECK_FALSE(bench.start().result);
    const auto refused = bench.abort();
    CHECK(error_id(refused) == "abort.too_late");
    CHECK(refused.error().hint.find("No key stands above") != std::string::npos);
    bench.network.new_host.intercepts.clear();
    REQUIRE(bench.resume().result);
  }
  SECTION("finished") {
    REQUIRE(bench.start().result);
    CHECK(error_id(bench.abort()) == "abort.too_late");
  }
  CHECK(bench.complaints() == "");
}

TEST_CASE("abort: a change that may still be on its way is waited for", "[migrate]") {
  MoveBench bench;
  bench.network.new_host.refuse("com.atproto.identity.submitPlcOperation", 400, "InvalidRequest",
                                "not today");
  CHECK_FALSE(bench.start().result);
  bench.network.new_host.intercepts.clear();
  bench.options.yes = true;
  CHECK(error_id(bench.abort()) == "abort.wait");
  bench.network.clock.advance(std::chrono::minutes(11));
  REQUIRE(bench.abort());
  CHECK(bench.network.plc.accepted == 0);
}

TEST_CASE("abort: after the first change the user's key puts the former signing key back", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  stop_at(bench.network.new_host, "com.atproto.server.createAccount", bench);
  CHECK(bench.network.plc.accepted == 1);
  bench.person.next_time("Give this move up?", "yes");
  SECTION("agreed") {
    const auto aborted = bench.abort();
    INFO(words_of(aborted));
    REQUIRE(aborted);
    CHECK(aborted->identity_restored);
    CHECK(bench.network.plc.accepted == 2);
    CHECK(complaints(bench, {plc_did_key(FakeNetwork::kUserKey), bench.network.old_host.rotation_did_key()})
              .empty());
  }
  SECTION("not agreed to the change: it is being given up, and resume says so") {
    bench.person.next_time("Change the identity now?", "no");
    CHECK(error_id(bench.abort()) == "move.not_agreed");
    CHECK(error_id(bench.resume().result) == "move.aborting");
    CHECK(error_id(bench.start().result) == "move.aborting");
    REQUIRE(bench.abort());
    CHECK(bench.network.plc.accepted == 2);
  }
}

TEST_CASE("abort: a journal that has forgotten the former signing key finds it in the history", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  stop_at(bench.network.new_host, "com.atproto.server.createAccount", bench);
  {
    auto journal = migrate::Journal::open(bench.move_folder() + "/journal.db", bench.network.clock).value();
    REQUIRE(journal.set(migrate::fact::kFormerSigner, ""));
  }
  bench.options.yes = true;
  REQUIRE(bench.abort());
  CHECK(*bench.network.plc.state(bench.network.did).verification_method("atproto") ==
        bench.network.old_account().key.public_key().did_key());
}

// Struck at its first outside call, at its second, and so on, and run again until it is done.
TEST_CASE("abort: killed anywhere and run again, it ends in the same state", "[migrate][fault]") {
  const bool claimed = GENERATE(false, true);
  const Seam seam = GENERATE(Seam::http, Seam::file, Seam::tell);
  const Blow blow = GENERATE(Blow::killed_before, Blow::killed_after, Blow::reply_lost);
  if (seam == Seam::tell && blow != Blow::killed_before) return;
  std::size_t points = 0;
  for (std::size_t at = 1;; ++at, ++points) {
    MoveBench bench;
    if (claimed) {
      bench.lose_old_host();
      stop_at(bench.network.new_host, "com.atproto.server.createAccount", bench);
    } else {
      stop_at(bench.network.new_host, "com.atproto.repo.importRepo", bench);
    }
    bench.options.yes = true;
    auto aborted = bench.abort({.seam = seam, .blow = blow, .at = at});
    const bool struck = bench.struck;
    for (int tries = 0; !aborted && tries < 5; ++tries) {
      // It was done, and only its last words were lost.
      if (aborted.error().id == "move.none") break;
      aborted = bench.abort();
    }
    INFO(at << " " << words_of(aborted));
    CHECK((aborted || error_id(aborted) == "move.none"));
    const std::vector<std::string> keys =
        claimed ? std::vector{plc_did_key(FakeNetwork::kUserKey), bench.network.old_host.rotation_did_key()}
                : std::vector{bench.network.old_host.rotation_did_key()};
    const std::string wrong = complaints(bench, keys);
    CHECK(wrong.empty());
    CHECK(bench.network.plc.accepted == (claimed ? 2 : 0));
    if (!struck) break;
  }
  CHECK(points >= 2);
}
