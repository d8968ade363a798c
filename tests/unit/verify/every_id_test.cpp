// Every finding that verify can give is given here, by a file or folder that is wrong in that way.
// tests/lint/vectors.py holds the list against the code.
#include "core/backup/file_list.h"
#include "core/verify/receipt.h"
#include "tests/support/catch.h"
#include "tests/support/export_world.h"
#include "tests/support/hostile/hostile.h"
#include "tests/unit/verify/verify_car.h"

#include <map>
#include <set>

using namespace atb;

namespace {

// Begin of the list.
const std::set<std::string> kIds = {
    "blob.absent",
    "blob.extra",
    "blob.missing",
    "blob.wrong_bytes",
    "car.block_too_large",
    "car.cut",
    "car.duplicate_blocks",
    "car.empty",
    "car.extra_blocks",
    "car.extra_roots",
    "car.hash",
    "car.header",
    "car.not_car",
    "car.roots",
    "car.section",
    "car.too_large",
    "car.unsupported_cid",
    "car.version",
    "cbor.cut",
    "cbor.depth",
    "cbor.duplicate_key",
    "cbor.float",
    "cbor.indefinite",
    "cbor.integer_range",
    "cbor.key_order",
    "cbor.key_type",
    "cbor.link",
    "cbor.malformed",
    "cbor.non_minimal_int",
    "cbor.simple",
    "cbor.tag",
    "cbor.trailing",
    "cbor.utf8",
    "commit.after_key",
    "commit.data",
    "commit.did",
    "commit.field",
    "commit.former_key",
    "commit.future_rev",
    "commit.malformed",
    "commit.missing",
    "commit.no_prev",
    "commit.nullified_key",
    "commit.rev",
    "commit.rev_outside_period",
    "commit.signature",
    "commit.version",
    "commit.version_2",
    "commit.wrong_did",
    "data.top_level",
    "document.differs",
    "document.invalid",
    "document.wrong_did",
    "file.changed",
    "file.missing",
    "key.given",
    "key.no_source",
    "key.web_document",
    "log.invalid",
    "log.wrong_did",
    "manifest.absent",
    "manifest.commit",
    "manifest.format",
    "manifest.wrong_did",
    "mst.bounds",
    "mst.child_height",
    "mst.codec",
    "mst.depth",
    "mst.empty_node",
    "mst.gave_up",
    "mst.key_height",
    "mst.key_length",
    "mst.key_not_normal",
    "mst.key_order",
    "mst.key_syntax",
    "mst.missing_node",
    "mst.missing_record",
    "mst.node",
    "mst.prefix",
    "mst.reached_twice",
    "plc.tombstoned",
    "receipt.account",
    "receipt.check",
    "receipt.commit",
    "receipt.file",
    "receipt.finding",
    "receipt.future",
    "receipt.key",
    "receipt.log",
    "receipt.more_checked",
    "receipt.new_file",
};
// End of the list.

// An id always comes with the same severity: what it means does not depend on where it was found.
class Made {
 public:
  void add(const Report& report) {
    for (const Finding& finding : report.findings()) {
      const auto [known, is_new] = severities_.emplace(finding.id, finding.severity);
      INFO(finding.id);
      CHECK(known->second == finding.severity);
      CHECK_FALSE(finding.detail.empty());
    }
  }
  std::set<std::string> ids() const {
    std::set<std::string> ids;
    for (const auto& [id, severity] : severities_) ids.insert(id);
    return ids;
  }

