// A folder brought up to date: what is new, what is missing, what raises an alarm.
#include "core/exporter/exporter.h"
#include "tests/support/error_id.h"
#include "tests/unit/exporter/exporting.h"

using namespace atb;
using namespace atb::test::exporting;

TEST_CASE("export: a second run fetches only what is new", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 100}));
  REQUIRE(to_folder(world));
  const auto fetched_repos = world.host.calls("com.atproto.sync.getRepo");
  const auto fetched_blobs = world.host.calls("com.atproto.sync.getBlob");
  const auto again = to_folder(world);
  REQUIRE(again);
  CHECK(again->unchanged);
  CHECK(again->blobs_fetched == 0);
  CHECK(again->proof.sound());
  CHECK(world.host.calls("com.atproto.sync.getRepo") == fetched_repos);
  CHECK(world.host.calls("com.atproto.sync.getBlob") == fetched_blobs);

  const auto newer =
      test::next_repo(world.account, {.records = 130, .rev_us = world.account.repo.rev.unix_us() + 5});
  world.host.serve(newer);
  const auto updated = to_folder(world);
  REQUIRE(updated);
  CHECK_FALSE(updated->unchanged);
  CHECK(updated->blobs_fetched == newer.blobs.size() - world.account.repo.blobs.size());
  CHECK(world.fs.get(file("repo.car")) == text_of(newer.car()));
  const auto verdict = test::verify_at(world.fs, kFolder);
  REQUIRE(verdict);
  CHECK(clean(verdict->report));
}

TEST_CASE("export: what was damaged here is fetched again", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 100}));
  REQUIRE(to_folder(world));
  const std::string blob = backup::blob_path(kFolder, world.account.repo.blobs[0].cid);
  SECTION("a blob") {
    world.fs.flip(blob, 1);
    const auto exported = to_folder(world);
    REQUIRE(exported);
    CHECK(exported->blobs_fetched == 1);
    CHECK(world.fs.get(blob + ".rejected"));
  }
  SECTION("the repository") {
    world.fs.flip(file("repo.car"), 500);
    const auto exported = to_folder(world);
    REQUIRE(exported);
    CHECK_FALSE(exported->unchanged);
  }
  SECTION("the manifest") {
    world.fs.put(file("backup.json"), "garbage");
    REQUIRE(to_folder(world));
    CHECK(world.fs.get(file("backup.json.rejected")) == "garbage");
  }
  SECTION("log and document") {
    world.fs.put(file("plc-log.json"), "[]");
    world.fs.put(file("did.json"), "{}");
    REQUIRE(to_folder(world));
  }
  const auto verdict = test::verify_at(world.fs, kFolder);
  REQUIRE(verdict);
  CHECK(verdict->report.findings().empty());
}

namespace {

// A host that takes back what it gave, and what is to be said of it.
struct Change {
  test::RepoFixture repo;
  std::string id;
  Severity severity = Severity::forged;
};
Change change_of(const test::AccountFixture& account, std::string_view what) {
  const std::int64_t rev = account.repo.rev.unix_us();
  if (what == "back")
    return {test::next_repo(account, {.records = 290, .rev_us = rev - 1'000'000}), "repo.rolled_back"};
  if (what == "fork") return {test::next_repo(account, {.records = 299, .rev_us = rev}), "repo.forked"};
  return {test::next_repo(account, {.records = 190, .rev_us = rev + 1'000'000}), "repo.emptied",
          Severity::alarm};
}

}  // namespace

TEST_CASE(
    "export: a repository that went back, forked or was emptied raises an alarm and the older one stays",
    "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 300}));
  REQUIRE(to_folder(world));
  const auto before = world.fs.get(file("repo.car"));
  const auto manifest = world.fs.get(file("backup.json"));
  const Change change = change_of(world.account, GENERATE("back", "fork", "emptied"));
  world.host.serve(change.repo);
  const auto exported = to_folder(world);
  REQUIRE(exported);
  CHECK(exported->report.count(change.id) == 1);
  CHECK(exported->report.has(change.severity));
  CHECK(world.fs.get(file("repo.car")) == before);
  CHECK(world.fs.get(file("backup.json")) == manifest);
  CHECK(world.fs.get(file("repo.car.suspect")) == text_of(change.repo.car()));
  CHECK(clean(test::verify_at(world.fs, kFolder)->report));

  exporter::Options accept;
  accept.accept_change = true;
  const auto adopted = to_folder(world, accept);
  REQUIRE(adopted);
  CHECK(clean(adopted->report));
  CHECK(adopted->report.count("repo.change_accepted") == 1);
  CHECK(world.fs.get(file("repo.car")) == text_of(change.repo.car()));
  CHECK_FALSE(world.fs.get(file("repo.car.suspect")));
}

