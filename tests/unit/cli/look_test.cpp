// ls, cat and extract: what goes to which stream, and the exit codes.
#include "core/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/repo_fixture.h"
#include "tests/unit/cli/cli_bench.h"
#include "tests/unit/ipld/bytes_of.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

constexpr const char* kFolder = "/backups/alice";
constexpr const char* kPosts = "app.bsky.feed.post";

struct LookedAt : CliBench {
  LookedAt() { have_backup(kFolder); }
  // at://DID/collection/key of some post.
  std::string post() {
    const auto run = this->run({"--json", "ls", kPosts, "--from", kFolder});
    REQUIRE_FALSE(run.of_type("record").empty());
    return data::text_or(run.of_type("record").front(), "uri", "");
  }
  // Of a record's block that no other record has.
  void damage_repository() {
    const std::string path = std::string(kFolder) + "/repo.car";
    memory.flip(path, memory.get(path)->size() - 3);
  }
};

}  // namespace

TEST_CASE("ls: collections with their counts", "[cli]") {
  LookedAt bench;
  const auto json = bench.run({"--json", "ls", "--from", kFolder});
  CHECK(json.exit == 0);
  CHECK(json.err == "");
  std::int64_t sum = 0;
  for (const auto& line : json.of_type("collection")) sum += data::require_integer(line, "records").value();
  CHECK(sum == data::require_integer(json.lines().back(), "records").value());
  CHECK(json.last("type") == "summary");
  CHECK(json.last("did") == bench.did());
  const auto words = bench.run({"ls", "--from", kFolder});
  CHECK(words.exit == 0);
  CHECK(words.out.find(kPosts) != std::string::npos);
  CHECK(words.err == "");
  CHECK(split(words.out, '\n').size() == json.of_type("collection").size() + 1);
}

TEST_CASE("ls: the records of a collection, by its name or by an at:// URI", "[cli]") {
  LookedAt bench;
  const auto json = bench.run({"--json", "ls", kPosts, "--from", kFolder});
  CHECK(json.exit == 0);
  const auto words = bench.run({"ls", "at://" + bench.did() + "/" + kPosts, "--from", kFolder});
  CHECK(words.exit == 0);
  REQUIRE(split(words.out, '\n').size() == json.of_type("record").size() + 1);
  const auto first = json.of_type("record").front();
  const std::string uri = data::text_or(first, "uri", "");
  CHECK(words.out.starts_with(uri.substr(uri.rfind('/') + 1)));
  CHECK(words.out.find(data::text_or(first, "cid", "?")) != std::string::npos);
  CHECK(bench.run({"ls", "com.example.none", "--from", kFolder}).exit == 0);
  CHECK(bench.run({"ls", "com.example.none", "--from", kFolder}).out == "");
}

TEST_CASE("ls: wrong arguments, no backup, and the backup of somebody else", "[cli]") {
  LookedAt bench;
  CHECK(bench.run({"ls"}).exit == 2);
  CHECK(bench.run({"ls", "no collection", "--from", kFolder}).exit == 2);
  CHECK(bench.run({"ls", "--from", "/nowhere"}).exit == 10);
  const auto other = bench.run({"--json", "ls", "at://bob.test", "--from", kFolder});
  CHECK(other.exit == 10);
  CHECK(other.last("id") == "look.other_account");
}

TEST_CASE("ls: when nobody reads the list any more, the run ends", "[cli]") {
  LookedAt bench;
  bench.out.close();
  CHECK(bench.run({"--json", "ls", kPosts, "--from", kFolder}).exit == 1);
}

TEST_CASE("cat: a record as JSON, and one that is not there", "[cli]") {
  LookedAt bench;
  const std::string post = bench.post();
  const auto words = bench.run({"cat", post, "--from", kFolder});
  CHECK(words.exit == 0);
  CHECK(words.err == "");
  CHECK(words.out.find("\"$type\": \"app.bsky.feed.post\"") != std::string::npos);
  const auto json = bench.run({"--json", "cat", post, "--from", kFolder});
  REQUIRE(json.of_type("record").size() == 1);
  CHECK(data::text_or(json.of_type("record")[0], "uri", "") == post);
  CHECK(json.of_type("record")[0].find("value")->object() != nullptr);

  const auto absent =
      bench.run({"--json", "cat", "at://" + bench.did() + "/com.example.none/1", "--from", kFolder});
  CHECK(absent.exit == 10);
  CHECK(absent.last("id") == "look.no_record");
  CHECK(bench.run({"cat", "at://" + bench.did() + "/com.example.none", "--from", kFolder}).exit == 2);
}

