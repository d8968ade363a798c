// Whole moves to and from hosts that are not the reference server; each of their ways by itself:
// host_ways_test.cpp.
#include "tests/support/move/other_hosts.h"

#include "core/migrate/host_ways.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/repo_fixture.h"

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

// The move ends, and everything is as after any other.
void check_moves(MoveBench& bench, const Names& wanted) {
  auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(run.result->data == bench.network.original_data.str());
  CHECK(run.result->same_tree);
  CHECK(bench.network.new_host.effects.imports == 1);
  CHECK(met_by(bench) == wanted);
}

// An old reference to a blob, from before the blob type; the blob is on the old host.
void add_legacy_blob(MoveBench& bench) {
  FakeAccount& account = bench.network.old_account();
  const Bytes bytes = {1, 2, 3, 4, 5};
  const auto cid = ipld::Cid::of(ipld::Codec::raw, bytes);
  account.blobs[cid] = bytes;
  bench.network.old_host.put_record(
      account, "app.bsky.actor.profile/self",
      data::Object()
          .set("$type", "app.bsky.actor.profile")
          .set("avatar", data::Object().set("cid", cid.str()).set("mimeType", "image/jpeg")));
  bench.network.old_host.commit(account);
  bench.network.original_data = *account.data;
}

}  // namespace

TEST_CASE("other hosts: to cocoon", "[hosts]") {
  MoveBench bench;
  make_cocoon(bench.network.new_host);
  bench.activations = 0;
  const Names ways = {"unknown-account-500", "no-status-before-import", "no-blocks", "signs-anew",
                      "active-from-the-start"};
  SECTION("with the old host") { check_moves(bench, ways); }
  SECTION("without it") {
    bench.lose_old_host();
    check_moves(bench, ways);
  }
  CHECK(bench.network.new_host.effects.activation_calls == 1);
}

TEST_CASE("other hosts: from cocoon", "[hosts][preferences-object]") {
  MoveBench bench;
  make_cocoon(bench.network.old_host);
  bench.network.old_account().preferences.clear();
  bench.preferences = 0;
  check_moves(bench, {});
}

TEST_CASE("other hosts: to rsky", "[hosts]") {
  MoveBench bench;
  make_rsky(bench.network.new_host);
  SECTION("with the old host") { check_moves(bench, {"unknown-account-500", "submit-refuses-its-own-keys"}); }
  SECTION("without it") {
    bench.lose_old_host();
    check_moves(bench, {"unknown-account-500", "submit-refuses-its-own-keys"});
  }
}

TEST_CASE("other hosts: from rsky", "[hosts][bare-operation]") {
  MoveBench bench;
  make_rsky(bench.network.old_host);
  check_moves(bench, {});
}

TEST_CASE("other hosts: to tranquil", "[hosts]") {
  MoveBench bench;
  add_legacy_blob(bench);
  make_tranquil(bench.network.new_host);
  SECTION("with the old host") { check_moves(bench, {"hides-while-inactive", "leaves-out-legacy-blobs"}); }
  SECTION("without it") {
    bench.lose_old_host();
    check_moves(bench, {"hides-while-inactive", "leaves-out-legacy-blobs"});
  }
}

TEST_CASE("other hosts: from tranquil", "[hosts]") {
  MoveBench bench;
  make_tranquil(bench.network.old_host);
  check_moves(bench, {});
}

TEST_CASE("other hosts: to cirrus", "[hosts]") {
  MoveBench bench;
  settle_on_cirrus(bench);
  SECTION("with the old host") { check_moves(bench, {"host-of-one", "null-counts"}); }
  SECTION("without it: the account is there, so the identity is changed once") {
    bench.lose_old_host();
    bench.operations = 1;
    check_moves(bench, {"host-of-one", "null-counts"});
  }
}

TEST_CASE("other hosts: from cirrus, whose code is not mailed", "[hosts]") {
  MoveBench bench;
  make_cirrus(bench.network.old_host);
  bench.options.handle = "alice.new-host.net";
  check_moves(bench, {"code-not-mailed"});
  CHECK(bench.person.was_asked("pds migrate-token"));
}

