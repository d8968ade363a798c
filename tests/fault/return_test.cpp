// Back into the deactivated shell on a former host, struck at every outside call.
#include "tests/fault/strikes.h"
#include "tests/support/catch.h"

using namespace atb;
using namespace atb::test;

namespace {

std::string underway(MoveBench& bench) {
  if (bench.network.plc.accepted >= bench.operations) return "";
  return bench.network.new_account().active ? "the shell is active before the identity has moved\n" : "";
}

std::string at_the_end(MoveBench& bench, const migrate::Outcome& outcome) {
  std::string wrong;
  if (outcome.handle != "alice.new-host.net") wrong += "it has another name than the shell had\n";
  if (bench.network.new_account().email != "alice@former.net") wrong += "it has another address\n";
  return wrong;
}

const Scenario kReturn{
    .prepare = [](MoveBench& bench) { bench.leave_shell(); },
    .underway = underway,
    .at_the_end = at_the_end,
};
const Scenario kReturnAlone{
    .prepare =
        [](MoveBench& bench) {
          bench.leave_shell();
          bench.lose_old_host();
          bench.operations = 1;
        },
    .underway = underway,
    .at_the_end = at_the_end,
};

}  // namespace

TEST_CASE("return: each request in turn does not arrive", "[return]") {
  check_everywhere(kReturn, Seam::http, Blow::unreached, false, 50);
}

TEST_CASE("return: the reply to each request in turn is lost", "[return]") {
  check_everywhere(kReturn, Seam::http, Blow::reply_lost, false, 50);
}

TEST_CASE("return: each request in turn is answered with 500", "[return]") {
  check_everywhere(kReturn, Seam::http, Blow::refused, false, 50);
}

TEST_CASE("return: killed after each request, before its reply is seen", "[return]") {
  check_everywhere(kReturn, Seam::http, Blow::killed_after, false, 50);
}

TEST_CASE("return: killed after each operation on files", "[return]") {
  check_everywhere(kReturn, Seam::file, Blow::killed_after, false, 50);
}

TEST_CASE("return: killed after each entry of the journal, and at each question", "[return]") {
  check_everywhere(kReturn, Seam::tell, Blow::killed_before, false, 30);
}

TEST_CASE("return: without the old host, the reply to each request in turn is lost", "[return]") {
  check_everywhere(kReturnAlone, Seam::http, Blow::reply_lost, false, 35);
}

TEST_CASE("return: without the old host, killed before each request", "[return]") {
  check_everywhere(kReturnAlone, Seam::http, Blow::killed_before, false, 35);
}
