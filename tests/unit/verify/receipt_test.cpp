#include "core/verify/receipt.h"

#include "core/backup/file_list.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/export_world.h"

using namespace atb;

namespace {

constexpr const char* kFolder = "/backup";

// A folder as an export leaves it, and its receipt.
struct Kept {
  Kept() : world(test::make_account({.records = 40})) {
    REQUIRE(exporter::export_folder(world.context(), world.who(), kFolder, {}));
    options.now_us = world.clock.wall_us();
  }
  verify::Receipt receipt(const std::string& path = kFolder) {
    const auto source = backup::open_backup(world.fs, path).value();
    const auto verdict = verify::verify_backup(*source, options, no_progress(), {}).value();
    verify::Receipt made =
        verify::make_receipt(*source, backup::hash_files(world.fs, path, {}, {}).value(), verdict, options)
            .value();
    made.verdict = "sound";
    // As another person gets it.
    return verify::parse_receipt(verify::receipt_json(made), {}).value();
  }
  Report against(const verify::Receipt& then, const std::string& path = kFolder) {
    Report report;
    verify::compare_receipts(then, receipt(path), options.now_us, report);
    return report;
  }
  std::string file(std::string_view name) const { return os::join(kFolder, std::string(name)); }
  std::string blob() const { return backup::blob_path(kFolder, world.account.repo.blobs.at(0).cid); }

  test::ExportWorld world;
  verify::Options options;
};

std::size_t alarms(const Report& report) {
  return static_cast<std::size_t>(std::ranges::count(
      report.findings(), Severity::alarm, [](const Finding& finding) { return finding.severity; }));
}

}  // namespace

TEST_CASE("receipt: the same backup passes against it, and it holds what was found", "[verify]") {
  Kept kept;
  const verify::Receipt receipt = kept.receipt();
  CHECK(receipt.did == kept.world.account.did());
  CHECK(receipt.commit == kept.world.account.repo.commit.str());
  CHECK(receipt.rev == kept.world.account.repo.rev.str());
  CHECK(receipt.key_proof == "plc_log");
  CHECK(receipt.key == kept.world.account.repo.key.public_key().did_key());
  CHECK_FALSE(receipt.log_head.empty());
  CHECK(receipt.time == os::rfc3339(kept.options.now_us));
  CHECK(receipt.program.starts_with("atbackup "));
  std::vector<std::string> names;
  for (const backup::FileEntry& file : receipt.files) {
    names.push_back(file.name);
    CHECK(file.sha256.size() == 64);
    CHECK(file.bytes == kept.world.fs.get(kept.file(file.name))->size());
  }
  CHECK(names == std::vector<std::string>{"repo.car", "plc-log.json", "did.json", "backup.json"});
  REQUIRE(receipt.blobs);
  CHECK(receipt.blobs->count == kept.world.account.repo.blobs.size());
  for (const char* name : {"files", "car", "blocks", "commit", "signature", "key", "log", "tree", "records",
                           "references", "blobs"}) {
    INFO(name);
    CHECK(std::ranges::count(receipt.checks, name, &Check::name) == 1);
  }
  const Report report = kept.against(receipt);
  CHECK(report.findings().empty());
  REQUIRE(report.check("receipt") != nullptr);
  CHECK(report.check("receipt")->outcome == Outcome::passed);
}

TEST_CASE("receipt: a damaged backup has one too, which the same damage passes against", "[verify]") {
  Kept kept;
  kept.world.fs.flip(kept.file("repo.car"), kept.world.fs.get(kept.file("repo.car"))->size() - 3);
  kept.world.fs.flip(kept.blob(), 3);
  const verify::Receipt receipt = kept.receipt();
  CHECK_FALSE(receipt.findings.empty());
  CHECK(receipt.found.size() >= 3);
  CHECK(kept.against(receipt).findings().empty());
}

