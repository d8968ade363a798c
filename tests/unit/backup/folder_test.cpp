#include "core/backup/folder.h"

#include "core/backup/depth_first.h"
#include "core/base/encoding.h"
#include "core/car/spool.h"
#include "core/mst/node.h"
#include "tests/support/catch.h"
#include "tests/support/mem_fs.h"
#include "tests/support/repo_fixture.h"
#include "tests/support/seeded_random.h"

using namespace atb;

namespace {

constexpr const char* kFolder = "/backup";

std::string text_of(ByteView bytes) { return std::string(as_text(bytes)); }

struct Place {
  test::MemFs fs;
  test::SeededRandom random;
  Result<backup::FolderWriter> begin() { return backup::FolderWriter::begin(fs, random, kFolder); }
  std::string file(std::string_view name) const { return os::join(kFolder, std::string(name)); }

  // A whole generation, with a repository of these bytes.
  void publish(std::string_view repository, const std::string& log,
               const std::optional<std::string>& preferences = {}) {
    auto writer = begin();
    REQUIRE(writer);
    auto car = writer->new_repository();
    REQUIRE(car);
    REQUIRE(car->write(as_bytes(repository)));
    REQUIRE(writer->publish(
        manifest(repository),
        {.repository = &*car, .plc_log = log, .did_document = "{}", .preferences = preferences}));
  }
  static backup::Manifest manifest(std::string_view repository) {
    const ipld::Cid cid = ipld::Cid::of(ipld::Codec::raw, as_bytes(repository));
    return {.did = syntax::Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").value(),
            .handle = {},
            .host = {},
            .created = {},
            .program = {},
            .repository = {.file = {"repo.car", hex_encode(cid.digest()), repository.size()},
                           .commit = cid,
                           .data = cid,
                           .rev = "3kdgeujwlq32y",
                           .records = 1,
                           .blocks = 1},
            .plc_log = {},
            .did_document = {},
            .preferences = {},
            .preferences_absent = {},
            .blobs = {},
            .blob_bytes = 0,
            .missing_blobs = {}};
  }
};

Bytes depth_first(const test::RepoFixture& repo, const std::vector<test::NamedBlock>& blocks) {
  test::MemFs fs;
  auto file = fs.create("/spool").value();
  car::Spool spool(*file, *file);
  for (const auto& [cid, block] : blocks) REQUIRE(spool.put(cid, block));
  spool.seal();
  BytesSink out(10U << 20);
  const auto facts = backup::write_depth_first(spool, spool.index(), repo.commit, {}, out, no_progress(), {});
  REQUIRE(facts);
  CHECK(facts->blocks == blocks.size());
  CHECK(facts->bytes == out.bytes().size());
  CHECK(facts->extra_blocks == blocks.size() - repo.blocks.size());
  return out.bytes();
}

}  // namespace

TEST_CASE("depth-first: blocks in any order come out commit, nodes and records in key order, extra ones last",
          "[backup]") {
  const test::RepoFixture repo = test::make_repo({.records = 200});
  auto blocks = repo.blocks;
  std::ranges::reverse(blocks);
  CHECK(depth_first(repo, blocks) == repo.car(test::BlockOrder::depth_first));

  const Bytes older{0xa1, 0x61, 0x78, 0x01};
  const Bytes oldest{0xa1, 0x61, 0x78, 0x02};
  blocks.insert(blocks.begin() + 5, {ipld::Cid::of(ipld::Codec::dag_cbor, older), older});
  blocks.insert(blocks.begin() + 90, {ipld::Cid::of(ipld::Codec::dag_cbor, oldest), oldest});
  auto expected = repo.blocks;
  expected.push_back(blocks[5]);
  expected.push_back(blocks[90]);
  CHECK(depth_first(repo, blocks) == test::car_of(std::span(&repo.commit, 1), expected));
}

