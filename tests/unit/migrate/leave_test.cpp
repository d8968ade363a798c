// Leaving without the old host, between fakes: the whole way, and what is refused on it.
#include "core/account/key_file.h"
#include "core/base/encoding.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <filesystem>
#include <fstream>

using namespace atb;
using namespace atb::test;

namespace {

std::string words_of(const Result<migrate::Outcome>& result) {
  return result ? "done" : result.error().id + ": " + result.error().message;
}

void spoil(const std::string& path, std::streamoff at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(at);
  file.put(byte);
}

std::string some_blob(const MoveBench& bench) {
  return std::filesystem::directory_iterator(bench.options.from + "/blobs")->path().string();
}

// Nothing outside has changed.
void check_untouched(MoveBench& bench) {
  CHECK(bench.network.plc.accepted == 0);
  CHECK(bench.network.new_host.effects.accounts == 0);
}

}  // namespace

TEST_CASE("leave: with the host dead, a backup and a key move the account whole", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  SECTION("named by its DID") {}
  SECTION("named by the handle that died with the host") { bench.account = "alice.old-host.net"; }
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(bench.network.plc.state(bench.network.did).rotation_keys ==
        std::vector{plc_did_key(FakeNetwork::kUserKey), bench.network.new_host.rotation_did_key()});
  CHECK(run.result->backup == bench.options.from);
  CHECK(bench.network.old_account().active);  // it was not asked for anything
  REQUIRE(run.result->notes.size() == 1);
  CHECK(bench.person.times_asked("Change the identity now?") == 2);
  const std::string key(plc_key(FakeNetwork::kUserKey).scalar_hex().reveal());
  CHECK(bench.files_with(key).empty());
}

