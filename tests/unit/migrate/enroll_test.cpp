// `key enroll` against fakes: the key gets into the identity once, whatever happens on the way.
#include "core/migrate/enroll.h"

#include "core/account/key_file.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <fmt/format.h>

#include <filesystem>

using namespace atb;
using namespace atb::test;

namespace {

std::string words_of(const Result<migrate::Enrolled>& result) {
  return result ? "done" : result.error().id + ": " + result.error().message;
}

void have_key(MoveBench& bench, std::uint32_t number = FakeNetwork::kUserKey) {
  bench.options.rotation_key =
      bench.secret_file("user.key", "k256 " + std::string(plc_key(number).scalar_hex().reveal()));
}

const std::vector<std::string>& keys_of(MoveBench& bench) {
  return bench.network.plc.state(bench.network.did).rotation_keys;
}

}  // namespace

TEST_CASE("enroll: the key goes above the host's, and nothing else changes", "[migrate]") {
  MoveBench bench;
  have_key(bench);
  const plc::State before = bench.network.plc.state(bench.network.did);
  const auto run = bench.enroll();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(run.result->rank == 0);
  CHECK(run.result->keys ==
        std::vector{plc_did_key(FakeNetwork::kUserKey), plc_did_key(FakeNetwork::kOldKey)});
  CHECK(bench.network.plc.accepted == 1);
  plc::State after = bench.network.plc.state(bench.network.did);
  after.rotation_keys = before.rotation_keys;
  CHECK(after == before);
  CHECK(bench.person.was_asked("Change the identity now?"));
  CHECK(bench.watcher.said.find("the account stays where it is") != std::string::npos);
  CHECK(bench.network.old_account().refresh_tokens.empty());  // the session has ended
  CHECK(bench.files_with(FakeNetwork::kPassword).empty());

  // Once more: it is so already, and nobody is asked anything.
  bench.person.present = false;
  const auto again = bench.enroll();
  REQUIRE(again.result);
  CHECK(again.result->keys == run.result->keys);
  CHECK(bench.network.plc.accepted == 1);
}

TEST_CASE("enroll: to a lower rank, and from there to the first; then a second key", "[migrate]") {
  MoveBench bench;
  have_key(bench);
  bench.options.rank = 5;
  REQUIRE(bench.enroll().result);
  CHECK(keys_of(bench) == std::vector{plc_did_key(FakeNetwork::kOldKey), plc_did_key(FakeNetwork::kUserKey)});
  bench.options.rank = 0;
  REQUIRE(bench.enroll().result);
  CHECK(keys_of(bench) == std::vector{plc_did_key(FakeNetwork::kUserKey), plc_did_key(FakeNetwork::kOldKey)});
  have_key(bench, 31);
  REQUIRE(bench.enroll().result);
  CHECK(keys_of(bench).front() == plc_did_key(31));
  CHECK(bench.network.plc.accepted == 3);
}

TEST_CASE("enroll: what stands against it is found before the host is asked for anything", "[migrate]") {
  MoveBench bench;
  have_key(bench);
  std::string expected;
  SECTION("a key made for another account") {
    SeededRandom random(3);
    bench.sources.passphrase.file = bench.secret_file("phrase", "open sesame");
    bench.options.rotation_key = bench.file("sealed.key");
    account::write_key_file(os::posix_file_system(), random, bench.options.rotation_key,
                            {plc_key(3), "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"}, Secret::copy_of("open sesame"),
                            0)
        .value();
    expected = "key.other_account";
  }
  SECTION("no key in the file") {
    bench.options.rotation_key = bench.secret_file("diary", "dear diary");
    expected = "key.format";
  }
  SECTION("nobody agrees") {
    bench.person.next_time("Change the identity now?", "no");
    expected = "move.not_agreed";
  }
  SECTION("the main password is needed") {
    bench.network.old_account().app_password = "app-pass";
    bench.person.next_time("Main password", "app-pass");
    expected = "move.app_password";
  }
  CHECK(error_id(bench.enroll().result) == expected);
  CHECK(bench.network.plc.accepted == 0);
  CHECK(bench.network.old_host.effects.mails == 0);
}

TEST_CASE("enroll: struck at any request, it goes on and is done once", "[migrate]") {
  for (const Blow blow :
       {Blow::unreached, Blow::reply_lost, Blow::refused, Blow::killed_before, Blow::killed_after}) {
    std::size_t points = 0;
    for (std::size_t at = 1;; ++at, ++points) {
      MoveBench bench;
      have_key(bench);
      auto run = bench.enroll({.seam = Seam::http, .blow = blow, .at = at});
      if (!run.struck) break;
      INFO(fmt::format("{} {} ({}), then {}", name_of(blow), at, run.victim, words_of(run.result)));
      for (int again = 0; again < 3 && !run.result; ++again) run = bench.enroll();
      REQUIRE(run.result);
      CHECK(bench.network.plc.accepted == 1);
      CHECK(keys_of(bench).front() == plc_did_key(FakeNetwork::kUserKey));
      CHECK(bench.files_with("eyJ0eXAiOiJhdCtqd3Qi").empty());
    }
    CHECK(points >= 15);
  }
}

TEST_CASE("enroll: what the host calls its own keys is known when it is gone", "[migrate]") {
  MoveBench bench;
  have_key(bench);
  REQUIRE(bench.enroll().result);
  bench.network.plc.accepted = 0;
  std::filesystem::remove(bench.options.rotation_key);
  bench.lose_old_host(MoveBench::Enrolled::already);
  const auto run = bench.start();
  INFO((run.result ? "" : run.result.error().message));
  REQUIRE(run.result);
  CHECK_FALSE(bench.person.was_asked("Keep this key?"));
  CHECK(bench.complaints() == "");
}