TEST_CASE("export: a lone CAR is held against the one that lies there", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 300}));
  REQUIRE(to_car(world));
  const auto before = world.fs.get(kCar);
  const Change change = change_of(world.account, GENERATE("back", "fork", "emptied"));
  world.host.serve(change.repo);
  const std::string suspect = std::string(kCar) + ".suspect";
  const auto exported = to_car(world);
  REQUIRE(exported);
  CHECK(exported->report.count(change.id) == 1);
  CHECK(exported->report.has(change.severity));
  CHECK(world.fs.get(kCar) == before);
  CHECK(world.fs.get(suspect) == text_of(change.repo.car()));

  exporter::Options accept;
  accept.accept_change = true;
  const auto adopted = to_car(world, accept);
  REQUIRE(adopted);
  CHECK(clean(adopted->report));
  CHECK(world.fs.get(kCar) == text_of(change.repo.car()));
  CHECK_FALSE(world.fs.get(suspect));
}

TEST_CASE("export: a folder whose manifest is lost or damaged still knows what the host gave before",
          "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 300}));
  REQUIRE(to_folder(world));
  const auto before = world.fs.get(file("repo.car"));
  SECTION("lost") { REQUIRE(world.fs.remove(file("backup.json"))); }
  SECTION("damaged") { world.fs.put(file("backup.json"), "{"); }
  const Change change = change_of(world.account, "back");
  world.host.serve(change.repo);
  const auto exported = to_folder(world);
  REQUIRE(exported);
  CHECK(exported->report.count("repo.rolled_back") == 1);
  CHECK(world.fs.get(file("repo.car")) == before);
}

TEST_CASE("export: what lies at the place of a CAR and is none is kept for a look", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 20}));
  const std::string rejected = std::string(kCar) + ".rejected";
  std::string older = "a diary, by a slip of the pen";
  SECTION("no CAR at all") {}
  SECTION("a CAR that was cut") {
    REQUIRE(to_car(world));
    older = world.fs.get(kCar)->substr(0, 900);
  }
  REQUIRE(world.fs.make_folders("/out"));
  world.fs.put(kCar, older);
  const auto exported = to_car(world);
  REQUIRE(exported);
  CHECK(exported->report.count("backup.older_damaged") == 1);
  CHECK(world.fs.get(rejected) == older);
  CHECK(world.fs.get(kCar) == text_of(world.account.repo.car()));
}

TEST_CASE("export: another account's CAR is not replaced", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 20}));
  const auto other = test::make_repo({.records = 5, .seed = 77});
  REQUIRE(other.did != world.account.repo.did);
  REQUIRE(world.fs.make_folders("/out"));
  world.fs.put(kCar, text_of(other.car()));
  CHECK(test::error_id(to_car(world)) == "backup.other_account");
  CHECK(world.fs.get(kCar) == text_of(other.car()));
}

TEST_CASE("export: fewer than a hundred records gone, or a fifth, are no alarm", "[exporter]") {
  const auto counts =
      GENERATE(std::pair<std::size_t, std::size_t>{110, 11}, std::pair<std::size_t, std::size_t>{600, 490});
  test::ExportWorld world(test::make_account({.records = counts.first}));
  REQUIRE(to_folder(world));
  world.host.serve(test::next_repo(
      world.account, {.records = counts.second, .rev_us = world.account.repo.rev.unix_us() + 10}));
  const auto exported = to_folder(world);
  REQUIRE(exported);
  CHECK(clean(exported->report));
}

TEST_CASE("export: a PLC log that lost an entry is told, and the older one kept", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 10}));
  const std::string short_log = world.account.log_json();
  world.account.log.update(world.account.log.state(), test::plc_key(1), test::kPlcEpochUs + test::kPlcHourUs);
  const std::string long_log = world.account.log_json();
  world.host.set_log(long_log);
  REQUIRE(to_folder(world));
  world.host.set_log(short_log);
  const auto exported = to_folder(world);
  REQUIRE(exported);
  CHECK(exported->report.count("plc.rewritten") == 1);
  CHECK(world.fs.get(file("plc-log.json.older")) == long_log);
  CHECK(world.fs.get(file("plc-log.json")) == short_log);
}

