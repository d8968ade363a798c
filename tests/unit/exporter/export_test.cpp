#include "core/data/json.h"
#include "core/exporter/exporter.h"
#include "tests/unit/exporter/exporting.h"

using namespace atb;
using namespace atb::test::exporting;

TEST_CASE("export: one CAR, depth-first, with log and document beside it", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 100}));
  const auto exported = to_car(world);
  REQUIRE(exported);
  CHECK(exported->proof.sound());
  CHECK(exported->did == world.account.repo.did);
  CHECK(exported->handle == "alice.test");
  CHECK(exported->host == test::kTestHost);
  CHECK(world.fs.get(kCar) == text_of(world.account.repo.car(test::BlockOrder::depth_first)));
  CHECK(exported->car_bytes == world.fs.get(kCar)->size());
  CHECK(world.fs.get("/out/alice.car.plc-log.json") == world.account.log_json());
  CHECK(world.fs.get("/out/alice.car.did.json") == world.account.document);
  CHECK(world.fs.files() ==
        std::vector<std::string>{"/out/alice.car", "/out/alice.car.did.json", "/out/alice.car.plc-log.json"});
  const auto verdict = test::verify_at(world.fs, kCar);
  REQUIRE(verdict);
  CHECK(clean(verdict->report));
}

TEST_CASE("export: extra blocks of the host are kept at the end", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 20}));
  auto blocks = world.account.repo.blocks;
  const Bytes older{0xa1, 0x61, 0x78, 0x01};
  blocks.insert(blocks.begin(), {ipld::Cid::of(ipld::Codec::dag_cbor, older), older});
  world.host.set_car(test::car_of(std::span(&world.account.repo.commit, 1), blocks));
  REQUIRE(to_car(world));
  const auto verdict = test::verify_at(world.fs, kCar);
  REQUIRE(verdict);
  CHECK(verdict->extra_blocks == 1);
  std::rotate(blocks.begin(), blocks.begin() + 1, blocks.end());
  CHECK(world.fs.get(kCar) == text_of(test::car_of(std::span(&world.account.repo.commit, 1), blocks)));
}

TEST_CASE("export: to a pipe goes only what is proven", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 50}));
  REQUIRE(world.fs.make_folders("/tmp"));
  BytesSink out(10U << 20);
  const auto exported = exporter::export_stream(world.context(), world.who(), "/tmp", out, {});
  REQUIRE(exported);
  CHECK(out.bytes() == world.account.repo.car(test::BlockOrder::depth_first));
  CHECK(world.fs.files().empty());

  world.host.set_car(test::with_commit(world.account.repo, [](repo::Commit& commit) {
                       commit.signature.assign(64, 0);
                     }).car());
  BytesSink nothing(10U << 20);
  REQUIRE_FALSE(exporter::export_stream(world.context(), world.who(), "/tmp", nothing, {}));
  CHECK(nothing.bytes().empty());
}

TEST_CASE("export: what is not authentic is kept for a look and never as a backup", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 50}));
  REQUIRE(to_car(world));
  const auto before = world.fs.get(kCar);
  const auto forged =
      test::with_commit(world.account.repo, [](repo::Commit& commit) { commit.signature.assign(64, 0); });
  world.host.set_car(forged.car());
  const auto exported = to_car(world);
  REQUIRE_FALSE(exported);
  CHECK(exported.error().id == "export.signature");
  CHECK(world.fs.get(kCar) == before);
  REQUIRE(world.fs.get("/out/alice.car.rejected"));
  CHECK(exported.error().context.size() == 1);
  check_no_leftovers(world.fs);

  REQUIRE_FALSE(to_folder(world));
  CHECK(world.fs.get(file("repo.car.rejected")));
  CHECK_FALSE(world.fs.get(file("repo.car")));
  CHECK_FALSE(world.fs.get(file("backup.json")));
}

TEST_CASE("export: two exports to one file at a time are refused", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 5}));
  REQUIRE(world.fs.make_folders("/out"));
  const auto lock = world.fs.lock("/out/.alice.car.lock");
  REQUIRE(lock);
  const auto exported = to_car(world);
  REQUIRE_FALSE(exported);
  CHECK(exported.error().kind == ErrorKind::locked);
}

TEST_CASE("export: a folder holds everything, and a manifest that says so", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 100}));
  const auto exported = to_folder(world);
  REQUIRE(exported);
  CHECK(clean(exported->report));
  CHECK(exported->blobs == world.account.repo.blobs.size());
  CHECK(exported->blobs_fetched == exported->blobs);
  CHECK_FALSE(exported->has_preferences);
  check_no_leftovers(world.fs);
  const auto source = backup::open_backup(world.fs, kFolder);
  REQUIRE(source);
  REQUIRE((*source)->manifests().size() == 1);
  const backup::Manifest& manifest = (*source)->manifests().front();
  CHECK(manifest.did == world.account.repo.did);
  CHECK(manifest.repository.commit == world.account.repo.commit);
  CHECK(manifest.repository.rev == world.account.repo.rev.str());
  CHECK(manifest.repository.records == world.account.repo.records.size());
  CHECK(manifest.blobs.size() == world.account.repo.blobs.size());
  CHECK(manifest.preferences_absent == "not logged in");
  CHECK(manifest.created == os::rfc3339(world.clock.wall_us()));
  CHECK(world.progress.last("blobs")->items == manifest.blobs.size());
}

