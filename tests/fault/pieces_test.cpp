// An import in pieces, struck at every outside call.
#include "tests/fault/strikes.h"
#include "tests/support/catch.h"

using namespace atb;
using namespace atb::test;

namespace {

// Some ten pieces.
void small_imports(MoveBench& bench) { bench.network.new_host.import_limit = 2'500; }

std::string underway(MoveBench& bench) {
  const FakeAccount* there = bench.network.new_host.find(bench.network.did);
  if (bench.network.plc.accepted < bench.operations && there != nullptr && there->active)
    return "the new account is active before the identity has moved";
  return "";
}

std::string at_the_end(MoveBench& bench, const migrate::Outcome&) {
  return bench.network.new_host.effects.imports < 3 ? "it did not go over in pieces\n" : "";
}

const Scenario kPieces{.prepare = small_imports, .underway = underway, .at_the_end = at_the_end};
const Scenario kStrict{
    .prepare =
        [](MoveBench& bench) {
          bench.lose_old_host();
          small_imports(bench);
          bench.network.new_host.checks_commits = 400;
        },
    .underway = underway,
    .at_the_end = at_the_end,
};

}  // namespace

TEST_CASE("pieces: each request in turn does not arrive", "[pieces]") {
  check_everywhere(kPieces, Seam::http, Blow::unreached, false, 60);
}

TEST_CASE("pieces: the reply to each request in turn is lost", "[pieces]") {
  check_everywhere(kPieces, Seam::http, Blow::reply_lost, false, 60);
}

TEST_CASE("pieces: each request in turn is answered with 500", "[pieces]") {
  check_everywhere(kPieces, Seam::http, Blow::refused, false, 60);
}

TEST_CASE("pieces: killed after each request, before its reply is seen", "[pieces]") {
  check_everywhere(kPieces, Seam::http, Blow::killed_after, false, 60);
}

TEST_CASE("pieces: killed after each operation on files", "[pieces]") {
  check_everywhere(kPieces, Seam::file, Blow::killed_after, false, 60);
}

TEST_CASE("pieces: into a strict host without the old one, killed after each request", "[pieces]") {
  check_everywhere(kStrict, Seam::http, Blow::killed_after, false, 60);
}

TEST_CASE("pieces: into a strict host without the old one, each request answered with 500", "[pieces]") {
  check_everywhere(kStrict, Seam::http, Blow::refused, false, 60);
}