 private:
  std::map<std::string, Severity> severities_;
};

constexpr const char* kFolder = "/backup";

// A folder as an export leaves it, spoilt in one way.
class Folder {
 public:
  Folder() : world(test::make_account({.records = 80})) {
    REQUIRE(exporter::export_folder(world.context(), world.who(), kFolder, {}));
  }
  std::string path(std::string_view name) const { return os::join(kFolder, std::string(name)); }
  std::string blob(std::size_t i) const {
    return backup::blob_path(kFolder, world.account.repo.blobs.at(i).cid);
  }
  void replace(std::string_view name, std::string_view from, std::string_view to) {
    std::string text = *world.fs.get(path(name));
    REQUIRE(text.find(from) != std::string::npos);
    text.replace(text.find(from), from.size(), to);
    world.fs.put(path(name), text);
  }
  Report report() { return test::verify_at(world.fs, kFolder).value().report; }
  test::ExportWorld world;
};

void spoil_folders(Made& made) {
  const auto spoilt = [&made](const std::function<void(Folder&)>& spoil) {
    Folder folder;
    spoil(folder);
    made.add(folder.report());
  };
  const test::AccountFixture other = test::make_account({.records = 3, .seed = 9});
  spoilt([](Folder& folder) { folder.world.fs.flip(folder.blob(0), 3); });
  spoilt([](Folder& folder) { REQUIRE(folder.world.fs.remove(folder.blob(1))); });
  spoilt([](Folder& folder) {
    const std::string bytes = "a picture of an earlier time";
    folder.world.fs.put(backup::blob_path(kFolder, ipld::Cid::of(ipld::Codec::raw, as_bytes(bytes))), bytes);
  });
  spoilt([](Folder& folder) { REQUIRE(folder.world.fs.remove(folder.path("backup.json"))); });
  spoilt([](Folder& folder) { REQUIRE(folder.world.fs.remove(folder.path("repo.car"))); });
  spoilt([](Folder& folder) { folder.world.fs.put(folder.path("backup.json"), "garbage"); });
  spoilt([](Folder& folder) { folder.world.fs.put(folder.path("did.json"), "{"); });
  spoilt([&](Folder& folder) { folder.world.fs.put(folder.path("did.json"), other.document); });
  spoilt([&](Folder& folder) { folder.world.fs.put(folder.path("plc-log.json"), other.log_json()); });
  spoilt([&](Folder& folder) { folder.replace("backup.json", folder.world.account.did(), other.did()); });
  spoilt([](Folder& folder) {
    folder.replace("did.json", folder.world.account.repo.key.public_key().multibase(),
                   test::plc_key(6).public_key().multibase());
  });
  spoilt([](Folder& folder) {
    const Bytes car = test::next_repo(folder.world.account, {.records = 90}).car();
    folder.world.fs.put(folder.path("repo.car"), as_text(car));
  });

  test::ExportWorld world(test::make_account({.records = 80}));
  world.host.drop_blob(world.account.repo.blobs[0].cid);
  REQUIRE(exporter::export_folder(world.context(), world.who(), kFolder, {}));
  made.add(test::verify_at(world.fs, kFolder).value().report);
}

void use_other_keys(Made& made) {
  const test::RepoOptions shape{.records = 5, .did = "did:web:alice.test"};
  const test::RepoFixture repo = test::make_repo(shape);
  test::MemFs fs;
  fs.put("/a.car", as_text(repo.car()));
  verify::Options options;
  options.key = repo.key.public_key();
  made.add(test::verify_at(fs, "/a.car", options).value().report);
  std::string document = test::make_account({.records = 1}).document;
  const std::string plc = test::make_account({.records = 1}).did();
  for (auto at = document.find(plc); at != std::string::npos; at = document.find(plc))
    document.replace(at, plc.size(), shape.did);
  fs.put("/a.car.did.json", document);
  made.add(test::verify_at(fs, "/a.car").value().report);
}

// A folder against receipts of other states of it, and of another account.
void hold_receipts(Made& made) {
  Folder folder;
  verify::Options options;
  options.now_us = folder.world.clock.wall_us();
  const auto receipt_of = [&] {
    const auto source = backup::open_backup(folder.world.fs, kFolder).value();
    const auto verdict = verify::verify_backup(*source, options, no_progress(), {}).value();
    return verify::make_receipt(*source, backup::hash_files(folder.world.fs, kFolder, {}, {}).value(),
                                verdict, options)
        .value();
  };
  const verify::Receipt then = receipt_of();
  const auto hold = [&](const verify::Receipt& receipt) {
    Report report;
    verify::compare_receipts(receipt, then, options.now_us, report);
    made.add(report);
  };
  verify::Receipt other = then;
  other.did = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
  hold(other);
  other = then;
  other.rev = "3aaaaaaaaaaaa";
  other.key_proof = "given_key";
  other.log_entries = 7;
  other.time = "2999-01-01T00:00:00.000Z";
  other.files.pop_back();
  other.files.front().sha256.clear();
  other.checks.front().outcome = Outcome::not_checked;
  other.checks.back().outcome = Outcome::failed;
  other.found.emplace_back("mst.bounds", 3);
  hold(other);
}

}  // namespace

TEST_CASE("ids: each finding of verify is made by a file or folder that is wrong in that way", "[verify]") {
  Made made;
  for (const test::HostileRepo& repo : test::hostile_repos()) {
    verify::Options options;
    options.now_us = test::hostile_now_us();
    if (repo.limits) options.limits = *repo.limits;
    if (repo.expected) options.expected_did = syntax::Did::parse(*repo.expected).value();
    const Bytes car = repo.bad_car(test::BlockOrder::depth_first);
    made.add(test::verify_car(car, repo.log.value_or(test::hostile_log()), options).value().report);
  }
  spoil_folders(made);
  use_other_keys(made);
  hold_receipts(made);
  const std::set<std::string> ids = made.ids();
  for (const std::string& id : kIds) {
    INFO(id);
    CHECK(ids.contains(id));
  }
  for (const std::string& id : ids) {
    INFO(id);
    CHECK(kIds.contains(id));
  }
}