TEST_CASE("other hosts: a host for another account says so before anything is done", "[hosts]") {
  MoveBench bench;
  FakePds& host = bench.network.new_host;
  make_cirrus(host);
  host.add_account(*syntax::Did::parse("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"), test_key(crypto::Curve::k256, 9),
                   "bob.net", "", "hers");
  const auto planned = bench.dry_run();
  REQUIRE(planned);
  REQUIRE_FALSE(planned->plan.obstacles.empty());
  CHECK(planned->plan.obstacles.front().id == "move.host_of_one");
  const auto run = bench.start();
  REQUIRE_FALSE(run.result);
  CHECK(run.result.error().id == "move.host_of_one");
  CHECK(run.result.error().kind == ErrorKind::refused);
  CHECK(bench.network.plc.accepted == 0);
}

TEST_CASE("other hosts: one that imports only into inactive accounts says how to go on", "[hosts]") {
  MoveBench bench;
  settle_on_cirrus(bench);
  bench.network.new_account().active = true;
  auto run = bench.start();
  REQUIRE_FALSE(run.result);
  CHECK(run.result.error().remote_name == "RepoAlreadyExists");
  CHECK(run.result.error().hint.find("pds deactivate") != std::string::npos);
  CHECK(met_by(bench).contains("imports-while-inactive"));
  bench.network.new_account().active = false;
  run = bench.resume();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("other hosts: what is too large for them, said with 400, goes over in pieces", "[hosts]") {
  constexpr std::size_t kRecords = 200;
  MoveBench bench(kRecords);
  bench.network.new_host.import_limit = 12'000;
  SECTION("rsky") { make_rsky(bench.network.new_host); }
  SECTION("cirrus") { settle_on_cirrus(bench); }
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(bench.network.new_host.effects.imports > 4);
  CHECK(met_by(bench).contains("size-is-400"));
}

TEST_CASE("other hosts: one that takes no pieces says who can help", "[hosts]") {
  constexpr std::size_t kRecords = 200;
  MoveBench bench(kRecords);
  make_tranquil(bench.network.new_host);
  bench.network.new_host.import_limit = 12'000;
  auto run = bench.start();
  REQUIRE_FALSE(run.result);
  INFO(words_of(run.result));
  CHECK(run.result.error().hint.find("takes no pieces") != std::string::npos);
  CHECK(met_by(bench).contains("whole-imports-only"));
  CHECK(bench.network.plc.accepted == 0);
  // Its operator has raised the limit.
  bench.network.new_host.import_limit = 0;
  run = bench.resume();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("other hosts: a blob that is too large, said in words, is named, and the others go on", "[hosts]") {
  MoveBench bench;
  make_tranquil(bench.network.new_host);
  std::size_t largest = 0;
  for (const auto& [cid, bytes] : bench.network.old_account().blobs)
    largest = std::max(largest, bytes.size());
  bench.network.new_host.ways.blob_limit = largest - 1;
  const auto run = bench.start();
  CHECK(test::error_id(run.result) == "move.upload");
  CHECK_FALSE(bench.watcher.findings.empty());
  CHECK(bench.watcher.findings.size() < bench.network.old_account().blobs.size());
}

TEST_CASE(
    "other hosts: a handle of another domain is refused by some, and the same command goes on with another",
    "[hosts][own-handles-only]") {
  MoveBench bench;
  make_rsky(bench.network.new_host);
  bench.options.handle = "alice.net";
  bench.network.dns.set("_atproto.alice.net", {"did=" + bench.network.did.str()});
  auto run = bench.start();
  REQUIRE_FALSE(run.result);
  CHECK(run.result.error().remote_name == "InvalidHandle");
  bench.options.handle = "alice.new-host.net";
  run = bench.resume();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("other hosts: a record that is not there, answered with a general 500, is not there", "[hosts]") {
  MoveBench bench;
  bench.network.new_host.ways.unknown_record_500 = true;
  check_moves(bench, {"unknown-record-500"});
  CHECK(bench.network.new_host.effects.commits == 2);
}
