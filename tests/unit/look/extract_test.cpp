#include "core/look/extract.h"

#include "core/base/text.h"
#include "tests/unit/look/look_bench.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

constexpr const char* kFolder = "/backup";
constexpr const char* kOut = "/out/pictures";

// A folder as an export leaves it.
struct FolderBench {
  FolderBench() : world(make_account({.records = 80})) {
    REQUIRE(exporter::export_folder(world.context(), world.who(), kFolder, {}));
  }
  Result<look::Blobs> extract(bool force = false) {
    const auto source = backup::open_backup(world.fs, kFolder).value();
    const look::Context context{.fs = world.fs,
                                .random = world.random,
                                .options = {},
                                .progress = no_progress(),
                                .stop = {},
                                .force = force,
                                .reach = look::Reach::proven};
    return look::extract_blobs(*source, context, kOut);
  }
  const FixtureBlob& blob(std::size_t i) const { return world.account.repo.blobs.at(i); }
  std::string source_path(std::size_t i) const { return backup::blob_path(kFolder, blob(i).cid); }
  std::string out_path(std::size_t i) const {
    return os::join(kOut, blob(i).cid.str() + std::string(look::ending_of(blob(i).mime_type)));
  }
  ExportWorld world;
};

bool has_leftovers(const MemFs& fs) {
  return std::ranges::any_of(fs.files(), [](const std::string& path) { return path.ends_with(".tmp"); });
}

}  // namespace

TEST_CASE("extract: records are a JSON line each, and the lines are the look's", "[look]") {
  LookBench bench;
  bench.put_car(BlockOrder::shuffled);
  const auto records = look::extract_records(*bench.source(), bench.context(), "/out/records.jsonl");
  REQUIRE(records);
  CHECK(records->records == bench.account.repo.records.size());
  CHECK(records->deviating == 2);
  const std::string file = bench.fs.get("/out/records.jsonl").value();
  const auto lines = split(std::string_view(file).substr(0, file.size() - 1), '\n');
  REQUIRE(lines.size() == records->records);
  std::size_t at = 0;
  for (const auto& [path, cid] : bench.account.repo.records) {
    const auto line = data::parse_json(lines[at++], Limits{}, data::Floats::allow);
    REQUIRE(line);
    CHECK(data::text_or(*line, "uri", "") == "at://" + bench.did() + "/" + path);
    CHECK(data::text_or(*line, "cid", "") == cid.str());
    CHECK(line->find("value") != nullptr);
  }
}

TEST_CASE("extract: a file that is there stays as it is, unless forced", "[look]") {
  LookBench bench;
  bench.put_car();
  bench.fs.put("/out/x", "mine");
  const auto refused = look::extract_records(*bench.source(), bench.context(), "/out/x");
  CHECK(error_id(refused) == "look.file_exists");
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(error_id(look::extract_car(*bench.source(), bench.context(), "/out/x")) == "look.file_exists");
  CHECK(bench.fs.get("/out/x") == "mine");
  bench.fs.put("/out/y.plc-log.json", "mine");
  CHECK(error_id(look::extract_car(*bench.source(), bench.context(), "/out/y")) == "look.file_exists");
  CHECK(error_id(look::extract_records(*bench.source(), bench.context(true), "/out/x")) == "none");
  CHECK(bench.fs.get("/out/x") != "mine");
}

TEST_CASE("extract: the records of a damaged repository are those that are left", "[look]") {
  LookBench bench;
  bench.put_car();
  bench.damage(bench.account.repo.records.begin()->second);
  const auto records = look::extract_records(*bench.source(), bench.context(), "/out/x");
  REQUIRE(records);
  CHECK(records->kept);
  CHECK(records->records == bench.account.repo.records.size() - 1);
  CHECK(records->verdict.report.has(Severity::damage));
  CHECK(bench.fs.get("/out/x").has_value());

  bench.damage(bench.account.repo.commit);
  const auto none = look::extract_records(*bench.source(), bench.context(), "/out/none");
  REQUIRE(none);
  CHECK_FALSE(none->kept);
  CHECK_FALSE(bench.fs.get("/out/none").has_value());
  CHECK_FALSE(has_leftovers(bench.fs));
}