TEST_CASE("export: preferences come with a login; with an app password they are partial", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 10}));
  log_in(world, account::Scope::app_password);
  const auto partial = to_folder(world);
  REQUIRE(partial);
  CHECK(partial->has_preferences);
  CHECK(partial->preferences_partial);
  CHECK(partial->report.count("preferences.partial") == 1);
  log_in(world, account::Scope::full);
  const auto full = to_folder(world);
  REQUIRE(full);
  CHECK_FALSE(full->preferences_partial);
  const auto text = world.fs.get(file("preferences.json"));
  REQUIRE(text);
  CHECK(data::parse_json(*text, {})->find("preferences")->array()->size() == 1);

  REQUIRE(world.sessions.remove(world.account.repo.did));
  const auto without = to_folder(world);
  REQUIRE(without);
  CHECK(without->has_preferences);  // those of before stay
  CHECK(world.fs.get(file("preferences.json")) == text);
  CHECK(clean(test::verify_at(world.fs, kFolder)->report));
}

TEST_CASE("export: preferences that the host does not give are named", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 10}));
  log_in(world, account::Scope::full);
  world.host.intercept([](std::string_view method, const auto&) -> std::optional<Result<test::Answer>> {
    if (method != "app.bsky.actor.getPreferences") return std::nullopt;
    return test::Answer{.status = 500, .body = "no"};
  });
  const auto exported = to_folder(world);
  REQUIRE(exported);
  CHECK(exported->report.count("preferences.missing") == 1);
  world.host.intercept([](std::string_view method, const auto&) -> std::optional<Result<test::Answer>> {
    if (method != "app.bsky.actor.getPreferences") return std::nullopt;
    return test::Answer{.status = 501, .body = R"({"error":"MethodNotImplemented"})"};
  });
  CHECK(to_folder(world)->report.count("preferences.unsupported") == 1);
}

TEST_CASE("export: a login for another host is not shown to this one", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 10}));
  log_in(world, account::Scope::full);
  exporter::Options options;
  options.host = "https://elsewhere.test";
  REQUIRE_FALSE(to_folder(world, options));
  for (const auto& request : world.http.requests()) CHECK(request.bearer.empty());
}

TEST_CASE("export: an inactive account is open to its owner only", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 10}));
  const std::string answer =
      R"({"did":")" + world.account.did() + R"(","active":false,"status":"deactivated"})";
  world.host.intercept([&](std::string_view method, const auto&) -> std::optional<Result<test::Answer>> {
    if (method != "com.atproto.sync.getRepoStatus") return std::nullopt;
    return test::Answer{.status = 200, .body = answer};
  });
  const auto refused = to_folder(world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().id == "export.inactive");
  CHECK(refused.error().kind == ErrorKind::gone);
  CHECK(refused.error().message.contains("deactivated"));
  CHECK_FALSE(refused.error().hint.empty());
  log_in(world, account::Scope::full);
  REQUIRE(to_folder(world));
  for (const auto& request : world.http.requests()) {
    if (request.url.contains("getRepo?")) CHECK(request.bearer == token("access"));
  }
}

TEST_CASE("export: an account that the host does not know is gone from there", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 10}));
  world.host.intercept([&](std::string_view method, const auto&) -> std::optional<Result<test::Answer>> {
    if (method != "com.atproto.sync.getRepoStatus") return std::nullopt;
    return test::Answer{.status = 400, .body = R"({"error":"RepoNotFound","message":"Could not find repo"})"};
  });
  const auto refused = to_folder(world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::gone);
  CHECK(refused.error().hint.contains("--pds"));
}

TEST_CASE("export: an identity without a host cannot be exported", "[exporter]") {
  test::AccountFixture account = test::make_account({.records = 10});
  plc::State state = account.log.state();
  state.services.clear();
  account.log.update(state, test::plc_key(1), test::kPlcEpochUs + 1'000'000);
  account.document.replace(account.document.find("\"service\":["), std::string::npos, "\"service\":[]}");
  test::ExportWorld world(std::move(account));
  const auto refused = to_folder(world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().id == "export.no_host");
}

TEST_CASE("export: a folder of another account, or of other things, is not touched", "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 10}));
  world.fs.put("/home/letter.txt", "dear all");
  const auto foreign = exporter::export_folder(world.context(), world.who(), "/home/", {});
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().id == "backup.foreign_folder");
  CHECK(world.fs.files() == std::vector<std::string>{"/home/letter.txt"});

  REQUIRE(to_folder(world));
  test::ExportWorld other(test::make_account({.records = 10, .seed = 4}));
  for (const std::string& path : world.fs.files()) other.fs.put(path, *world.fs.get(path));
  const auto refused = to_folder(other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().id == "backup.other_account");
}
