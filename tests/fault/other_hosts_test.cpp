// Moves to hosts that are not the reference server, struck at every outside call.
#include "tests/support/move/other_hosts.h"

#include "tests/fault/strikes.h"
#include "tests/support/catch.h"

using namespace atb;
using namespace atb::test;

namespace {

std::string underway(MoveBench& bench) {
  if (bench.network.plc.accepted > 0 || bench.network.old_account().active) return "";
  return "the old account is not active before the identity has moved\n";
}

void check_host(const std::function<void(MoveBench&)>& prepare) {
  const Scenario scenario{.prepare = prepare, .underway = underway, .at_the_end = {}};
  check_requests(scenario, 60);
  check_everywhere(scenario, Seam::http, Blow::refused, false, 60);
}

}  // namespace

TEST_CASE("ways: to cocoon, struck at each request", "[ways]") {
  check_host([](MoveBench& bench) {
    make_cocoon(bench.network.new_host);
    bench.activations = 0;
  });
}

TEST_CASE("ways: to rsky, struck at each request", "[ways]") {
  check_host([](MoveBench& bench) { make_rsky(bench.network.new_host); });
}

TEST_CASE("ways: to tranquil, struck at each request", "[ways]") {
  check_host([](MoveBench& bench) {
    make_tranquil(bench.network.new_host);
    // Or somebody has to confirm an address when the reply to createAccount is lost.
    bench.network.new_host.ways.login_after_verification = false;
  });
}

TEST_CASE("ways: to cirrus, struck at each request", "[ways]") { check_host(settle_on_cirrus); }