TEST_CASE("extract: salvage finds every record of a tree whose root is gone, by the nodes that are left",
          "[look]") {
  LookBench bench({.records = 300});
  bench.put_car(GENERATE(BlockOrder::depth_first, BlockOrder::shuffled));
  bench.damage(bench.account.repo.data);
  const auto proven = look::extract_records(*bench.source(), bench.context(), "/out/proven");
  REQUIRE(proven);
  CHECK(proven->records == 0);
  const auto salvaged = look::extract_records(*bench.source(), bench.salvaging(), "/out/x");
  REQUIRE(salvaged);
  CHECK(salvaged->verdict.report.has(Severity::damage));
  CHECK(salvaged->salvaged == salvaged->records);
  const std::string file = bench.fs.get("/out/x").value();
  std::size_t with_path = 0;
  std::size_t odd = 0;
  for (const auto line : split(std::string_view(file).substr(0, file.size() - 1), '\n')) {
    const auto value = data::parse_json(line, Limits{}, data::Floats::allow);
    REQUIRE(value);
    CHECK(value->find("salvaged") != nullptr);
    const std::string path = data::text_or(*value, "path", "");
    if (path.empty()) {
      CHECK(value->find("uri")->is_null());
      continue;
    }
    ++with_path;
    if (path.starts_with("com.example.odd/")) ++odd;
    CHECK(data::text_or(*value, "uri", "") == "at://" + bench.did() + "/" + path);
    REQUIRE(bench.account.repo.records.contains(path));
    CHECK(bench.account.repo.records.at(path).str() == data::text_or(*value, "cid", ""));
  }
  // The records that the root itself named have lost their paths; those of them without a "$type" are lost.
  CHECK(salvaged->records + 3 - odd >= bench.account.repo.records.size());
  CHECK(with_path > bench.account.repo.records.size() / 2);
}

TEST_CASE("extract: salvage without a commit knows paths, and no account unless a manifest names it",
          "[look]") {
  LookBench bench;
  bench.put_car();
  bench.damage(bench.account.repo.commit);
  const auto salvaged = look::extract_records(*bench.source(), bench.salvaging(), "/out/x");
  REQUIRE(salvaged);
  CHECK(salvaged->kept);
  CHECK(salvaged->records == bench.account.repo.records.size());
  CHECK(bench.fs.get("/out/x")->starts_with("{\"uri\":null,"));
  CHECK(bench.fs.get("/out/x")->find("\n{\"uri\":\"at:") == std::string::npos);
  CHECK(bench.fs.get("/out/x")->find("\"path\":\"com.example.odd/float\"") != std::string::npos);
}

TEST_CASE("extract: salvage of a whole repository finds nothing more", "[look]") {
  LookBench bench;
  bench.put_car();
  const auto records = look::extract_records(*bench.source(), bench.salvaging(), "/out/x");
  REQUIRE(records);
  CHECK(records->salvaged == 0);
  CHECK(records->records == bench.account.repo.records.size());
}

TEST_CASE("extract: a repository in any order becomes the depth-first CAR, with its companions", "[look]") {
  LookBench bench;
  bench.put_car(GENERATE(BlockOrder::depth_first, BlockOrder::reference_server, BlockOrder::shuffled));
  const auto car = look::extract_car(*bench.source(), bench.context(), "/out/b.car");
  REQUIRE(car);
  CHECK(car->whole);
  CHECK(car->path == "/out/b.car");
  CHECK(bench.fs.get("/out/b.car") == text_of(bench.account.repo.car()));
  CHECK(bench.fs.get("/out/b.car.plc-log.json") == bench.account.log_json());
  CHECK(bench.fs.get("/out/b.car.did.json") == bench.account.document);
  const auto again = verify_at(bench.fs, "/out/b.car");
  REQUIRE(again);
  CHECK(again->proof.sound());
}

TEST_CASE("extract: a CAR whose key nothing proves is written, and not proven", "[look]") {
  LookBench bench;
  bench.put_car(BlockOrder::shuffled, false);
  const auto car = look::extract_car(*bench.source(), bench.context(), "/out/b.car");
  REQUIRE(car);
  CHECK(car->whole);
  CHECK(car->verdict.report.count("key.no_source") == 1);
  CHECK(bench.fs.get("/out/b.car").has_value());
  CHECK_FALSE(bench.fs.get("/out/b.car.plc-log.json").has_value());
}

TEST_CASE("extract: what is not whole or not authentic is kept as rejected, never as a CAR", "[look]") {
  LookBench bench;
  bench.put_car();
  SECTION("a record is damaged") { bench.damage(bench.account.repo.records.begin()->second); }
  SECTION("the commit is damaged") { bench.damage(bench.account.repo.commit); }
  SECTION("another key signed it") {
    bench.account.repo = with_commit(bench.account.repo, [](repo::Commit& commit) {
      REQUIRE(repo::sign_commit(commit, test_key(crypto::Curve::k256, 77)));
    });
    bench.put_car();
  }
  const auto car = look::extract_car(*bench.source(), bench.context(), "/out/b.car");
  REQUIRE(car);
  CHECK_FALSE(car->whole);
  CHECK(car->path == "/out/b.car.rejected");
  CHECK(bench.fs.get("/out/b.car.rejected").has_value());
  CHECK_FALSE(bench.fs.get("/out/b.car").has_value());
  CHECK_FALSE(bench.fs.get("/out/b.car.plc-log.json").has_value());
  CHECK(car->facts.blocks >= bench.account.repo.blocks.size() - 1);
}