namespace {

// The user's key is in the identity, its file is the signer, the host is dead; another key shall go in.
void have_second_key(MoveBench& bench) {
  bench.network.enroll_user_key();
  bench.options.signed_by = bench.secret_file(
      "first.key", "k256 " + std::string(plc_key(FakeNetwork::kUserKey).scalar_hex().reveal()));
  have_key(bench, 31);
  bench.account = bench.network.did.str();
  bench.network.kill_old_host();
  bench.network.plc.accepted = 0;
}

}  // namespace

TEST_CASE("enroll: signed by a key that is listed, without the host, above that key", "[migrate]") {
  MoveBench bench;
  have_second_key(bench);
  const auto run = bench.enroll();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(keys_of(bench) ==
        std::vector{plc_did_key(31), plc_did_key(FakeNetwork::kUserKey), plc_did_key(FakeNetwork::kOldKey)});
  CHECK(bench.network.plc.accepted == 1);
  CHECK(bench.person.hidden.empty());  // no password, no code
  CHECK(bench.watcher.said.find("the host is not asked") != std::string::npos);
  CHECK(bench.watcher.said.find("nobody can undo what it signs") != std::string::npos);
  const auto again = bench.enroll();
  REQUIRE(again.result);
  CHECK(bench.network.plc.accepted == 1);
}

TEST_CASE("enroll: the key that signs must be listed, and may be sealed with a passphrase of its own",
          "[migrate]") {
  MoveBench bench;
  have_second_key(bench);
  SeededRandom random(3);
  bench.options.signed_by = bench.file("sealed.key");
  const auto seal = [&](std::uint32_t number, std::string did) {
    account::write_key_file(os::posix_file_system(), random, bench.options.signed_by,
                            {plc_key(number), std::move(did)}, Secret::copy_of("open sesame"), 0)
        .value();
  };
  bench.sources.signer_passphrase.file = bench.secret_file("phrase", "open sesame");
  SECTION("not listed") {
    seal(44, "");
    const auto run = bench.enroll();
    CHECK(error_id(run.result) == "key.not_listed");
    CHECK(run.result.error().kind == ErrorKind::refused);
    CHECK(bench.network.plc.accepted == 0);
  }
  SECTION("made for another account") {
    seal(FakeNetwork::kUserKey, "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa");
    CHECK(error_id(bench.enroll().result) == "key.other_account");
  }
  SECTION("the right one; a lower key's work can be undone by those above") {
    seal(FakeNetwork::kOldKey, "");
    bench.options.rank = 9;
    REQUIRE(bench.enroll().result);
    CHECK(keys_of(bench).back() == plc_did_key(31));
    CHECK(bench.watcher.said.find("Your key is number 2 of 2") != std::string::npos);
  }
}

TEST_CASE("enroll: signed by a held key, struck at any request, it is done once", "[migrate]") {
  for (const Blow blow :
       {Blow::unreached, Blow::reply_lost, Blow::refused, Blow::killed_before, Blow::killed_after}) {
    std::size_t points = 0;
    for (std::size_t at = 1;; ++at, ++points) {
      MoveBench bench;
      have_second_key(bench);
      auto run = bench.enroll({.seam = Seam::http, .blow = blow, .at = at});
      if (!run.struck) break;
      INFO(fmt::format("{} {} ({}), then {}", name_of(blow), at, run.victim, words_of(run.result)));
      for (int again = 0; again < 3 && !run.result; ++again) run = bench.enroll();
      REQUIRE(run.result);
      CHECK(bench.network.plc.accepted == 1);
      CHECK(keys_of(bench).front() == plc_did_key(31));
    }
    CHECK(points >= 5);
  }
}

TEST_CASE("enroll: a host that has taken the account down still signs, and the directory is told from here",
          "[migrate]") {
  MoveBench bench;
  have_key(bench);
  bench.network.old_account().taken_down = true;
  const auto run = bench.enroll();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(run.result->rank == 0);
  CHECK(keys_of(bench).front() == plc_did_key(FakeNetwork::kUserKey));
  CHECK(bench.network.plc.accepted == 1);
  CHECK(bench.network.old_host.effects.operations == 0);
  // With that, and a backup, it leaves.
  bench.take_backup();
  bench.options.from = bench.file("my-backup");
  bench.options.email = FakeNetwork::kEmail;
  bench.options.handle = "alice.new-host.net";
  bench.options.no_recovery_key = false;
  bench.operations = 3;
  const auto moved = bench.start();
  INFO((moved.result ? "done" : moved.result.error().id + ": " + moved.result.error().message));
  REQUIRE(moved.result);
  CHECK(bench.complaints() == "");
  CHECK_FALSE(bench.person.was_asked("Keep this key?"));
}

TEST_CASE("enroll: of an account that is taken down, struck at any request, it goes on", "[migrate]") {
  for (std::size_t at = 1;; ++at) {
    MoveBench bench;
    have_key(bench);
    bench.network.old_account().taken_down = true;
    auto run = bench.enroll({.seam = Seam::http, .blow = Blow::reply_lost, .at = at});
    if (!run.struck) break;
    for (int again = 0; again < 3 && !run.result; ++again) run = bench.enroll();
    INFO(at << " " << run.victim << " " << words_of(run.result));
    REQUIRE(run.result);
    CHECK(bench.network.plc.accepted == 1);
  }
}