TEST_CASE("cat: in a damaged backup the absence of a record proves nothing", "[cli]") {
  LookedAt bench;
  bench.damage_repository();
  const auto absent =
      bench.run({"--json", "cat", "at://" + bench.did() + "/com.example.none/1", "--from", kFolder});
  CHECK(absent.exit == 20);
  CHECK(absent.last("id") == "look.lost_or_absent");
  CHECK_FALSE(absent.of_type("finding").empty());
}

TEST_CASE("ls and extract: a damaged backup gives what is left, and 20", "[cli]") {
  LookedAt bench;
  const auto before = bench.run({"--json", "ls", "--from", kFolder});
  bench.damage_repository();
  const auto words = bench.run({"ls", "--from", kFolder});
  CHECK(words.exit == 20);
  CHECK(words.out.find(kPosts) != std::string::npos);
  CHECK(words.says("DAMAGED"));
  const auto records = bench.run({"--json", "extract", "--records", "/out/r.jsonl", "--from", kFolder});
  CHECK(records.exit == 20);
  CHECK(bench.memory.get("/out/r.jsonl").has_value());
  CHECK(data::require_integer(records.lines().back(), "records").value() ==
        data::require_integer(before.lines().back(), "records").value() - 1);
  const auto car = bench.run({"extract", "--car", "/out/r.car", "--from", kFolder});
  CHECK(car.exit == 20);
  CHECK_FALSE(bench.memory.get("/out/r.car").has_value());
  CHECK(car.out.find("/out/r.car.rejected") != std::string::npos);
}

TEST_CASE("extract: records to a file and to a pipe are the same lines", "[cli]") {
  LookedAt bench;
  const auto pipe = bench.run({"extract", "--records", "-", "--from", kFolder});
  CHECK(pipe.exit == 0);
  CHECK(pipe.err == "");
  const auto file = bench.run({"--json", "extract", "--records", "/out/r.jsonl", "--from", kFolder});
  CHECK(file.exit == 0);
  CHECK(bench.memory.get("/out/r.jsonl") == pipe.out);
  CHECK(data::require_integer(file.lines().back(), "records").value() + 1 ==
        static_cast<std::int64_t>(split(pipe.out, '\n').size()));
  CHECK(bench.run({"extract", "--records", "/out/r.jsonl", "--from", kFolder}).exit == 22);
  CHECK(bench.run({"extract", "--records", "/out/r.jsonl", "--force", "--from", kFolder}).exit == 0);
}

TEST_CASE("extract: a CAR and the blobs, with summaries", "[cli]") {
  LookedAt bench;
  const auto car = bench.run({"--json", "extract", "--car", "/out/r.car", "--from", kFolder});
  CHECK(car.exit == 0);
  CHECK(bench.memory.get("/out/r.car") == bench.memory.get(std::string(kFolder) + "/repo.car"));
  CHECK(bench.run({"verify", "/out/r.car"}).exit == 0);
  const auto blobs = bench.run({"--json", "extract", "--blobs", "/out/blobs", "--from", kFolder});
  CHECK(blobs.exit == 0);
  const auto files = bench.memory.files();
  CHECK(data::require_integer(blobs.lines().back(), "blobs_written").value() ==
        std::ranges::count_if(files, [](const auto& path) { return path.starts_with("/out/blobs/"); }));
  CHECK(bench.run({"extract", "--blobs", "/out/blobs", "--from", kFolder}).exit == 0);
  CHECK(bench.run({"extract", "--blobs", "/out/blobs", "--from", "/out/r.car"}).exit == 2);
}

