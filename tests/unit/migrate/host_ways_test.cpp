// Ways of hosts that are not the reference server, each by itself; whole moves to and from such hosts:
// other_hosts_test.cpp.
#include "core/migrate/host_ways.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/other_hosts.h"

#include <algorithm>
#include <set>

using namespace atb;
using namespace atb::test;

namespace {

std::string words_of(const Result<migrate::Outcome>& result) {
  return result ? "done" : result.error().id + ": " + result.error().message;
}

std::set<std::string> met_by(const MoveBench& bench) {
  const auto ways = bench.ways();
  return {ways.begin(), ways.end()};
}

using Names = std::set<std::string>;

bool has_note(const MoveBench::Run& run, std::string_view part) {
  return run.result && std::ranges::any_of(run.result->notes, [&](const std::string& note) {
           return note.find(part) != std::string::npos;
         });
}

constexpr const char* kSubmit = "com.atproto.identity.submitPlcOperation";

}  // namespace

TEST_CASE("other hosts: one blob that is answered with a general 500 does not stop the others", "[hosts]") {
  MoveBench bench;
  FakePds& host = bench.network.new_host;
  SECTION("a single one") {
    host.ways.silent_uploads = 1;
    auto run = bench.start();
    CHECK(test::error_id(run.result) == "move.upload");
    CHECK(bench.watcher.findings.size() == 1);
    CHECK(host.effects.uploads == static_cast<int>(bench.network.old_account().blobs.size()) - 1);
    CHECK(met_by(bench).contains("blob-500"));
    run = bench.resume();
    INFO(words_of(run.result));
    REQUIRE(run.result);
    CHECK(bench.complaints() == "");
  }
}

TEST_CASE("other hosts: without a list of missing blobs, those of the records are compared", "[hosts]") {
  MoveBench bench;
  FakePds& host = bench.network.new_host;
  SECTION("with a word for it") {
    host.refuse("com.atproto.repo.listMissingBlobs", 501, "MethodNotImplemented", "no");
  }
  SECTION("with another") { host.refuse("com.atproto.repo.listMissingBlobs", 404, "XRPCNotSupported", "no"); }
  SECTION("and without a list of those that are there") {
    host.refuse("com.atproto.repo.listMissingBlobs", 501, "MethodNotImplemented", "no");
    host.ways.lists_blobs = 1;
  }
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(met_by(bench).contains("no-missing-list"));
  CHECK(host.effects.uploads == static_cast<int>(bench.network.old_account().blobs.size()));
}

TEST_CASE("other hosts: preferences that a host does not keep are told, and the move goes on", "[hosts]") {
  MoveBench bench;
  FakePds& host = bench.network.new_host;
  bench.preferences = 0;
  SECTION("it says yes and drops them") {
    host.ways.drops_preferences = true;
    const auto run = bench.start();
    INFO(words_of(run.result));
    REQUIRE(run.result);
    CHECK(has_note(run, "does not keep the preferences as they were (0 of 1 there)"));
    CHECK(met_by(bench).contains("preferences-differ"));
  }
  SECTION("it refuses them: the first time the move stops, for somebody to look") {
    host.refuse("app.bsky.actor.putPreferences", 400, "InvalidRequest", "Preference too large");
    auto run = bench.start();
    REQUIRE_FALSE(run.result);
    run = bench.resume();
    INFO(words_of(run.result));
    REQUIRE(run.result);
    CHECK(has_note(run, "refuses the preferences"));
    CHECK(met_by(bench).contains("preferences-refused"));
  }
  CHECK(bench.complaints() == "");
}

TEST_CASE("other hosts: an operation that the new host cannot hand on goes to the directory", "[hosts]") {
  MoveBench bench;
  SECTION("it has no such method") {
    bench.network.new_host.refuse(kSubmit, 501, "MethodNotImplemented", "no");
  }
  SECTION("it says nothing") { bench.network.new_host.refuse(kSubmit, 500, "", "Internal Server Error"); }
  SECTION("it did, and says nothing") {
    bool done = false;
    bench.network.new_host.intercepts[kSubmit] =
        [&, done](const SentRequest& request) mutable -> std::optional<Answer> {
      if (std::exchange(done, true)) return {};
      bench.network.new_host.answer(request);
      return Answer{.status = 500, .body = "{}"};
    };
    const auto run = bench.start();
    INFO(words_of(run.result));
    REQUIRE(run.result);
    CHECK(bench.complaints() == "");
    CHECK(met_by(bench).empty());
    return;
  }
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(met_by(bench) == Names{"no-submit"});
}

