// A move between two fake hosts from start to end, undisturbed.
#include "tests/support/catch.h"
#include "tests/support/move/move_bench.h"

using namespace atb;
using namespace atb::test;

TEST_CASE("move: an account moves from one host to another, and each thing is done once", "[migrate]") {
  MoveBench bench;
  const auto run = bench.start();
  INFO((run.result ? "" : run.result.error().id + ": " + run.result.error().message));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK_FALSE(bench.network.old_account().active);
  CHECK(bench.network.new_host.effects.imports == 1);
  CHECK(bench.network.old_host.effects.mails == 1);
  // Under the new key: one commit makes an inert record, the next removes it, and the tree is as it was.
  CHECK(bench.network.new_host.effects.commits == 2);
  CHECK(run.result->data == bench.network.original_data.str());
  CHECK(run.result->handle == "alice.new-host.net");
  CHECK(run.result->notes.empty());
  CHECK_FALSE(run.result->resumed);
}