TEST_CASE("extract: one thing at a time, and one use of standard output", "[cli]") {
  LookedAt bench;
  CHECK(bench.run({"extract", "--from", kFolder}).exit == 2);
  CHECK(bench.run({"extract", "--records", "/a", "--car", "/b", "--from", kFolder}).exit == 2);
  CHECK(bench.run({"--json", "extract", "--records", "-", "--from", kFolder}).exit == 2);
  CHECK(bench.run({"extract", "--car", "/a", "--salvage", "--from", kFolder}).exit == 2);
}

TEST_CASE("extract: --salvage says how many lines are not proven", "[cli]") {
  LookedAt bench;
  const std::string path = std::string(kFolder) + "/repo.car";
  const auto before = bench.run({"--json", "ls", "--from", kFolder});
  bench.memory.flip(path, 150);  // in the commit, which comes first
  const auto run =
      bench.run({"--json", "extract", "--records", "/out/r.jsonl", "--salvage", "--from", kFolder});
  CHECK(run.exit == 20);
  CHECK(data::require_integer(run.lines().back(), "salvaged_records").value() ==
        data::require_integer(before.lines().back(), "records").value());
  CHECK(bench.memory.get("/out/r.jsonl")->starts_with("{\"uri\":\"at://" + bench.did()));
  CHECK(bench.run({"extract", "--records", "/out/s.jsonl", "--salvage", "--from", kFolder})
            .out.find("salvaged") != std::string::npos);
}

TEST_CASE("ls: a lone CAR without its log is listed, and not proven", "[cli]") {
  LookedAt bench;
  bench.memory.put("/lone.car", bench.memory.get(std::string(kFolder) + "/repo.car").value());
  const auto run = bench.run({"ls", "--from", "/lone.car"});
  CHECK(run.exit == 3);
  CHECK(run.out.find(kPosts) != std::string::npos);
  CHECK(run.says("the signature is not proven"));
}

namespace {

// A CAR with one record, whatever its path and bytes.
void put_car(CliBench& bench, const std::string& path, const Bytes& record) {
  repo::Builder builder;
  builder.put_raw(path, record);
  bench.memory.put("/odd.car", as_text(sign_repo(builder, {}).car()));
}

}  // namespace

TEST_CASE("ls and extract: what a hostile record key holds reaches no terminal raw", "[cli]") {
  CliBench bench;
  put_car(bench, "com.example.odd/\x1b]0;owned\x07\x1b[2J\u202e/../..", hex("a1 6161 01"));
  for (const auto& words : std::vector<std::vector<std::string>>{{"ls", "com.example.odd"},
                                                                 {"ls"},
                                                                 {"--json", "ls", "com.example.odd"},
                                                                 {"extract", "--records", "-"}}) {
    auto all = words;
    all.insert(all.end(), {"--from", "/odd.car"});
    const auto run = bench.run(all);
    CHECK(run.exit == 20);
    CHECK_FALSE(run.out.empty());
    CHECK_FALSE(has_raw_controls(run.out));
    CHECK_FALSE(has_raw_controls(run.err));
  }
}

TEST_CASE("cat: a record with a float is shown, and told", "[cli]") {
  CliBench bench;
  put_car(bench, "com.example.odd/float", hex("a1 6161 fb3ff8000000000000"));
  const std::string uri = "at://" + RepoOptions{}.did + "/com.example.odd/float";
  const auto words = bench.run({"cat", uri, "--from", "/odd.car"});
  CHECK(words.exit == 3);  // no log here
  CHECK(words.out == "{\n  \"a\": 1.5\n}\n");
  CHECK(words.says("outside the protocol's data model (cbor.float)"));
  const auto json = bench.run({"--json", "cat", uri, "--from", "/odd.car"});
  CHECK(json.out.find(R"("value":{"a":1.5},"deviation":"cbor.float","cbor":{"$bytes":")") !=
        std::string::npos);
}

TEST_CASE("cat: a record that JSON cannot say is shown by its bytes", "[cli]") {
  CliBench bench;
  put_car(bench, "com.example.odd/twice", hex("a2 6161 01 6161 02"));
  const auto run =
      bench.run({"cat", "at://" + RepoOptions{}.did + "/com.example.odd/twice", "--from", "/odd.car"});
  CHECK(run.exit == 3);
  CHECK(run.out.find("omFhAWFhAg") != std::string::npos);
  CHECK(run.says("cbor.duplicate_key"));
}