TEST_CASE("depth-first: any block that is not there is an error, not a hole", "[backup]") {
  const test::RepoFixture repo = test::make_repo({.records = 12});
  for (const auto& [left_out, content] : repo.blocks) {
    test::MemFs fs;
    auto file = fs.create("/spool").value();
    car::Spool spool(*file, *file);
    for (const auto& [cid, block] : repo.blocks) {
      if (cid != left_out) REQUIRE(spool.put(cid, block));
    }
    spool.seal();
    BytesSink out(10U << 20);
    const auto facts =
        backup::write_depth_first(spool, spool.index(), repo.commit, {}, out, no_progress(), {});
    REQUIRE_FALSE(facts);
    CHECK(facts.error().id == "block.missing");
  }
}

TEST_CASE("depth-first: a tree that breaks a rule, after it was proven, is a disk that fails", "[backup]") {
  const test::RepoFixture repo = test::make_repo({.records = 3});
  test::MemoryBlocks all;
  for (const auto& [cid, block] : repo.blocks) REQUIRE(all.put(cid, block));
  const ipld::Cid record = all.add(Bytes{0xa0});
  mst::Node node;
  node.entries.push_back({0, "com.example.b/1", record, std::nullopt});
  node.entries.push_back({12, "a/1", record, std::nullopt});
  repo::Commit commit = repo::decode_commit(repo.blocks.front().second, Limits{}).value();
  commit.data = all.add(mst::encode_node(node));
  const ipld::Cid root = all.add(repo::encode_commit(commit));
  test::MemFs fs;
  auto file = fs.create("/spool").value();
  car::Spool spool(*file, *file);
  for (const auto& [cid, block] : all.blocks()) REQUIRE(spool.put(cid, block));
  spool.seal();
  BytesSink out(10U << 20);
  const auto facts = backup::write_depth_first(spool, spool.index(), root, {}, out, no_progress(), {});
  REQUIRE_FALSE(facts);
  CHECK(facts.error().id == "repo.changed");
}

TEST_CASE("folder: a generation is published whole and read back", "[backup]") {
  Place place;
  place.publish("car", "[1]", "{\"preferences\":[]}");
  CHECK(place.fs.get(place.file("repo.car")) == "car");
  CHECK(place.fs.get(place.file("plc-log.json")) == "[1]");
  CHECK(place.fs.get(place.file("did.json")) == "{}");
  CHECK_FALSE(place.fs.get(place.file("backup.json.next")));
  const auto source = backup::open_backup(place.fs, "/backup/");
  REQUIRE(source);
  CHECK((*source)->holds_blobs());
  REQUIRE((*source)->manifests().size() == 1);
  CHECK((*source)->plc_log().value() == "[1]");
  CHECK((*source)->preferences().value() == "{\"preferences\":[]}");
  Report report;
  REQUIRE((*source)->check_files(report, no_progress(), {}));
  CHECK(report.findings().empty());
  const auto writer = place.begin();
  REQUIRE(writer);
  REQUIRE(writer->current());
  CHECK(writer->current()->repository.file.bytes == 3);
}

TEST_CASE("folder: two writers at a time are refused", "[backup]") {
  Place place;
  const auto first = place.begin();
  REQUIRE(first);
  const auto second = place.begin();
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::locked);
}

TEST_CASE("folder: leftovers of a killed run are swept, other files are not", "[backup]") {
  Place place;
  place.publish("car", "[1]");
  place.fs.put(place.file(".repo.car.0123456789abcdef.tmp"), "half");
  place.fs.put(place.file("blobs/.bafy.0123456789abcdef.tmp"), "half");
  place.fs.put(place.file("notes.txt"), "mine");
  REQUIRE(place.begin());
  CHECK_FALSE(place.fs.get(place.file(".repo.car.0123456789abcdef.tmp")));
  CHECK_FALSE(place.fs.get(place.file("blobs/.bafy.0123456789abcdef.tmp")));
  CHECK(place.fs.get(place.file("notes.txt")));
}

