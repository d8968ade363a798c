// A move away from a host that has taken the user's key out of the identity, struck at every outside call.
#include "tests/fault/strikes.h"
#include "tests/support/catch.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

std::string underway(MoveBench& bench) {
  std::string wrong;
  const plc::State& state = bench.network.plc.state(bench.network.did);
  const bool mine =
      !state.rotation_keys.empty() && state.rotation_keys.front() == plc_did_key(FakeNetwork::kUserKey);
  if (mine != (bench.network.plc.accepted > 0)) wrong += "the user's key is not where it should be\n";
  if (mine && state.handle() == "mallory.net") wrong += "what was done against the user stays\n";
  const FakeAccount* there = bench.network.new_host.find(bench.network.did);
  if (there != nullptr && bench.network.plc.accepted == 0) wrong += "an account was made before the claim\n";
  return wrong;
}

std::string at_the_end(MoveBench& bench, const migrate::Outcome&) {
  const plc::AuditedLog log = bench.network.plc.audited(bench.network.did);
  return std::ranges::count_if(log.audit, &plc::AuditedEntry::nullified) == 1
             ? underway(bench)
             : "something else was undone than what was done against the user\n";
}

const Scenario kHostile{
    .prepare =
        [](MoveBench& bench) {
          bench.lose_old_host();
          bench.betray("mallory.net", true);
        },
    .underway = underway,
    .at_the_end = at_the_end,
};

// Declared hostile before it acts: its keys go with the first change.
const Scenario kDeclared{
    .prepare =
        [](MoveBench& bench) {
          bench.lose_old_host();
          bench.options.hostile_host = true;
        },
    .underway = [](MoveBench& bench) -> std::string {
      const auto& keys = bench.network.plc.state(bench.network.did).rotation_keys;
      const bool there = std::ranges::find(keys, bench.network.old_host.rotation_did_key()) != keys.end();
      return there == (bench.network.plc.accepted == 0) ? "" : "the host's key is not where it should be\n";
    },
    .at_the_end = {},
};

}  // namespace

TEST_CASE("hostile: declared so, struck at each request", "[hostile]") { check_requests(kDeclared, 50); }

TEST_CASE("hostile: declared so, killed after each entry of the journal, and at each question", "[hostile]") {
  check_everywhere(kDeclared, Seam::tell, Blow::killed_before, false, 30);
}

TEST_CASE("hostile: each request in turn does not arrive", "[hostile]") {
  check_everywhere(kHostile, Seam::http, Blow::unreached, false, 50);
}

TEST_CASE("hostile: the reply to each request in turn is lost", "[hostile]") {
  check_everywhere(kHostile, Seam::http, Blow::reply_lost, false, 50);
}

TEST_CASE("hostile: killed after each request, before its reply is seen", "[hostile]") {
  check_everywhere(kHostile, Seam::http, Blow::killed_after, false, 50);
}

TEST_CASE("hostile: killed after each entry of the journal, and at each question", "[hostile]") {
  check_everywhere(kHostile, Seam::tell, Blow::killed_before, false, 30);
}
