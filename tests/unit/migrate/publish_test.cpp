// `plc revert` and `plc submit` against fakes: the identity changes once, whatever happens on the way.
#include "core/migrate/publish.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <fmt/format.h>

using namespace atb;
using namespace atb::test;

namespace {

std::string words_of(const Result<migrate::Published>& result) {
  return result ? "done" : result.error().id + ": " + result.error().message;
}

// The user's key stands above the host's, and the host takes the handle.
struct Fight {
  Fight() {
    bench.network.enroll_user_key();
    bench.options.rotation_key = bench.secret_file(
        "user.key", "k256 " + std::string(plc_key(FakeNetwork::kUserKey).scalar_hex().reveal()));
    before = bench.network.plc.state(bench.network.did);
    first = rogue("mallory.net");
  }
  std::string rogue(const std::string& handle) { return bench.betray(handle, false); }
  const plc::State& state() { return bench.network.plc.state(bench.network.did); }

  MoveBench bench;
  plc::State before;
  std::string first;  // the rogue operation
};

}  // namespace

TEST_CASE("revert: the identity says again what it said, and the fight is explained first", "[migrate]") {
  Fight fight;
  const auto run = fight.bench.revert();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(fight.state() == fight.before);
  CHECK(run.result->undone.size() == 1);
  CHECK(run.result->can_be_undone.empty());
  CHECK(fight.bench.network.plc.accepted == 1);
  CHECK(fight.bench.person.was_asked("Change the identity now?"));
  const std::string& said = fight.bench.watcher.said;
  for (const char* part : {"is to be undone", "stands above the one that signed it", "mallory.net",
                           "stays listed", "nobody can undo what it signs"}) {
    INFO(part);
    CHECK(said.find(part) != std::string::npos);
  }
  // Once more: nothing is left to be undone, and nothing happens.
  CHECK(error_id(fight.bench.revert(run.result->undone.front()).result) == "plc.revert_done");
  CHECK(fight.bench.network.plc.accepted == 1);
}

TEST_CASE("revert: the key of the one who did it goes too when that is wanted", "[migrate]") {
  Fight fight;
  fight.bench.options.remove_keys = {plc_did_key(FakeNetwork::kOldKey)};
  REQUIRE(fight.bench.revert().result);
  CHECK(fight.state().rotation_keys == std::vector{plc_did_key(FakeNetwork::kUserKey)});
  CHECK(fight.bench.watcher.said.find("can sign nothing further") != std::string::npos);

  Fight wrong;
  wrong.bench.options.remove_keys = {plc_did_key(FakeNetwork::kUserKey)};
  CHECK(error_id(wrong.bench.revert().result) == "plc.remove_key");
  wrong.bench.options.remove_keys = {plc_did_key(77)};
  CHECK(error_id(wrong.bench.revert().result) == "plc.remove_key");
  CHECK(wrong.bench.network.plc.accepted == 0);
}

TEST_CASE("revert: refused when the window is over, when the rank is not higher, when nobody agrees",
          "[migrate]") {
  Fight fight;
  std::string expected;
  SECTION("72 hours are over") {
    fight.bench.network.clock.advance(std::chrono::hours(73));
    expected = "plc.revert_late";
  }
  SECTION("the key has the rank of the one that signed") {
    fight.bench.options.rotation_key = fight.bench.secret_file(
        "host.key", "k256 " + std::string(plc_key(FakeNetwork::kOldKey).scalar_hex().reveal()));
    expected = "plc.revert_rank";
  }
  SECTION("nobody agrees") {
    fight.bench.person.next_time("Change the identity now?", "no");
    expected = "move.not_agreed";
  }
  SECTION("two operations could be meant") {
    fight.rogue("mallory2.net");
    expected = "plc.revert_which";
  }
  const auto run = fight.bench.revert();
  CHECK(error_id(run.result) == expected);
  if (expected != "move.not_agreed") CHECK(run.result.error().kind == ErrorKind::refused);
  CHECK(fight.bench.network.plc.accepted == 0);
}