TEST_CASE("folder: a place that is not ours is refused", "[backup]") {
  Place place;
  SECTION("a folder of other things") {
    place.fs.put("/backup/letter.txt", "dear all");
    CHECK(place.begin().error().id == "backup.foreign_folder");
  }
  SECTION("a file") {
    place.fs.put("/backup", "a file");
    CHECK(place.begin().error().id == "backup.not_a_folder");
  }
  SECTION("an empty folder is fine") {
    REQUIRE(place.fs.make_folders("/backup"));
    CHECK(place.begin());
  }
}

TEST_CASE("folder: a blob is there when it hashes right, and moved aside when it does not", "[backup]") {
  Place place;
  auto writer = place.begin();
  REQUIRE(writer);
  const ipld::Cid cid = ipld::Cid::of(ipld::Codec::raw, as_bytes("picture"));
  CHECK(writer->blob_bytes(cid, {}).value() == std::nullopt);
  auto blob = writer->new_blob(cid);
  REQUIRE(blob);
  REQUIRE(blob->write(as_bytes("picture")));
  REQUIRE(blob->commit());
  CHECK(writer->blob_bytes(cid, {}).value() == 7U);
  place.fs.flip(backup::blob_path(kFolder, cid), 2);
  CHECK(writer->blob_bytes(cid, {}).value() == std::nullopt);
  CHECK(place.fs.get(backup::blob_path(kFolder, cid) + ".rejected"));
}

TEST_CASE("folder: a manifest of a newer program stops the writer and is not touched", "[backup]") {
  Place place;
  place.publish("car", "[1]");
  std::string json = *place.fs.get(place.file("backup.json"));
  json.replace(json.find("\"version\": 1"), 12, "\"version\": 9");
  place.fs.put(place.file("backup.json"), json);
  const auto writer = place.begin();
  REQUIRE_FALSE(writer);
  CHECK(writer.error().id == "manifest.version");
  CHECK(place.fs.get(place.file("backup.json")) == json);
}

TEST_CASE("folder: preferences of an earlier run stay listed; damaged ones are moved aside", "[backup]") {
  Place place;
  place.publish("car", "[1]", "{\"preferences\":[]}");
  place.publish("car", "[1]");
  CHECK(backup::open_backup(place.fs, kFolder).value()->manifests().front().preferences);
  place.fs.flip(place.file("preferences.json"), 1);
  place.publish("car", "[1]");
  CHECK_FALSE(backup::open_backup(place.fs, kFolder).value()->manifests().front().preferences);
  CHECK(place.fs.get(place.file("preferences.json.rejected")));
}

TEST_CASE("folder: of two generations the repository says which one counts", "[backup]") {
  Place place;
  place.publish("old car", "[1]");
  const std::string older = *place.fs.get(place.file("backup.json"));
  place.publish("new car", "[1,2]");
  const std::string newer = *place.fs.get(place.file("backup.json"));
  place.fs.put(place.file("backup.json"), older);
  place.fs.put(place.file("backup.json.next"), newer);

  SECTION("all files are of the newer one: the next run finishes") {
    const auto source = backup::open_backup(place.fs, kFolder).value();
    REQUIRE(source->manifests().size() == 2);
    CHECK(source->manifests().front().repository.file.sha256 ==
          Place::manifest("new car").repository.file.sha256);
    Report report;
    REQUIRE(source->check_files(report, no_progress(), {}));
    CHECK(report.findings().empty());
    REQUIRE(place.begin());
    CHECK(place.fs.get(place.file("backup.json")) == newer);
    CHECK_FALSE(place.fs.get(place.file("backup.json.next")));
  }
  SECTION("the repository is still the older one: the next run settles what lies there") {
    place.fs.put(place.file("repo.car"), "old car");
    const auto source = backup::open_backup(place.fs, kFolder).value();
    CHECK(source->manifests().front().repository.file.sha256 ==
          Place::manifest("old car").repository.file.sha256);
    Report report;
    REQUIRE(source->check_files(report, no_progress(), {}));
    CHECK(report.findings().empty());
    REQUIRE(place.begin());
    CHECK_FALSE(place.fs.get(place.file("backup.json.next")));
    const auto settled = backup::open_backup(place.fs, kFolder).value();
    CHECK(settled->manifests().front().plc_log->bytes == 5);
    Report after;
    REQUIRE(settled->check_files(after, no_progress(), {}));
    CHECK(after.findings().empty());
  }
  SECTION("a file of neither is damage") {
    place.fs.put(place.file("did.json"), "{ }");
    Report report;
    REQUIRE(backup::open_backup(place.fs, kFolder).value()->check_files(report, no_progress(), {}));
    CHECK(report.count("file.changed") == 1);
  }
}