TEST_CASE("export: a blob that cannot be had is named with the reason, and the rest is kept", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 100}));
  const auto& blobs = world.account.repo.blobs;
  world.host.drop_blob(blobs[0].cid);
  world.host.set_blob(blobs[1].cid, "something else");
  world.host.intercept(
      [&](std::string_view method,
          const test::FakeHost::Parameters& parameters) -> std::optional<Result<test::Answer>> {
        if (method != "com.atproto.sync.getBlob") return std::nullopt;
        if (parameters.find("cid")->second != blobs[2].cid.str()) return std::nullopt;
        return test::Answer{.status = 500,
                            .body = R"({"error":"InternalServerError","message":"\u001b[31moops"})"};
      });
  const auto exported = to_folder(world);
  REQUIRE(exported);
  CHECK(exported->report.count("blob.missing") == 3);
  CHECK(exported->report.has(Severity::missing));
  CHECK(exported->blobs == blobs.size() - 3);
  const auto source = backup::open_backup(world.fs, kFolder);
  const auto& missing = (*source)->manifests().front().missing_blobs;
  REQUIRE(missing.size() == 3);
  for (const backup::MissingBlob& blob : missing) {
    CHECK_FALSE(blob.reason.empty());
    CHECK(blob.reason.find('\x1b') == std::string::npos);
    if (blob.cid == blobs[1].cid) CHECK(blob.reason.starts_with("wrong bytes"));
  }
  const auto verdict = test::verify_at(world.fs, kFolder);
  CHECK_FALSE(verdict->report.has(Severity::damage));
  CHECK(verdict->blobs_known_missing == 3);

  world.host.serve(world.account.repo);
  world.host.intercept({});
  const auto later = to_folder(world);
  REQUIRE(later);
  CHECK(later->blobs_fetched == 3);
  CHECK(clean(later->report));
}

TEST_CASE("export: an older blob that is damaged here and gone there is told once, then forgotten",
          "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 100}));
  REQUIRE(to_folder(world));
  const ipld::Cid old = world.account.repo.blobs.back().cid;
  const auto newer = test::next_repo(
      world.account, {.records = 100, .rev_us = world.account.repo.rev.unix_us() + 5, .most_pictures = 0});
  world.host.serve(newer);
  world.fs.flip(backup::blob_path(kFolder, old), 1);
  world.host.drop_blob(old);
  const auto exported = to_folder(world);
  REQUIRE(exported);
  CHECK(exported->report.count("blob.lost") == 1);
  CHECK(exported->report.has(Severity::warning));
  CHECK(clean(exported->report));
  CHECK(clean(test::verify_at(world.fs, kFolder)->report));
  const auto again = to_folder(world);
  REQUIRE(again);
  CHECK(again->report.count("blob.lost") == 0);
}

TEST_CASE("export: a host that goes away while blobs are fetched ends the run; the next one goes on",
          "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 300}));
  std::atomic<int> given = 0;
  world.host.intercept([&](std::string_view method, const auto&) -> std::optional<Result<test::Answer>> {
    if (method != "com.atproto.sync.getBlob" || ++given <= 10) return std::nullopt;
    return Result<test::Answer>(Error(ErrorKind::network, "http.connect", "connection refused"));
  });
  const auto exported = to_folder(world);
  REQUIRE_FALSE(exported);
  CHECK(exported.error().id == "http.connect");
  world.host.intercept({});
  const auto later = to_folder(world);
  REQUIRE(later);
  CHECK(later->blobs_fetched == world.account.repo.blobs.size() - 10);
}

TEST_CASE("export: a host that limits the rate ends the run, to be gone on with", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 50}));
  world.host.intercept([&](std::string_view method, const auto&) -> std::optional<Result<test::Answer>> {
    if (method != "com.atproto.sync.getBlob") return std::nullopt;
    return test::Answer{.status = 429, .body = "slower"};
  });
  const auto exported = to_folder(world);
  REQUIRE_FALSE(exported);
  CHECK(exported.error().kind == ErrorKind::rate_limited);
}

TEST_CASE("export: without the host's list, the references decide which blobs are fetched", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 100}));
  world.host.set_blob(ipld::Cid::of(ipld::Codec::raw, as_bytes("unreferenced")), "unreferenced");
  const auto with_list = to_folder(world);
  REQUIRE(with_list);
  CHECK(with_list->blobs == world.account.repo.blobs.size() + 1);
  world.host.intercept([](std::string_view method, const auto&) -> std::optional<Result<test::Answer>> {
    if (method != "com.atproto.sync.listBlobs") return std::nullopt;
    return test::Answer{.status = 400, .body = R"({"error":"InvalidRequest","message":"no"})"};
  });
  const auto exported = exporter::export_folder(world.context(), world.who(), "/other", {});
  REQUIRE(exported);
  CHECK(exported->report.count("blobs.list_failed") == 1);
  CHECK(exported->blobs == world.account.repo.blobs.size());
}

TEST_CASE("export: blobs can be left out, and are noted", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 100}));
  exporter::Options options;
  options.blobs = false;
  REQUIRE(to_folder(world, options));
  CHECK(world.host.calls("com.atproto.sync.getBlob") == 0);
  const auto verdict = test::verify_at(world.fs, kFolder);
  CHECK(verdict->blobs_known_missing == world.account.repo.blobs.size());
  CHECK_FALSE(verdict->report.has(Severity::damage));
}