TEST_CASE("revert: struck at any request, it goes on and is done once", "[migrate]") {
  for (const Blow blow :
       {Blow::unreached, Blow::reply_lost, Blow::refused, Blow::killed_before, Blow::killed_after}) {
    std::size_t points = 0;
    for (std::size_t at = 1;; ++at, ++points) {
      Fight fight;
      auto run = fight.bench.revert(fight.first, {.seam = Seam::http, .blow = blow, .at = at});
      if (!run.struck) break;
      INFO(fmt::format("{} {} ({}), then {}", name_of(blow), at, run.victim, words_of(run.result)));
      for (int again = 0; again < 3 && !run.result; ++again) run = fight.bench.revert(fight.first);
      INFO(words_of(run.result));
      REQUIRE(run.result);
      CHECK(fight.bench.network.plc.accepted == 1);
      CHECK(fight.state() == fight.before);
    }
    CHECK(points >= 5);
  }
}

TEST_CASE("submit: a signed operation is shown, agreed to, published once, and seen", "[migrate]") {
  for (const Blow blow : {Blow::unreached, Blow::reply_lost, Blow::killed_before, Blow::killed_after}) {
    for (std::size_t at = 1;; ++at) {
      Fight fight;
      PlcLog& log = fight.bench.network.plc.log(fight.bench.network.did);
      plc::State wanted = fight.state();
      wanted.also_known_as = {"at://alice.net"};
      plc::Operation operation = plc::Operation::make(wanted, log.cid(log.head()));
      operation.sign(plc_key(FakeNetwork::kUserKey)).value();
      fight.bench.options.rotation_key.clear();
      auto run = fight.bench.submit(operation, {.seam = Seam::http, .blow = blow, .at = at});
      const bool struck = run.struck;
      INFO(fmt::format("{} {} ({}), then {}", name_of(blow), at, run.victim, words_of(run.result)));
      for (int again = 0; again < 3 && !run.result; ++again) run = fight.bench.submit(operation);
      REQUIRE(run.result);
      CHECK(fight.bench.network.plc.accepted == 1);
      CHECK(fight.state() == wanted);
      CHECK(fight.bench.watcher.said.find("alice.net") != std::string::npos);
      if (!struck) break;
    }
  }
}

TEST_CASE("submit: what the directory would not take is not sent", "[migrate]") {
  Fight fight;
  plc::Operation operation =
      plc::Operation::make(fight.before, fight.bench.network.plc.log(fight.bench.network.did).cid(0));
  operation.sign(plc_key(77)).value();
  CHECK(error_id(fight.bench.submit(operation).result) == "plc.signature");
  operation =
      plc::Operation::make_tombstone(fight.bench.network.plc.log(fight.bench.network.did)
                                         .cid(fight.bench.network.plc.log(fight.bench.network.did).head()));
  operation.sign(plc_key(FakeNetwork::kUserKey)).value();
  fight.bench.person.next_time("Change the identity now?", "no");
  CHECK(error_id(fight.bench.submit(operation).result) == "move.not_agreed");
  CHECK(fight.bench.watcher.said.find("gives the identity up for good") != std::string::npos);
  CHECK(fight.bench.network.plc.accepted == 0);
}

TEST_CASE("revert, submit: nothing is built on a log that contradicts one that was seen before",
          "[migrate]") {
  Fight fight;
  fight.bench.witnesses = true;
  migrate::DoctorOptions nothing_named;
  REQUIRE(fight.bench.doctor(nothing_named));  // this one sees the whole history
  // The directory forgets the user's key, and what was done with it.
  PlcLog& log = fight.bench.network.plc.log(fight.bench.network.did);
  plc::Operation signed_one = plc::Operation::make(fight.state(), log.cid(log.head()));
  signed_one.sign(plc_key(FakeNetwork::kUserKey)).value();
  log.entries().pop_back();
  const auto revert = GENERATE(true, false);
  const auto run = revert ? fight.bench.revert() : fight.bench.submit(signed_one);
  INFO(words_of(run.result));
  CHECK(error_id(run.result) == "plan.witness");
  CHECK_FALSE(fight.bench.person.was_asked("Change the identity now?"));
  CHECK(fight.bench.network.plc.accepted == 0);
}
