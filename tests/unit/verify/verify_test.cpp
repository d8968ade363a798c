#include "core/verify/verify.h"

#include "tests/support/catch.h"
#include "tests/support/export_world.h"

using namespace atb;

namespace {

constexpr const char* kFolder = "/backup";

// A folder as an export leaves it.
struct Made {
  explicit Made(test::RepoOptions options = {.records = 80}) : world(test::make_account(options)) {
    const auto exported = exporter::export_folder(world.context(), world.who(), kFolder, {});
    REQUIRE(exported);
  }
  verify::Verdict check(const verify::Options& options = {}) {
    auto verdict = test::verify_at(world.fs, kFolder, options);
    REQUIRE(verdict);
    return std::move(*verdict);
  }
  std::string file(std::string_view name) const { return os::join(kFolder, std::string(name)); }
  std::string blob(std::size_t i) const {
    return backup::blob_path(kFolder, world.account.repo.blobs.at(i).cid);
  }
  test::ExportWorld world;
};

bool clean(const Report& report) {
  return !report.has(Severity::forged) && !report.has(Severity::damage) && !report.has(Severity::missing);
}

std::string as_text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

}  // namespace

TEST_CASE("verify: a folder as it was exported passes every check", "[verify]") {
  Made made;
  const auto verdict = made.check();
  CHECK(verdict.did == made.world.account.did());
  CHECK(verdict.handle == "alice.test");
  CHECK(verdict.proof.sound());
  CHECK(verdict.blobs_present == made.world.account.repo.blobs.size());
  CHECK(verdict.log_entries == 1);
  CHECK(verdict.extra_blocks == 0);
  for (const char* name :
       {"files", "car", "blocks", "commit", "signature", "key", "log", "tree", "records", "blobs"}) {
    INFO(name);
    REQUIRE(verdict.report.check(name) != nullptr);
    CHECK(verdict.report.check(name)->outcome == Outcome::passed);
  }
  CHECK(verdict.report.findings().empty());
}

TEST_CASE("verify: one flipped byte anywhere is found", "[verify]") {
  Made made({.records = 12});
  for (const char* name : {"repo.car", "did.json", "plc-log.json", "backup.json"}) {
    const std::string path = made.file(name);
    const std::size_t size = made.world.fs.get(path)->size();
    const std::size_t step = std::max<std::size_t>(size / 40, 1);
    for (std::size_t at = 0; at < size; at += step) {
      made.world.fs.flip(path, at, 0x40);
      const auto verdict = test::verify_at(made.world.fs, kFolder);
      INFO(name << " at byte " << at);
      if (verdict) {
        CHECK_FALSE((clean(verdict->report) && std::string_view(name) != "backup.json"));
      } else {
        CHECK(verdict.error().kind != ErrorKind::internal);
      }
      made.world.fs.flip(path, at, 0x40);
    }
  }
  CHECK(made.check().report.findings().empty());
}

TEST_CASE("verify: a flipped byte in a blob, and a blob that is gone, are damage", "[verify]") {
  Made made;
  made.world.fs.flip(made.blob(0), 3);
  REQUIRE(made.world.fs.remove(made.blob(1)));
  const auto verdict = made.check();
  CHECK(verdict.report.count("blob.wrong_bytes") == 1);
  CHECK(verdict.report.count("blob.absent") == 1);
  CHECK(verdict.report.check("blobs")->outcome == Outcome::failed);
  CHECK(verdict.report.has(Severity::damage));
}

TEST_CASE("verify: a blob that the export named as missing is missing, not damage", "[verify]") {
  test::ExportWorld world(test::make_account({.records = 80}));
  world.host.drop_blob(world.account.repo.blobs[0].cid);
  REQUIRE(exporter::export_folder(world.context(), world.who(), kFolder, {}));
  const auto verdict = test::verify_at(world.fs, kFolder);
  REQUIRE(verdict);
  CHECK(verdict->report.count("blob.missing") == 1);
  CHECK(verdict->blobs_known_missing == 1);
  CHECK(verdict->report.has(Severity::missing));
  CHECK_FALSE(verdict->report.has(Severity::damage));
}