TEST_CASE("receipt: every difference is told", "[verify]") {
  Kept kept;
  const verify::Receipt then = kept.receipt();
  SECTION("a newer repository") {
    const Bytes newer = test::next_repo(kept.world.account, {.records = 50}).car();
    kept.world.fs.put(kept.file("repo.car"), as_text(newer));
    const Report report = kept.against(then);
    CHECK(report.count("receipt.commit") == 2);  // the rev is the same
    CHECK(report.count("receipt.file") == 1);
    CHECK(report.count("receipt.check") > 0);
    CHECK(report.count("receipt.finding") > 0);
    CHECK(report.check("receipt")->outcome == Outcome::failed);
  }
  SECTION("the backup of somebody else") {
    Kept other;
    other.world.fs.put("/b.car", as_text(test::make_account({.records = 3, .seed = 9}).repo.car()));
    const Report report = other.against(then, "/b.car");
    CHECK(report.count("receipt.account") == 1);
    CHECK(report.findings().size() == 1);
  }
  SECTION("a file that is gone, and blobs that are others") {
    REQUIRE(kept.world.fs.remove(kept.file("did.json")));
    REQUIRE(kept.world.fs.remove(kept.blob()));
    const Report report = kept.against(then);
    CHECK(report.count("receipt.file") == 2);
  }
  SECTION("one byte more of a file that nothing depends on") {
    kept.world.fs.put(kept.file("backup.json"), *kept.world.fs.get(kept.file("backup.json")) + " ");
    const Report report = kept.against(then);
    CHECK(report.count("receipt.file") == 1);
    CHECK(alarms(report) == 1);
  }
  SECTION("a log that went on") {
    kept.world.account.log.update(kept.world.account.log.state(), test::plc_key(1),
                                  kept.world.account.repo.rev.unix_us() + test::kPlcHourUs);
    kept.world.fs.put(kept.file("plc-log.json"), kept.world.account.log_json());
    const Report report = kept.against(then);
    CHECK(report.count("receipt.log") == 2);
    CHECK(report.count("receipt.key") == 0);
  }
  SECTION("a key that is proven in another way") {
    REQUIRE(kept.world.fs.remove(kept.file("plc-log.json")));
    kept.options.key = kept.world.account.repo.key.public_key();
    CHECK(kept.against(then).count("receipt.key") == 1);
  }
  SECTION("the CAR alone") {
    kept.world.fs.put("/a.car", *kept.world.fs.get(kept.file("repo.car")));
    kept.world.fs.put("/a.car.plc-log.json", *kept.world.fs.get(kept.file("plc-log.json")));
    const Report lone = kept.against(then, "/a.car");
    CHECK(lone.count("receipt.file") == 3);   // did.json, backup.json, the blobs
    CHECK(lone.count("receipt.check") == 2);  // "files", "blobs"
    CHECK(lone.count("receipt.commit") == 0);
    // The other way round there is only more than the receipt knows.
    const Report more = kept.against(kept.receipt("/a.car"));
    CHECK(alarms(more) == 0);
    CHECK(more.count("receipt.new_file") == 2);
    CHECK(more.count("receipt.more_checked") == 2);
    CHECK(more.check("receipt")->outcome == Outcome::passed);
  }
  SECTION("a clock that goes back") {
    kept.options.now_us -= 600'000'000;
    const Report report = kept.against(then);
    CHECK(report.count("receipt.future") == 1);
    CHECK(report.has(Severity::warning));
    CHECK(alarms(report) == 0);
  }
}

TEST_CASE("receipt: what was altered in it is told too", "[verify]") {
  Kept kept;
  verify::Receipt then = kept.receipt();
  SECTION("a check that is said to have passed") {
    then.checks.front().outcome = Outcome::failed;
    CHECK(kept.against(then).count("receipt.check") == 1);
  }
  SECTION("a check that nobody makes") {
    then.checks.push_back({"weight", Outcome::passed, ""});
    CHECK(kept.against(then).count("receipt.check") == 1);
  }
  SECTION("a finding that is not there") {
    then.found.emplace_back("mst.bounds", 3);
    CHECK(kept.against(then).count("receipt.finding") == 1);
  }
  SECTION("a hash") {
    then.files.front().sha256[0] = then.files.front().sha256[0] == '0' ? '1' : '0';
    CHECK(kept.against(then).count("receipt.file") == 1);
  }
}

TEST_CASE("receipt: what is none is refused", "[verify]") {
  Kept kept;
  const std::string good = verify::receipt_json(kept.receipt());
  REQUIRE(verify::parse_receipt(good, {}));
  const auto id_of = [](const std::string& json) { return test::error_id(verify::parse_receipt(json, {})); };
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    REQUIRE(text.find(from) != std::string::npos);
    return text.replace(text.find(from), from.size(), to);
  };
  for (const std::string& json :
       {std::string(), std::string("garbage"), std::string("{}"), std::string("[]"),
        with("atbackup-receipt", "other"), with("\"version\": 1", "\"version\": 0"),
        with("\"commit\"", "\"komit\""), with("\"files\": [", "\"fils\": ["),
        with("\"outcome\": \"passed\"", "\"outcome\": \"well\""), with("\"exit\": 0", "\"exit\": 999"),
        with("\"records\": ", "\"records\": -")}) {
    INFO(json);
    CHECK(id_of(json) == "receipt.format");
  }
  CHECK(id_of(with("\"version\": 1", "\"version\": 2")) == "receipt.version");
  // Cut anywhere it is refused, and nothing worse.
  for (std::size_t size = 0; size + 2 < good.size(); size += 5)
    CHECK(id_of(good.substr(0, size)) == "receipt.format");
}
