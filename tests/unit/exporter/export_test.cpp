#include "core/base/encoding.h"
#include "core/data/json.h"
#include "core/exporter/exporter.h"
#include "tests/support/catch.h"
#include "tests/support/export_world.h"

using namespace atb;

namespace {

constexpr const char* kFolder = "/backup";
constexpr const char* kCar = "/out/alice.car";

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

Result<exporter::Exported> to_folder(test::ExportWorld& world, const exporter::Options& options = {}) {
  return exporter::export_folder(world.context(), world.who(), kFolder, options);
}
Result<exporter::Exported> to_car(test::ExportWorld& world, const exporter::Options& options = {}) {
  return exporter::export_car(world.context(), world.who(), kCar, options);
}
std::string file(std::string_view name) { return os::join(kFolder, std::string(name)); }

bool clean(const Report& report) {
  return !report.has(Severity::forged) && !report.has(Severity::damage) && !report.has(Severity::missing) &&
         !report.has(Severity::alarm);
}

// A token says by itself what it may do and until when.
std::string token(std::string_view scope) {
  const std::string claims = R"({"scope":"com.atproto.)" + std::string(scope) + R"(","exp":4102444800})";
  return base64url_encode(as_bytes("{}")) + "." + base64url_encode(as_bytes(claims)) + ".c2ln";
}

void log_in(test::ExportWorld& world, account::Scope scope) {
  const account::SavedSession session{
      .did = world.account.repo.did,
      .handle = "alice.test",
      .host = std::string(test::kTestHost),
      .access = Secret(token(scope == account::Scope::full ? "access" : "appPass")),
      .refresh = Secret("refresh"),
      .scope = scope,
      .saved_us = world.clock.wall_us()};
  REQUIRE(world.sessions.save(session));
}

// No spools, no temporary files, no locks of single CARs.
void check_no_leftovers(const test::MemFs& fs) {
  for (const std::string& path : fs.files()) {
    INFO(path);
    CHECK_FALSE(os::is_temporary_name(os::base_name(path)));
  }
}

}  // namespace

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

TEST_CASE(
    "export: a repository that went back, forked or was emptied raises an alarm and the older one stays",
    "[exporter]") {
  test::ExportWorld world(test::make_account({.records = 300}));
  REQUIRE(to_folder(world));
  const auto before = world.fs.get(file("repo.car"));
  const auto manifest = world.fs.get(file("backup.json"));
  const std::int64_t rev = world.account.repo.rev.unix_us();
  std::string id;
  std::optional<test::RepoFixture> changed;
  Severity severity = Severity::forged;
  SECTION("back") {
    changed.emplace(test::next_repo(world.account, {.records = 290, .rev_us = rev - 1'000'000}));
    id = "repo.rolled_back";
  }
  SECTION("fork") {
    changed.emplace(test::next_repo(world.account, {.records = 299, .rev_us = rev}));
    id = "repo.forked";
  }
  SECTION("emptied") {
    changed.emplace(test::next_repo(world.account, {.records = 190, .rev_us = rev + 1'000'000}));
    id = "repo.emptied";
    severity = Severity::alarm;
  }
  world.host.serve(*changed);
  const auto exported = to_folder(world);
  REQUIRE(exported);
  CHECK(exported->report.count(id) == 1);
  CHECK(exported->report.has(severity));
  CHECK(world.fs.get(file("repo.car")) == before);
  CHECK(world.fs.get(file("backup.json")) == manifest);
  CHECK(world.fs.get(file("repo.car.suspect")) == text_of(changed->car()));
  CHECK(clean(test::verify_at(world.fs, kFolder)->report));

  exporter::Options accept;
  accept.accept_change = true;
  const auto adopted = to_folder(world, accept);
  REQUIRE(adopted);
  CHECK(clean(adopted->report));
  CHECK(adopted->report.count("repo.change_accepted") == 1);
  CHECK(world.fs.get(file("repo.car")) == text_of(changed->car()));
  CHECK_FALSE(world.fs.get(file("repo.car.suspect")));
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