TEST_CASE("verify: a blob too many is told and no failure", "[verify]") {
  Made made;
  const std::string extra = "a picture of an earlier time";
  made.world.fs.put(backup::blob_path(kFolder, ipld::Cid::of(ipld::Codec::raw, as_bytes(extra))), extra);
  made.world.fs.put(made.file("blobs/notes.txt"), "not ours");
  const auto verdict = made.check();
  CHECK(verdict.report.count("blob.extra") == 1);
  CHECK(clean(verdict.report));
}

TEST_CASE("verify: a lone CAR in any block order, with its log beside it, passes without blobs", "[verify]") {
  const test::AccountFixture account = test::make_account({.records = 80});
  test::MemFs fs;
  const auto order =
      GENERATE(test::BlockOrder::depth_first, test::BlockOrder::reference_server, test::BlockOrder::shuffled);
  fs.put("/a.car", as_text_of(account.repo.car(order)));
  fs.put("/a.car.plc-log.json", account.log_json());
  const auto verdict = test::verify_at(fs, "/a.car");
  REQUIRE(verdict);
  CHECK(verdict->proof.sound());
  CHECK(clean(verdict->report));
  CHECK(verdict->report.check("blobs")->outcome == Outcome::not_checked);
  CHECK(verdict->report.check("files")->outcome == Outcome::not_checked);
}

TEST_CASE("verify: a lone CAR without a log is not proven; with a key it is, with a warning", "[verify]") {
  const test::AccountFixture account = test::make_account({.records = 30});
  test::MemFs fs;
  fs.put("/a.car", as_text_of(account.repo.car()));
  const auto verdict = test::verify_at(fs, "/a.car");
  REQUIRE(verdict);
  CHECK(verdict->report.count("key.no_source") == 1);
  CHECK(verdict->report.check("log")->outcome == Outcome::not_checked);

  verify::Options options;
  options.key = account.repo.key.public_key();
  const auto with_key = test::verify_at(fs, "/a.car", options);
  REQUIRE(with_key);
  CHECK(with_key->proof.sound());
  CHECK(with_key->report.count("key.given") == 1);
}

TEST_CASE("verify: extra and duplicate blocks are told and no failure", "[verify]") {
  const test::AccountFixture account = test::make_account({.records = 20});
  auto blocks = account.repo.blocks;
  const Bytes older{0xa1, 0x61, 0x78, 0x01};
  blocks.emplace_back(ipld::Cid::of(ipld::Codec::dag_cbor, older), older);
  blocks.push_back(blocks[3]);
  test::MemFs fs;
  fs.put("/a.car", as_text_of(test::car_of(std::span(&account.repo.commit, 1), blocks)));
  fs.put("/a.car.plc-log.json", account.log_json());
  const auto verdict = test::verify_at(fs, "/a.car");
  REQUIRE(verdict);
  CHECK(verdict->extra_blocks == 1);
  CHECK(verdict->report.count("car.extra_blocks") == 1);
  CHECK(verdict->report.count("car.duplicate_blocks") == 1);
  CHECK(clean(verdict->report));
}

TEST_CASE("verify: a CAR cut anywhere is damage", "[verify]") {
  const test::AccountFixture account = test::make_account({.records = 6});
  const Bytes car = account.repo.car();
  test::MemFs fs;
  fs.put("/a.car.plc-log.json", account.log_json());
  for (std::size_t size = 0; size < car.size(); size += 7) {
    fs.put("/a.car", std::string(as_text(ByteView(car).first(size))));
    const auto verdict = test::verify_at(fs, "/a.car");
    INFO("cut at " << size);
    REQUIRE(verdict);
    CHECK(verdict->report.has(Severity::damage));
    CHECK_FALSE(verdict->proof.sound());
  }
}

TEST_CASE("verify: a web page is no repository", "[verify]") {
  test::MemFs fs;
  fs.put("/a.car", "<!DOCTYPE html><html><body>Bad gateway</body></html>");
  const auto verdict = test::verify_at(fs, "/a.car");
  REQUIRE(verdict);
  CHECK(verdict->report.check("car")->outcome == Outcome::failed);
  CHECK(verdict->report.has(Severity::damage));
}

TEST_CASE("verify: a log that fails its audit is a forgery", "[verify]") {
  Made made;
  std::string log = *made.world.fs.get(made.file("plc-log.json"));
  const auto at = log.find("alice.test");
  log.replace(at, 5, "malic");
  made.world.fs.put(made.file("plc-log.json"), log);
  const auto verdict = made.check();
  CHECK(verdict.report.count("log.invalid") == 1);
  CHECK(verdict.report.has(Severity::forged));
  CHECK(verdict.report.check("log")->outcome == Outcome::failed);
}