TEST_CASE("extract: damage outside of the tree does not spoil the tree", "[look]") {
  LookBench bench;
  bench.put_car();
  bench.fs.put(kCar, bench.fs.get(kCar).value() + "\x7f cut");
  const auto car = look::extract_car(*bench.source(), bench.context(), "/out/b.car");
  REQUIRE(car);
  CHECK(car->whole);
  CHECK(car->verdict.report.has(Severity::damage));
  CHECK(bench.fs.get("/out/b.car") == text_of(bench.account.repo.car()));
}

TEST_CASE("extract: every blob becomes a file with the ending of its type, byte for byte", "[look]") {
  FolderBench bench;
  const auto blobs = bench.extract();
  REQUIRE(blobs);
  const auto& wanted = bench.world.account.repo.blobs;
  CHECK(blobs->written == wanted.size());
  CHECK(blobs->already == 0);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    INFO(bench.out_path(i));
    CHECK(bench.world.fs.get(bench.out_path(i)) == text_of(wanted[i].bytes));
  }
  CHECK(blobs->verdict.report.findings().empty());

  const auto again = bench.extract();
  REQUIRE(again);
  CHECK(again->written == 0);
  CHECK(again->already == wanted.size());
}

TEST_CASE("extract: a wrong blob is set aside, an absent one named, the others come", "[look]") {
  FolderBench bench;
  bench.world.fs.flip(bench.source_path(0), 3);
  REQUIRE(bench.world.fs.remove(bench.source_path(1)));
  const auto blobs = bench.extract();
  REQUIRE(blobs);
  CHECK(blobs->written == bench.world.account.repo.blobs.size() - 2);
  CHECK(blobs->verdict.report.count("blob.wrong_bytes") == 1);
  CHECK(blobs->verdict.report.count("blob.absent") == 1);
  CHECK_FALSE(bench.world.fs.get(bench.out_path(0)).has_value());
  CHECK(bench.world.fs.get(bench.out_path(0) + ".rejected").has_value());
  CHECK_FALSE(has_leftovers(bench.world.fs));
}

TEST_CASE("extract: another file in a blob's place stays, and the blob is named, unless forced", "[look]") {
  FolderBench bench;
  bench.world.fs.put(bench.out_path(0), "my own picture");
  const auto blobs = bench.extract();
  REQUIRE(blobs);
  CHECK(blobs->verdict.report.count("look.file_exists") == 1);
  CHECK(blobs->verdict.report.has(Severity::missing));
  CHECK(bench.world.fs.get(bench.out_path(0)) == "my own picture");
  const auto forced = bench.extract(true);
  REQUIRE(forced);
  CHECK(forced->written == 1);
  CHECK(bench.world.fs.get(bench.out_path(0)) == text_of(bench.blob(0).bytes));
}

TEST_CASE("extract: a blob that no record names comes without an ending", "[look]") {
  FolderBench bench;
  const std::string extra = "a picture of an earlier time";
  const auto cid = ipld::Cid::of(ipld::Codec::raw, as_bytes(extra));
  bench.world.fs.put(backup::blob_path(kFolder, cid), extra);
  REQUIRE(bench.extract());
  CHECK(bench.world.fs.get(os::join(kOut, cid.str())) == extra);
}

TEST_CASE("extract: a lone CAR has no blobs", "[look]") {
  LookBench bench;
  bench.put_car();
  CHECK(error_id(look::extract_blobs(*bench.source(), bench.context(), kOut)) == "look.no_blobs");
}

TEST_CASE("extract: a full disk leaves neither a file nor a leftover", "[look]") {
  LookBench bench;
  bench.put_car();
  bench.fs.set_free_space(500);
  CHECK(error_id(look::extract_records(*bench.source(), bench.context(), "/out/x")) == "file.no_space");
  CHECK(error_id(look::extract_car(*bench.source(), bench.context(), "/out/b.car")) == "file.no_space");
  CHECK_FALSE(bench.fs.get("/out/x").has_value());
  CHECK_FALSE(bench.fs.get("/out/b.car").has_value());
  CHECK_FALSE(has_leftovers(bench.fs));
}

TEST_CASE("extract: endings come from the table only", "[look]") {
  CHECK(look::ending_of("image/jpeg") == ".jpg");
  CHECK(look::ending_of("Image/PNG; q=1") == ".png");
  CHECK(look::ending_of("video/mp4") == ".mp4");
  for (const char* type : {"", "*/*", "text/html", "image/svg+xml", "../../etc/passwd", "image/../x", ";"}) {
    INFO(type);
    CHECK(look::ending_of(type).empty());
  }
}
