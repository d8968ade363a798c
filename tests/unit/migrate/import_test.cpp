// Repositories that the new host does not take as they are: too large, or signed by a key it does not know.
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

using namespace atb;
using namespace atb::test;

namespace {

constexpr std::size_t kRecords = 200;
constexpr std::size_t kLimit = 12'000;
constexpr const char* kImport = "com.atproto.repo.importRepo";

std::string words_of(const Result<migrate::Outcome>& result) {
  return result ? "done" : result.error().id + ": " + result.error().message;
}

}  // namespace

TEST_CASE("import: a repository larger than the new host takes goes over in pieces", "[migrate]") {
  MoveBench bench(kRecords);
  FakePds& host = bench.network.new_host;
  host.import_limit = kLimit;
  SECTION("from a live host") {}
  SECTION("from a backup") { bench.lose_old_host(); }
  SECTION("with what the host says about blobs as a first guess") {
    host.alter("com.atproto.server.describeServer",
               [](data::Object& answer) { answer.set("blobUploadLimit", std::int64_t{kLimit}); });
  }
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(run.result->same_tree);
  CHECK(host.effects.imports > 4);
  CHECK(host.effects.largest_import > kLimit / 3);
}

TEST_CASE("import: what is written meanwhile comes along, and the pieces are not sent again", "[migrate]") {
  MoveBench bench(kRecords);
  bench.network.new_host.import_limit = kLimit;
  FakePds& host = bench.network.new_host;
  int pieces = 0;
  host.intercepts["com.atproto.repo.uploadBlob"] = [&](const SentRequest&) -> std::optional<Answer> {
    if (std::exchange(pieces, host.effects.imports) == 0) bench.network.post_on_old("one more");
    return {};
  };
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  // In one, as only the difference goes over.
  CHECK(pieces > 4);
  CHECK(host.effects.imports == pieces + 1);
}

TEST_CASE("import: a piece of one record that is too large is told with what the operator can do",
          "[migrate]") {
  MoveBench bench(kRecords);
  bench.network.new_host.import_limit = 600;
  auto run = bench.start();
  REQUIRE_FALSE(run.result);
  CHECK(run.result.error().kind == ErrorKind::limit_exceeded);
  CHECK(run.result.error().hint.find("PDS_MAX_REPO_IMPORT_SIZE") != std::string::npos);
  bench.network.new_host.import_limit = 0;
  const int before = bench.network.new_host.effects.imports;
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
  CHECK(bench.network.new_host.effects.imports == before + 1);  // whole
}

TEST_CASE("import: a host that takes a piece and makes another tree of it is found out", "[migrate]") {
  MoveBench bench(kRecords);
  FakePds& host = bench.network.new_host;
  host.import_limit = kLimit;
  host.intercepts[kImport] = [&host](const SentRequest& request) -> std::optional<Answer> {
    if (request.body.size() > host.import_limit) return {};
    return Answer{};
  };
  CHECK(error_id(bench.start().result) == "move.piece_differs");
  CHECK(bench.network.plc.accepted == 0);
  host.intercepts.clear();
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("import: pieces of another backup are no beginning", "[migrate]") {
  MoveBench bench(kRecords);
  FakePds& host = bench.network.new_host;
  host.import_limit = kLimit;
  int pieces = 0;
  host.intercepts[kImport] = [&](const SentRequest& request) -> std::optional<Answer> {
    if (request.body.size() > host.import_limit || ++pieces <= 3) return {};
    return Answer{.status = 400, .body = R"({"error":"InvalidRequest","message":"no more today"})"};
  };
  CHECK(error_id(bench.start().result) == "xrpc.invalid_request");
  host.intercepts.clear();
  // The first records are others by now.
  FakeAccount& account = bench.network.old_account();
  bench.network.old_host.put_record(account, "aaa.example.first/one",
                                    data::Object().set("$type", "aaa.example.first"));
  bench.network.clock.advance(std::chrono::seconds(1));
  bench.network.old_host.commit(account);
  const auto run = bench.resume();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("import: a host that checks signatures gets a commit signed by the temporary key", "[migrate]") {
  MoveBench bench(kRecords);
  FakePds& host = bench.network.new_host;
  bench.lose_old_host();
  SECTION("it says 400") { host.checks_commits = 400; }
  SECTION("it says 401") { host.checks_commits = 401; }
  SECTION("it says a general 500") { host.checks_commits = 500; }
  SECTION("and takes small pieces only") {
    host.checks_commits = 400;
    host.import_limit = kLimit;
  }
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(run.result->same_tree);
}

TEST_CASE("import: with the old host alive its own signature is the right one", "[migrate]") {
  MoveBench bench(kRecords);
  bench.network.new_host.checks_commits = 400;
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("import: a host that refuses whatever it is given is quoted", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.network.new_host.refuse(kImport, 400, "InvalidRequest", "Service is not accepting repo imports");
  const auto run = bench.start();
  REQUIRE_FALSE(run.result);
  CHECK(run.result.error().message.find("not accepting repo imports") != std::string::npos);
  bench.network.new_host.intercepts.clear();
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}