TEST_CASE("verify: another DID than the one asked for is a forgery", "[verify]") {
  Made made;
  verify::Options options;
  options.expected_did = syntax::Did::parse("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa").value();
  CHECK(made.check(options).report.count("commit.wrong_did") == 1);
  options.expected_did = made.world.account.repo.did;
  CHECK(made.check(options).report.findings().empty());
}

TEST_CASE("verify: log, document and backup.json of another account are forgeries", "[verify]") {
  Made made;
  const test::AccountFixture other = test::make_account({.records = 3, .seed = 9});
  SECTION("log") {
    made.world.fs.put(made.file("plc-log.json"), other.log_json());
    CHECK(made.check().report.count("log.wrong_did") == 1);
  }
  SECTION("document") {
    made.world.fs.put(made.file("did.json"), other.document);
    CHECK(made.check().report.count("document.wrong_did") == 1);
  }
  SECTION("backup.json") {
    std::string manifest = *made.world.fs.get(made.file("backup.json"));
    manifest.replace(manifest.find(made.world.account.did()), made.world.account.did().size(), other.did());
    made.world.fs.put(made.file("backup.json"), manifest);
    CHECK(made.check().report.count("manifest.wrong_did") == 1);
  }
  SECTION("a document that is no JSON") {
    made.world.fs.put(made.file("did.json"), "{");
    const auto verdict = made.check();
    CHECK(verdict.report.count("document.invalid") == 1);
    CHECK(verdict.report.count("file.changed") == 1);
  }
  SECTION("a document with another key than the log") {
    std::string document = made.world.account.document;
    const std::string key = made.world.account.repo.key.public_key().multibase();
    document.replace(document.find(key), key.size(), test::plc_key(6).public_key().multibase());
    made.world.fs.put(made.file("did.json"), document);
    CHECK(made.check().report.count("document.differs") == 1);
  }
  SECTION("another repository of the same account") {
    const auto newer = test::next_repo(made.world.account, {.records = 90});
    made.world.fs.put(made.file("repo.car"), as_text_of(newer.car()));
    const auto verdict = made.check();
    CHECK(verdict.report.count("manifest.commit") == 1);
    CHECK(verdict.report.count("file.changed") == 1);
  }
}

TEST_CASE("verify: a folder that lost a file, or its list, says so", "[verify]") {
  Made made;
  SECTION("repo.car") {
    REQUIRE(made.world.fs.remove(made.file("repo.car")));
    const auto verdict = made.check();
    CHECK(verdict.report.count("file.missing") == 1);
    CHECK(verdict.report.check("commit")->outcome == Outcome::not_checked);
    CHECK(verdict.report.check("blobs")->outcome == Outcome::passed);
  }
  SECTION("backup.json") {
    REQUIRE(made.world.fs.remove(made.file("backup.json")));
    const auto verdict = made.check();
    CHECK(verdict.report.count("manifest.absent") == 1);
    CHECK(verdict.proof.sound());
    CHECK(clean(verdict.report));
  }
  SECTION("backup.json is garbage") {
    made.world.fs.put(made.file("backup.json"), "garbage");
    CHECK(made.check().report.count("manifest.format") == 1);
  }
  SECTION("backup.json of a newer program") {
    std::string manifest = *made.world.fs.get(made.file("backup.json"));
    manifest.replace(manifest.find("\"version\": 1"), 12, "\"version\": 2");
    made.world.fs.put(made.file("backup.json"), manifest);
    const auto verdict = test::verify_at(made.world.fs, kFolder);
    REQUIRE_FALSE(verdict);
    CHECK(verdict.error().id == "manifest.version");
    CHECK(verdict.error().kind == ErrorKind::unsupported);
  }
}

TEST_CASE("verify: where there is no backup, it says so", "[verify]") {
  test::MemFs fs;
  REQUIRE(fs.make_folders("/empty"));
  for (const char* path : {"/nowhere", "/empty"}) {
    const auto verdict = test::verify_at(fs, path);
    REQUIRE_FALSE(verdict);
    CHECK(verdict.error().id == "backup.not_found");
    CHECK(verdict.error().kind == ErrorKind::not_found);
  }
}