TEST_CASE("other hosts: a reason why an operation is not handed on is one", "[hosts]") {
  MoveBench bench;
  bench.network.new_host.refuse(kSubmit, 400, "InvalidRequest", "Incorrect endpoint on atproto_pds service");
  const auto run = bench.start();
  REQUIRE_FALSE(run.result);
  CHECK(bench.network.plc.accepted == 0);
}

TEST_CASE("other hosts: blobs that are given to nobody are told of", "[hosts]") {
  MoveBench bench;
  bench.network.new_host.ways.keeps_blobs_to_itself = true;
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(has_note(run, "that were asked for"));
  CHECK(met_by(bench) == Names{"keeps-blobs-to-itself"});
}

TEST_CASE("other hosts: a login that waits for the address to be confirmed says so", "[hosts]") {
  MoveBench bench;
  make_tranquil(bench.network.new_host);
  // The reply to createAccount is lost, with the session in it.
  constexpr const char* kCreate = "com.atproto.server.createAccount";
  auto once = std::make_shared<bool>(false);
  bench.network.new_host.intercepts[kCreate] = [&bench,
                                                once](const SentRequest& request) -> std::optional<Answer> {
    if (std::exchange(*once, true)) return {};
    bench.network.new_host.answer(request);
    return Answer{.status = 502, .body = "Bad Gateway"};
  };
  auto run = bench.start();
  CHECK(test::error_id(run.result) == "xrpc.account_not_verified");
  REQUIRE_FALSE(run.result);
  CHECK(run.result.error().hint.find("confirm the address") != std::string::npos);
  CHECK(met_by(bench).contains("login-after-verification"));
  bench.network.new_account().verified = true;
  run = bench.resume();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
}

TEST_CASE(
    "other hosts: an account that was made, on a host that does not say which it knows, is found by logging "
    "in",
    "[hosts][general-500]") {
  MoveBench bench;
  make_rsky(bench.network.new_host);
  // It says a general 500 of all accounts.
  bench.network.new_host.refuse("com.atproto.sync.getRepoStatus", 500, "", "Internal Server Error");
  constexpr const char* kCreate = "com.atproto.server.createAccount";
  auto once = std::make_shared<bool>(false);
  bench.network.new_host.intercepts[kCreate] = [&bench,
                                                once](const SentRequest& request) -> std::optional<Answer> {
    if (std::exchange(*once, true)) return {};
    bench.network.new_host.answer(request);
    bench.network.new_host.intercepts.erase("com.atproto.sync.getRepoStatus");
    bench.network.new_host.ways.hides_while_inactive = false;
    return Answer{.status = 500, .body = "{}"};
  };
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("other hosts: a list of blobs that is cut short is no obstacle to a plan", "[hosts]") {
  MoveBench bench;
  bench.network.old_host.ways.lists_blobs = 1;
  SECTION("where the blobs are there") {
    const auto planned = bench.dry_run();
    REQUIRE(planned);
    CHECK(planned->observed.content->missing.empty());
  }
  SECTION("where one is not") {
    auto& blobs = bench.network.old_account().blobs;
    blobs.erase(std::prev(blobs.end()));
    const auto planned = bench.dry_run();
    REQUIRE(planned);
    CHECK_FALSE(planned->observed.content->missing.empty());
  }
}

TEST_CASE("other hosts: every way has its place in the table once, with a source", "[hosts]") {
  std::set<std::string_view> ids;
  for (const migrate::HostWay& way : migrate::host_ways()) {
    CHECK(ids.insert(way.id).second);
    CHECK(way.source.starts_with("https://"));
    CHECK_FALSE(way.hosts.empty());
    CHECK_FALSE(way.seen.empty());
    CHECK_FALSE(way.done.empty());
  }
}
