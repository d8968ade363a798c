// Moves of a did:web, whose document the user publishes, struck at every outside call: with the old host, one
// publication; without it, two.
#include "tests/fault/strikes.h"
#include "tests/support/catch.h"

#include <memory>

using namespace atb;
using namespace atb::test;

namespace {

std::string of_identity(MoveBench& bench, int before_the_last) {
  std::string wrong;
  if (bench.network.publications > before_the_last) return wrong;
  const plc::State& state = bench.network.plc.state(bench.network.did);
  if (state.service("atproto_pds")->endpoint != bench.network.old_host.options().origin)
    wrong += "another host is named before its time\n";
  const FakeAccount* there = bench.network.new_host.find(bench.network.did);
  if (there != nullptr && there->active) wrong += "the new account is active before the identity has moved\n";
  return wrong;
}

const Scenario kAlive{
    .prepare = {},
    .underway =
        [](MoveBench& bench) {
          std::string wrong = of_identity(bench, 0);
          if (bench.network.publications == 0 && !bench.network.old_account().active)
            wrong += "the old account is not active before the identity has moved\n";
          return wrong;
        },
    .at_the_end = [](MoveBench& bench, const migrate::Outcome& outcome) -> std::string {
      if (!bench.network.old_account().active) return "";
      for (const std::string& note : outcome.notes) {
        if (note.starts_with("Deactivate the account")) return "";
      }
      return "the old account is active, and that is not told";
    },
    .method = FakeNetwork::Method::web,
};

const Scenario kDead{
    .prepare = [](MoveBench& bench) { bench.lose_old_host(); },
    .underway =
        [](MoveBench& bench) {
          std::string wrong = of_identity(bench, 1);
          const FakeAccount* there = bench.network.new_host.find(bench.network.did);
          if (there != nullptr && bench.network.publications == 0)
            wrong += "an account was made before the claim\n";
          return wrong;
        },
    .at_the_end = [](MoveBench&, const migrate::Outcome& outcome) -> std::string {
      if (outcome.notes.size() == 1 && outcome.notes.front().starts_with("The account was not deactivated"))
        return "";
      return "that the old host was left alone is not told";
    },
    .method = FakeNetwork::Method::web,
};

void check_both(Seam seam, Blow blow, bool patient, std::size_t at_least) {
  check_everywhere(kAlive, seam, blow, patient, at_least);
  check_everywhere(kDead, seam, blow, patient, at_least);
}

}  // namespace

TEST_CASE("web: each request in turn does not arrive", "[web]") {
  check_both(Seam::http, Blow::unreached, false, 45);
}

TEST_CASE("web: the reply to each request in turn is lost", "[web]") {
  check_both(Seam::http, Blow::reply_lost, false, 45);
}

TEST_CASE("web: each request in turn is answered with 500", "[web]") {
  check_both(Seam::http, Blow::refused, false, 45);
}

TEST_CASE("web: killed before each request", "[web]") {
  check_both(Seam::http, Blow::killed_before, false, 45);
}

TEST_CASE("web: killed after each request, before its reply is seen", "[web]") {
  check_both(Seam::http, Blow::killed_after, false, 45);
}

TEST_CASE("web: each operation on files in turn fails", "[web]") {
  check_both(Seam::file, Blow::unreached, false, 20);
}

TEST_CASE("web: each operation on files in turn is done, and said to have failed", "[web]") {
  check_both(Seam::file, Blow::reply_lost, false, 20);
}

TEST_CASE("web: killed before each operation on files", "[web]") {
  check_both(Seam::file, Blow::killed_before, false, 20);
}

TEST_CASE("web: killed after each operation on files", "[web]") {
  check_both(Seam::file, Blow::killed_after, false, 20);
}

TEST_CASE("web: killed after each entry of the journal, and at each question", "[web]") {
  check_both(Seam::tell, Blow::killed_before, false, 30);
}

TEST_CASE("web: with the retries of the real program", "[web]") {
  check_both(Seam::http, Blow::reply_lost, true, 45);
}