TEST_CASE("leave: a script needs no terminal, and the key's file may be sealed", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.leave_terminal();
  bench.options.remove_keys = {bench.network.old_host.rotation_did_key()};
  SeededRandom random(3);
  bench.sources.passphrase.file = bench.secret_file("phrase", "open sesame");
  bench.options.rotation_key = bench.file("sealed.key");
  account::write_key_file(os::posix_file_system(), random, bench.options.rotation_key,
                          {plc_key(FakeNetwork::kUserKey), bench.network.did.str()},
                          Secret::copy_of("open sesame"), 0)
      .value();
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("leave: a key of unknown owner is decided by somebody, and only then", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.leave_terminal();
  const auto run = bench.start();
  CHECK(error_id(run.result) == "move.unknown_key");
  CHECK(run.result.error().message.find("most likely it is that host's") != std::string::npos);
  CHECK(bench.network.plc.accepted == 1);  // the claim
  bench.options.remove_keys = {bench.network.old_host.rotation_did_key()};
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("leave: what stands against it is found before anything is changed", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  std::string expected;
  SECTION("no key") {
    bench.options.rotation_key.clear();
    expected = "leave.no_key";
  }
  SECTION("another key") {
    bench.options.rotation_key =
        bench.secret_file("other.key", "k256 " + std::string(plc_key(44).scalar_hex().reveal()));
    expected = "leave.key_unknown";
  }
  SECTION("a file that others can read") {
    std::filesystem::permissions(bench.options.rotation_key, std::filesystem::perms(0644));
    expected = "secret.mode";
  }
  SECTION("a key made for another account") {
    SeededRandom random(3);
    bench.sources.passphrase.file = bench.secret_file("phrase", "open sesame");
    bench.options.rotation_key = bench.file("sealed.key");
    account::write_key_file(os::posix_file_system(), random, bench.options.rotation_key,
                            {plc_key(FakeNetwork::kUserKey), "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"},
                            Secret::copy_of("open sesame"), 0)
        .value();
    expected = "leave.other_key";
  }
  SECTION("a backup of another account") {
    bench.account = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
    expected = "leave.other_account";
  }
  SECTION("a handle that is not the backup's") {
    bench.account = "bob.old-host.net";
    expected = "leave.other_account";
  }
  SECTION("a damaged repository") {
    spoil(bench.options.from + "/repo.car", 200);
    expected = "leave.backup_damaged";
  }
  SECTION("a damaged blob") {
    spoil(some_blob(bench), 3);
    expected = "leave.backup_damaged";
  }
  SECTION("a history that the directory does not have") {
    PlcLog& log = bench.network.plc.log(bench.network.did);
    log.entries().pop_back();
    PlcLog other(log.entries().front().operation, log.entries().front().created_us);
    other.update(log.entries().front().operation.state(), plc_key(FakeNetwork::kOldKey),
                 log.entries().front().created_us + 2 * kPlcHourUs);
    log = other;
    expected = "leave.log_differs";
  }
  const auto run = bench.start();
  CHECK(error_id(run.result) == expected);
  if (!run.result && expected != "leave.other_account") CHECK(run.result.error().kind == ErrorKind::refused);
  check_untouched(bench);
}

TEST_CASE("leave: blobs that the backup lacks are named, and may be allowed", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  const std::string path = some_blob(bench);
  const std::string cid = std::filesystem::path(path).filename().string();
  std::filesystem::remove(path);
  const auto stopped = bench.start();
  CHECK(error_id(stopped.result) == "leave.backup_damaged");
  REQUIRE(bench.watcher.findings.size() >= 1);
  CHECK(bench.watcher.findings.front().where == cid);
  check_untouched(bench);
  bench.options.allowed_missing = {cid};
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(FakePds::missing_blobs(bench.network.new_account()).size() == 1);
}

TEST_CASE("leave: a claim that somebody overtook in the directory is signed anew", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.person.next_time("Change the identity now?", "no");
  CHECK(error_id(bench.start().result) == "move.not_agreed");
  check_untouched(bench);
  // Signed, and struck before it was published.
  auto run = bench.resume({.seam = Seam::tell, .blow = Blow::killed_before, .at = 10});
  REQUIRE_FALSE(run.result);
  PlcLog& log = bench.network.plc.log(bench.network.did);
  if (bench.network.plc.accepted == 0) {
    plc::State state = log.state();
    state.also_known_as.push_back("https://alice.example");
    auto operation = plc::Operation::make(state, log.cid(log.head()));
    operation.sign(bench.network.old_host.rotation_key()).value();
    bench.network.plc.submit(bench.network.did, operation).value();
    ++bench.operations;
  }
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("leave: a move whose old host dies underway goes on without it, and needs no claim", "[migrate]") {
  MoveBench bench;
  bench.network.enroll_user_key();
  bench.take_backup();
  bench.person.next_time("Keep this key?", "yes");
  bench.person.next_time("Change the identity now?", "no");
  CHECK(error_id(bench.start().result) == "move.not_agreed");
  CHECK(bench.network.new_host.effects.accounts == 1);
  bench.network.kill_old_host();
  CHECK_FALSE(bench.resume().result);
  bench.options.from = bench.file("my-backup");
  bench.options.rotation_key = bench.secret_file(
      "user.key", "k256 " + std::string(plc_key(FakeNetwork::kUserKey).scalar_hex().reveal()));
  const auto run = bench.resume();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(bench.network.plc.accepted == 1);
}

TEST_CASE("leave: while the temporary key is in the identity, that is told", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.network.new_host.refuse("com.atproto.server.createAccount", 400, "InvalidRequest", "not today");
  REQUIRE_FALSE(bench.start().result);
  const auto moves = bench.status();
  REQUIRE(moves->size() == 1);
  CHECK(moves->front().claimed);
  CHECK_FALSE(moves->front().past_no_return);
  CHECK(moves->front().next_step == "create-account");
  bench.network.new_host.intercepts.clear();
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("leave: a lone CAR that does not say whose it is needs the DID", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  std::filesystem::copy_file(bench.options.from + "/repo.car", bench.file("lone.car"));
  bench.options.from = bench.file("lone.car");
  bench.account = "alice.old-host.net";
  CHECK(error_id(bench.start().result) == "leave.whose_backup");
  bench.account = bench.network.did.str();
  // Its blobs are nowhere: each is named.
  const auto run = bench.start();
  CHECK(error_id(run.result) == "move.upload");
  CHECK_FALSE(bench.watcher.findings.empty());
  CHECK_FALSE(bench.network.new_account().active);
}

TEST_CASE("leave: a backup signed by a key that was nullified since is nobody's", "[migrate]") {
  MoveBench bench;
  FakeNetwork& network = bench.network;
  network.enroll_user_key();
  PlcLog& log = network.plc.log(network.did);
  const plc::State good = log.state();
  plc::State rogue = good;
  network.old_account().key = plc_key(60);
  rogue.verification_methods.front().second = plc_did_key(60);
  network.clock.advance(std::chrono::seconds(1));
  log.update(rogue, network.old_host.rotation_key(), network.clock.wall_us());
  network.old_host.commit(network.old_account());
  bench.lose_old_host(MoveBench::Enrolled::already);
  log.fork(1, good, plc_key(FakeNetwork::kUserKey), network.clock.wall_us() + 1'000'000);
  CHECK(error_id(bench.start().result) == "leave.backup_unproven");
  check_untouched(bench);
}

TEST_CASE("leave: a new host that drops the user's key again is found out by the last proof", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  FakeNetwork& network = bench.network;
  network.new_host.intercepts["com.atproto.server.activateAccount"] =
      [&](const SentRequest&) -> std::optional<Answer> {
    PlcLog& log = network.plc.log(network.did);
    plc::State state = log.state();
    state.rotation_keys = {network.new_host.rotation_did_key()};
    auto operation = plc::Operation::make(state, log.cid(log.head()));
    operation.sign(network.new_host.rotation_key()).value();
    network.plc.submit(network.did, operation).value();
    return std::nullopt;
  };
  const auto run = bench.start();
  CHECK(error_id(run.result) == "move.proof_own_key");
}

TEST_CASE("leave: when the temporary key is lost with its file, another one is published", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.network.new_host.refuse("com.atproto.server.createAccount", 400, "InvalidRequest", "not today");
  REQUIRE_FALSE(bench.start().result);
  std::filesystem::remove(bench.move_folder() + "/secrets");
  bench.network.new_host.intercepts.clear();
  ++bench.operations;
  const auto run = bench.resume();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("leave: who has the account's signing key is spared the first change", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.options.signing_key = bench.saved_signing_key();
  bench.options.handle = "alice.new-host.net";
  bench.operations = 1;
  const auto planned = bench.dry_run();
  REQUIRE(planned);
  CHECK(planned->plan.obstacles.empty());
  CHECK(planned->plan.changes.size() == 1);
  CHECK(planned->words.find("Nothing is to be changed first") != std::string::npos);
  for (const migrate::PlannedStep& step : planned->plan.steps) CHECK_FALSE(step.name.starts_with("claim"));
  bench.options.handle.clear();
  SECTION("at once") {
    const auto run = bench.start();
    INFO(words_of(run.result));
    REQUIRE(run.result);
    CHECK(bench.person.times_asked("Change the identity now?") == 1);
    CHECK(bench.complaints() == "");
  }
  SECTION("interrupted, and given up: nothing has changed that would have to be put back") {
    bench.person.next_time("Change the identity now?", "no");
    CHECK(error_id(bench.start().result) == "move.not_agreed");
    CHECK(bench.network.plc.accepted == 0);
    SECTION("gone on with") {
      std::filesystem::remove(bench.options.signing_key);  // a copy is kept with the move
      bench.options.signing_key.clear();
      const auto run = bench.resume();
      INFO(words_of(run.result));
      REQUIRE(run.result);
      CHECK(bench.complaints() == "");
    }
    SECTION("given up") {
      bench.options.yes = true;
      const auto aborted = bench.abort();
      REQUIRE(aborted);
      CHECK_FALSE(aborted->identity_restored);
      CHECK(bench.network.plc.accepted == 0);
    }
  }
}

TEST_CASE("leave: with a signing key the first change is made where something is to be undone or taken out",
          "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.options.signing_key = bench.saved_signing_key();
  SECTION("undone") { bench.betray("mallory.net", true); }
  SECTION("the hostile host's keys") { bench.options.hostile_host = true; }
  SECTION("kept: then it is not") {
    bench.betray("alice2.net", false);
    bench.person.next_time("Undo this operation?", "no");
    bench.operations = 1;
  }
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("leave: a signing key of another account, and one without a rotation key", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  SECTION("of another account") {
    bench.options.signing_key = bench.secret_file("key", std::string(plc_key(44).scalar_hex().reveal()));
    const auto run = bench.start();
    CHECK(error_id(run.result) == "leave.signing_key");
    CHECK(run.result.error().kind == ErrorKind::refused);
  }
  SECTION("it alone cannot move the account, and it is said what it still can do") {
    bench.options.signing_key = bench.saved_signing_key();
    bench.options.rotation_key.clear();
    const auto run = bench.start();
    CHECK(error_id(run.result) == "leave.no_key");
    CHECK(run.result.error().hint.find("can start a host there again") != std::string::npos);
    CHECK(run.result.error().hint.find("atbackup extract") != std::string::npos);
  }
  SECTION("no key in the file") {
    bench.options.signing_key = bench.secret_file("key", "dear diary");
    CHECK(error_id(bench.start().result) == "key.signing_format");
  }
  SECTION("with the old host there is no use for it") {
    bench.options.from.clear();
    bench.network.old_host_is_dead = false;
    bench.options.signing_key = bench.saved_signing_key();
    CHECK(error_id(bench.start().result) == "move.needs_from");
    CHECK(error_id(bench.dry_run()) == "move.needs_from");
  }
  check_untouched(bench);
}

TEST_CASE("leave: who has the signing key of a did:web publishes once, as with the host alive",
          "[migrate][web]") {
  MoveBench bench(12, FakeNetwork::Method::web);
  bench.lose_old_host();
  bench.options.signing_key = bench.saved_signing_key();
  bench.operations = 1;
  SECTION("at once") {
    const auto run = bench.start();
    INFO(words_of(run.result));
    REQUIRE(run.result);
    CHECK(bench.network.publications == 1);
    CHECK(bench.complaints() == "");
  }
  SECTION("of another account: said before anything is asked of the user") {
    bench.options.signing_key = bench.secret_file("other", std::string(plc_key(44).scalar_hex().reveal()));
    CHECK(error_id(bench.start().result) == "leave.signing_key");
    CHECK(bench.network.publications == 0);
  }
}
