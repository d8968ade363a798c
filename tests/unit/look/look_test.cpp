#include "core/look/look.h"

#include "tests/unit/look/look_bench.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

Result<verify::Verdict> look_at(LookBench& bench, std::string_view what, look::RecordSink& sink) {
  const auto source = bench.source();
  return look::look(*source, look::parse_query(what).value(), {}, sink, no_progress(), {});
}

std::string json_of(const data::Object& object) { return data::to_json(data::Value(object)); }

}  // namespace

TEST_CASE("look: every record comes once, in key order, whatever the order of the blocks", "[look]") {
  LookBench bench;
  bench.put_car(GENERATE(BlockOrder::depth_first, BlockOrder::reference_server, BlockOrder::shuffled));
  Kept kept;
  const auto verdict = look_at(bench, "", kept);
  REQUIRE(verdict);
  CHECK(verdict->proof.sound());
  REQUIRE(kept.paths.size() == bench.account.repo.records.size());
  std::size_t at = 0;
  for (const auto& [path, cid] : bench.account.repo.records) {
    CHECK(kept.paths[at] == path);
    CHECK(kept.cids[at] == cid);
    ++at;
  }
}

TEST_CASE("look: only what is asked for comes, and the proof is of all", "[look]") {
  LookBench bench;
  bench.put_car();
  Kept kept;
  const auto verdict = look_at(bench, "com.example.odd", kept);
  REQUIRE(verdict);
  CHECK(kept.paths ==
        std::vector<std::string>{std::string(kFloatPath), std::string(kLargePath), std::string(kTwicePath)});
  CHECK(verdict->proof.records == bench.account.repo.records.size());
  CHECK(verdict->report.check("files") == nullptr);
  CHECK(verdict->report.check("blobs") == nullptr);
}

TEST_CASE("look: integers are exact, and a record outside the data model brings its bytes", "[look]") {
  LookBench bench;
  bench.put_car();
  Kept kept;
  REQUIRE(look_at(bench, "com.example.odd", kept));
  const std::string did = bench.did();
  CHECK(
      json_of(kept.objects[0]) ==
      R"({"uri":"at://)" + did + R"(/com.example.odd/float","cid":")" + kept.cids[0].str() +
          R"(","value":{"a":1.5,"b":1000},"deviation":"cbor.float","cbor":{"$bytes":"omFh+z/4AAAAAAAAYWIZA+g"}})");
  CHECK(json_of(kept.objects[1]) == R"({"uri":"at://)" + did + R"(/com.example.odd/large","cid":")" +
                                        kept.cids[1].str() +
                                        R"(","value":{"a":9223372036854775807,"b":{"$bytes":"AQIDBA"}}})");
  CHECK(json_of(kept.objects[2]) ==
        R"({"uri":"at://)" + did + R"(/com.example.odd/twice","cid":")" + kept.cids[2].str() +
            R"(","value":null,"deviation":"cbor.duplicate_key","cbor":{"$bytes":"omFhAWFhAg"}})");
}

TEST_CASE("look: a damaged record is named and left out, the rest is handed out", "[look]") {
  LookBench bench;
  bench.put_car();
  const auto& [path, cid] = *bench.account.repo.records.begin();
  bench.damage(cid);
  Kept kept;
  const auto verdict = look_at(bench, "", kept);
  REQUIRE(verdict);
  CHECK(verdict->report.count("car.hash") == 1);
  CHECK(verdict->report.count("mst.missing_record") == 1);
  CHECK(kept.paths.size() == bench.account.repo.records.size() - 1);
  CHECK(std::ranges::find(kept.paths, path) == kept.paths.end());
}

TEST_CASE("look: without a commit nothing is handed out, and the report says why", "[look]") {
  LookBench bench;
  bench.put_car();
  bench.damage(bench.account.repo.commit);
  Kept kept;
  const auto verdict = look_at(bench, "", kept);
  REQUIRE(verdict);
  CHECK(verdict->report.count("commit.missing") == 1);
  CHECK(kept.paths.empty());
}

TEST_CASE("look: a folder whose repository is gone is damaged", "[look]") {
  ExportWorld world(make_account({.records = 10}));
  REQUIRE(exporter::export_folder(world.context(), world.who(), "/backup", {}));
  REQUIRE(world.fs.remove("/backup/repo.car"));
  const auto source = backup::open_backup(world.fs, "/backup").value();
  Kept kept;
  const auto verdict = look::look(*source, {}, {}, kept, no_progress(), {});
  REQUIRE(verdict);
  CHECK(verdict->report.count("file.missing") == 1);
  CHECK(verdict->report.has(Severity::damage));
}

TEST_CASE("look: asked for another account, nothing is handed out", "[look]") {
  LookBench bench;
  bench.put_car();
  Kept kept;
  CHECK(error_id(look_at(bench, "at://bob.test/com.example.odd", kept)) == "look.other_account");
  CHECK(error_id(look_at(bench, "at://alice.test/com.example.odd", kept)) == "none");
  CHECK(kept.paths.size() == 3);
}