TEST_CASE("folder: one whose first export did not finish says so", "[backup]") {
  Place place;
  place.publish("car", "[1]");
  REQUIRE(place.fs.rename(place.file("backup.json"), place.file("backup.json.next")));
  REQUIRE(place.fs.remove(place.file("repo.car")));
  const auto source = backup::open_backup(place.fs, kFolder);
  REQUIRE_FALSE(source);
  CHECK(source.error().id == "backup.unfinished");
  CHECK(source.error().kind == ErrorKind::not_found);
}

TEST_CASE("folder: blobs are listed by name, sorted, and nothing else is", "[backup]") {
  Place place;
  place.publish("car", "[1]");
  const ipld::Cid one = ipld::Cid::of(ipld::Codec::raw, as_bytes("one"));
  const ipld::Cid two = ipld::Cid::of(ipld::Codec::raw, as_bytes("second"));
  place.fs.put(backup::blob_path(kFolder, one), "one");
  place.fs.put(backup::blob_path(kFolder, two), "second");
  place.fs.put(backup::blob_path(kFolder, two) + ".rejected", "wrong");
  place.fs.put(place.file("blobs/readme"), "mine");
  const auto source = backup::open_backup(place.fs, kFolder).value();
  const auto blobs = source->list_blobs().value();
  REQUIRE(blobs.size() == 2);
  CHECK(std::ranges::is_sorted(blobs, {}, &backup::BlobFile::cid));
  CHECK(blobs[0].bytes + blobs[1].bytes == 9);
  CHECK(source->open_blob(one).value()->size() == 3);
  CHECK(source->open_blob(ipld::Cid::of(ipld::Codec::raw, as_bytes("three"))).error().id == "file.not_found");
}

TEST_CASE("car backup: the files beside it, or a log named by the user", "[backup]") {
  test::MemFs fs;
  const test::RepoFixture repo = test::make_repo({.records = 5});
  fs.put("/a.car", text_of(repo.car()));
  const auto alone = backup::open_backup(fs, "/a.car").value();
  CHECK(alone->plc_log().value() == std::nullopt);
  CHECK(alone->did_document().value() == std::nullopt);
  CHECK(alone->preferences().value() == std::nullopt);
  CHECK_FALSE(alone->holds_blobs());
  CHECK(alone->list_blobs().value().empty());
  CHECK(alone->open_blob(repo.commit).error().id == "file.not_found");
  CHECK(alone->open_car().value()->size() == repo.car().size());
  fs.put("/a.car.plc-log.json", "[1]");
  fs.put("/a.car.did.json", "{}");
  CHECK(alone->plc_log().value() == "[1]");
  CHECK(alone->did_document().value() == "{}");

  fs.put("/log.json", "[2]");
  CHECK(backup::open_car_backup(fs, "/a.car", {.plc_log_path = "/log.json"}).value()->plc_log().value() ==
        "[2]");
  const auto wrong = backup::open_car_backup(fs, "/a.car", {.plc_log_path = "/nowhere"}).value()->plc_log();
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().id == "file.not_found");
  CHECK(backup::open_backup(fs, "/b.car").error().id == "backup.not_found");
  Report report;
  const auto opened = alone->open_repository({}, report, no_progress(), {});
  REQUIRE(opened);
  CHECK((*opened)->roots().front() == repo.commit);
  REQUIRE((*opened)->settle());
  CHECK((*opened)->facts().sections == repo.blocks.size());
}
