// A move without the old host, which is dead from the start, struck at every outside call.
#include "tests/fault/strikes.h"
#include "tests/support/catch.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

// While the second operation is not in the directory.
std::string underway(MoveBench& bench) {
  std::string wrong;
  const plc::State& state = bench.network.plc.state(bench.network.did);
  if (state.rotation_keys.empty() || state.rotation_keys.front() != plc_did_key(FakeNetwork::kUserKey))
    wrong += "the user's key is not the first\n";
  if (bench.network.plc.accepted > 1) return wrong;
  if (state.service("atproto_pds")->endpoint != bench.network.old_host.options().origin)
    wrong += "another host is named before its time\n";
  const FakeAccount* there = bench.network.new_host.find(bench.network.did);
  if (there != nullptr && there->active) wrong += "the new account is active before the identity has moved\n";
  if (there != nullptr && bench.network.plc.accepted == 0) wrong += "an account was made before the claim\n";
  return wrong;
}

std::string at_the_end(MoveBench& bench, const migrate::Outcome& outcome) {
  std::string wrong = underway(bench);
  if (outcome.notes.size() != 1 || !outcome.notes.front().starts_with("The account was not deactivated"))
    wrong += "that the old host was left alone is not told\n";
  return wrong;
}

const Scenario kLeave{
    .prepare = [](MoveBench& bench) { bench.lose_old_host(); },
    .underway = underway,
    .at_the_end = at_the_end,
};

// With the account's signing key from the old host's disk one operation does.
const Scenario kWithSigningKey{
    .prepare =
        [](MoveBench& bench) {
          bench.lose_old_host();
          bench.options.signing_key = bench.saved_signing_key();
          bench.operations = 1;
        },
    .underway = [](MoveBench& bench) -> std::string {
      const FakeAccount* there = bench.network.new_host.find(bench.network.did);
      if (bench.network.plc.accepted == 0 && there != nullptr && there->active)
        return "the new account is active before the identity has moved\n";
      return bench.network.plc.accepted > 1 ? "the identity was changed more than once\n" : "";
    },
    .at_the_end = {},
};

// The host lives, and has taken the account down: it is left as a dead one is.
const Scenario kTakenDown{
    .prepare =
        [](MoveBench& bench) {
          bench.lose_old_host();
          bench.network.old_host_is_dead = false;
          bench.network.old_account().taken_down = true;
        },
    .underway = underway,
    .at_the_end = at_the_end,
};

}  // namespace

TEST_CASE("leave: taken down, struck at each request", "[leave]") { check_requests(kTakenDown, 50); }

TEST_CASE("leave: taken down, killed after each entry of the journal, and at each question", "[leave]") {
  check_everywhere(kTakenDown, Seam::tell, Blow::killed_before, false, 30);
}

TEST_CASE("leave: with the signing key, struck at each request", "[leave]") {
  check_requests(kWithSigningKey, 40);
}

TEST_CASE("leave: with the signing key, killed after each entry of the journal, and at each question",
          "[leave]") {
  check_everywhere(kWithSigningKey, Seam::tell, Blow::killed_before, false, 25);
}

TEST_CASE("leave: each request in turn does not arrive", "[leave]") {
  check_everywhere(kLeave, Seam::http, Blow::unreached, false, 50);
}

TEST_CASE("leave: the reply to each request in turn is lost", "[leave]") {
  check_everywhere(kLeave, Seam::http, Blow::reply_lost, false, 50);
}

TEST_CASE("leave: each request in turn is answered with 500", "[leave]") {
  check_everywhere(kLeave, Seam::http, Blow::refused, false, 50);
}

TEST_CASE("leave: killed before each request", "[leave]") {
  check_everywhere(kLeave, Seam::http, Blow::killed_before, false, 50);
}

TEST_CASE("leave: killed after each request, before its reply is seen", "[leave]") {
  check_everywhere(kLeave, Seam::http, Blow::killed_after, false, 50);
}

TEST_CASE("leave: each operation on files in turn fails", "[leave]") {
  check_everywhere(kLeave, Seam::file, Blow::unreached, false, 20);
}

TEST_CASE("leave: each operation on files in turn is done, and said to have failed", "[leave]") {
  check_everywhere(kLeave, Seam::file, Blow::reply_lost, false, 20);
}

TEST_CASE("leave: killed after each operation on files", "[leave]") {
  check_everywhere(kLeave, Seam::file, Blow::killed_after, false, 20);
}

TEST_CASE("leave: killed after each entry of the journal, and at each question", "[leave]") {
  check_everywhere(kLeave, Seam::tell, Blow::killed_before, false, 30);
}

TEST_CASE("leave: with the retries of the real program", "[leave]") {
  check_everywhere(kLeave, Seam::http, Blow::reply_lost, true, 50);
}
