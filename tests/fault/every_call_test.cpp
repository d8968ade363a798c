// A move is struck at its first outside call, at its second, at its third, and so on until a run passes
// without having been struck. Whatever the blow: going on leads to the same end, and each thing was done
// once.
#include "tests/fault/strikes.h"
#include "tests/support/catch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

using namespace atb;
using namespace atb::test;

namespace {

// What must hold while the directory has not taken the operation.
std::string before_no_return(MoveBench& bench) {
  if (bench.network.plc.accepted > 0) return "";
  if (!bench.network.old_account().active)
    return "the old account is not active before the identity has moved";
  const FakeAccount* there = bench.network.new_host.find(bench.network.did);
  if (there != nullptr && there->active) return "the new account is active before the identity has moved";
  return "";
}

std::string not_deactivated(MoveBench& bench, const migrate::Outcome& outcome) {
  if (!bench.network.old_account().active) return "";
  const bool told = std::ranges::any_of(
      outcome.notes, [](const std::string& note) { return note.starts_with("Deactivate the account"); });
  return told ? "" : "the old account is active, and that is not told";
}

const Scenario kWithOldHost{.prepare = {}, .underway = before_no_return, .at_the_end = not_deactivated};

void check_everywhere(Seam seam, Blow blow, bool patient, std::size_t at_least) {
  test::check_everywhere(kWithOldHost, seam, blow, patient, at_least);
}

}  // namespace

TEST_CASE("fault: each request in turn does not arrive", "[http]") {
  check_everywhere(Seam::http, Blow::unreached, false, 60);
}

TEST_CASE("fault: the reply to each request in turn is lost", "[http]") {
  check_everywhere(Seam::http, Blow::reply_lost, false, 60);
}

TEST_CASE("fault: each request in turn is answered with 500", "[http]") {
  check_everywhere(Seam::http, Blow::refused, false, 60);
}

TEST_CASE("fault: killed before each request", "[http][kill]") {
  check_everywhere(Seam::http, Blow::killed_before, false, 60);
}

TEST_CASE("fault: killed after each request, before its reply is seen", "[http][kill]") {
  check_everywhere(Seam::http, Blow::killed_after, false, 60);
}

TEST_CASE("fault: each operation on files in turn fails", "[file]") {
  check_everywhere(Seam::file, Blow::unreached, false, 80);
}

TEST_CASE("fault: each operation on files in turn is done, and said to have failed", "[file]") {
  check_everywhere(Seam::file, Blow::reply_lost, false, 80);
}

TEST_CASE("fault: killed before each operation on files", "[file][kill]") {
  check_everywhere(Seam::file, Blow::killed_before, false, 80);
}

TEST_CASE("fault: killed after each operation on files", "[file][kill]") {
  check_everywhere(Seam::file, Blow::killed_after, false, 80);
}

TEST_CASE("fault: killed after each entry of the journal, and at each question", "[tell][kill]") {
  check_everywhere(Seam::tell, Blow::killed_before, false, 40);
}

TEST_CASE("fault: with the retries of the real program, single failures hardly stop a move", "[http]") {
  check_everywhere(Seam::http, Blow::unreached, true, 60);
  check_everywhere(Seam::http, Blow::reply_lost, true, 60);
}

// From one call on nothing gets through any more, until somebody comes back later.
TEST_CASE("fault: the network dies at each request in turn, and comes back", "[host]") {
  std::string complaints;
  std::size_t points = 0;
  for (std::size_t at = 1;; ++at, ++points) {
    MoveBench bench;
    auto run = bench.start({.seam = Seam::http, .blow = Blow::unreached, .at = at, .for_ever = true});
    if (!run.struck) break;
    std::string wrong = before_no_return(bench);
    // Only tidying up does without the network.
    if (run.result && bench.complaints() != "") wrong += "it ends well without a network\n";
    if (!run.result && (run.result.error().message.empty() || run.result.error().kind == ErrorKind::internal))
      wrong += "it does not say why: " + words_of(run.result) + "\n";
    wrong += go_on(bench, run);
    if (run.result) wrong += bench.complaints() + not_deactivated(bench, *run.result);
    if (!wrong.empty()) complaints += fmt::format("dead from {} ({}):\n{}\n", at, run.victim, wrong);
  }
  std::printf("  the network dies: %zu points\n", points);
  CHECK(complaints == "");
  CHECK(points >= 60);
}

TEST_CASE("fault: one host dies and stays dead", "[host]") {
  const auto dead = [](const SentRequest&) -> std::optional<Answer> {
    return Answer{.status = 502, .body = "Bad Gateway"};
  };
  const auto kill = [&](FakePds& host) {
    for (const char* method : {"com.atproto.server.getSession", "com.atproto.server.describeServer",
                               "com.atproto.sync.getRepoStatus", "com.atproto.sync.getLatestCommit",
                               "com.atproto.server.deactivateAccount", "com.atproto.server.deleteSession"})
      host.intercepts[method] = dead;
  };
  SECTION("the old one, before anything: the move says so, and the directory is untouched") {
    MoveBench bench;
    kill(bench.network.old_host);
    const auto run = bench.start();
    REQUIRE_FALSE(run.result);
    CHECK(run.result.error().kind == ErrorKind::network);
    CHECK(bench.network.plc.accepted == 0);
    CHECK(bench.network.new_host.effects.accounts == 0);
  }
  SECTION("the old one, after the point of no return: the move ends, and tells that the old account lives") {
    MoveBench bench;
    bench.network.new_host.intercepts["com.atproto.server.activateAccount"] = [&](const SentRequest&) {
      kill(bench.network.old_host);
      return std::optional<Answer>();
    };
    const auto run = bench.start();
    INFO(words_of(run.result));
    REQUIRE(run.result);
    CHECK(bench.complaints() == "");
    REQUIRE(run.result->notes.size() == 2);  // and what was written there last cannot be seen
    CHECK(run.result->notes.front().starts_with("Deactivate the account on the old host: not done"));
  }
  SECTION("the new one, before anything") {
    MoveBench bench;
    kill(bench.network.new_host);
    const auto run = bench.start();
    REQUIRE_FALSE(run.result);
    CHECK(run.result.error().kind == ErrorKind::network);
    CHECK(bench.network.plc.accepted == 0);
  }
}
