// A recovery key of one's own: made, sealed, first in the log, and found again.
#include "core/account/key_file.h"
#include "core/crypto/sealed.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <filesystem>

using namespace atb;
using namespace atb::test;

namespace {

constexpr const char* kPhrase = "open sesame";

void want_key(MoveBench& bench) {
  bench.options.no_recovery_key = false;
  bench.options.recovery_key_out = bench.file("recovery.key");
  bench.sources.passphrase.file = bench.secret_file("phrase", kPhrase);
}

std::string first_key(MoveBench& bench) {
  return bench.network.plc.state(bench.network.did).rotation_keys.front();
}

std::string content_of(const std::string& path) {
  const auto raw = os::read_file(os::posix_file_system(), path, 1U << 16).value();
  return std::string(crypto::open(as_text(raw), Secret::copy_of(kPhrase), "rotation-key").value().reveal());
}

}  // namespace

TEST_CASE("move: a recovery key is sealed in a file, and first in the log", "[migrate]") {
  MoveBench bench;
  want_key(bench);
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
  CHECK(content_of(bench.file("recovery.key")).find(first_key(bench)) != std::string::npos);
  CHECK(os::posix_file_system().stat(bench.file("recovery.key"))->mode == 0600);
  CHECK(bench.person.shown.find("It is shown this once") != std::string::npos);
}

TEST_CASE("move: at a terminal a recovery key is offered", "[migrate]") {
  MoveBench bench;
  bench.options.no_recovery_key = false;
  bench.person.next_time("Make one now", "yes");
  bench.person.next_time("File to keep it in", bench.file("recovery.key"));
  bench.person.next_time("The same again", FakeNetwork::kNewPassword);
  bench.person.next_time("Passphrase for the recovery key", "one thing");
  bench.person.next_time("The same again", "another");
  bench.person.next_time("Passphrase for the recovery key", kPhrase);
  bench.person.next_time("The same again", kPhrase);
  const auto run = bench.start();
  INFO(error_id(run.result));
  REQUIRE(run.result);
  CHECK(bench.person.shown.find("The two differ") != std::string::npos);
  CHECK(content_of(bench.file("recovery.key")).find(first_key(bench)) != std::string::npos);
}

TEST_CASE("move: killed at any moment around the key's file, the key in the file is the one in the log",
          "[migrate]") {
  std::vector<std::string> files;
  {
    MoveBench bench;
    want_key(bench);
    files = bench.start().files;
  }
  std::size_t points = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].find("recovery.key") == std::string::npos) continue;
    ++points;
    MoveBench bench;
    want_key(bench);
    const auto run = bench.start({.seam = Seam::file, .blow = Blow::killed_after, .at = i + 1});
    CHECK(run.killed);
    INFO(run.victim);
    REQUIRE(bench.resume().result);
    CHECK(content_of(bench.file("recovery.key")).find(first_key(bench)) != std::string::npos);
  }
  CHECK(points == 5);  // create, write, sync, close, rename
}

TEST_CASE("move: a recovery key file that is something else is not touched", "[migrate]") {
  MoveBench bench;
  want_key(bench);
  std::string expected = "move.recovery_exists";
  SECTION("any file") { bench.secret_file("recovery.key", "my diary"); }
  SECTION("a key of another account") {
    SeededRandom random(5);
    const account::RotationKey other{plc_key(9), "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"};
    account::write_key_file(os::posix_file_system(), random, bench.file("recovery.key"), other,
                            Secret::copy_of(kPhrase), 0)
        .value();
  }
  SECTION("a key whose private half is another's") {
    const auto key = crypto::PrivateKey::generate(crypto::Curve::k256, bench.network.random).value();
    const std::string text = R"({"did":")" + bench.network.did.str() + R"(","curve":"k256","private":")" +
                             std::string(key.scalar_hex().reveal()) + R"(","public":")" + plc_did_key(50) +
                             R"("})";
    bench.secret_file("recovery.key", crypto::seal(text, Secret::copy_of(kPhrase), "rotation-key").value());
    expected = "key.mismatch";
  }
  SECTION("sealed with another passphrase") {
    const Secret text = Secret::copy_of("{}");
    bench.secret_file("recovery.key",
                      crypto::seal(text.reveal(), Secret::copy_of("other"), "rotation-key").value());
    expected = "sealed.passphrase";
  }
  const auto before = os::read_file(os::posix_file_system(), bench.file("recovery.key"), 1U << 16).value();
  CHECK(error_id(bench.start().result) == expected);
  CHECK(os::read_file(os::posix_file_system(), bench.file("recovery.key"), 1U << 16).value() == before);
  CHECK(bench.network.new_host.effects.accounts == 0);
}

TEST_CASE("move: a passphrase that is never typed twice the same makes no key", "[migrate]") {
  MoveBench bench;
  want_key(bench);
  bench.sources.passphrase = {};
  // The new password is typed first, and right.
  for (int i = 0; i < 3; ++i)
    bench.person.next_time("Passphrase for the recovery key", "a" + std::to_string(i));
  CHECK(error_id(bench.start().result) == "key.passphrase");
  CHECK_FALSE(std::filesystem::exists(bench.file("recovery.key")));
}

TEST_CASE("move: a recovery key that was made, or can no longer be, is not asked for elsewhere",
          "[migrate]") {
  MoveBench bench;
  SECTION("made") {
    want_key(bench);
    bench.network.old_host.refuse("com.atproto.server.getServiceAuth", 400, "InvalidRequest", "not now");
  }
  SECTION("signed without") {
    bench.network.new_host.refuse("com.atproto.identity.submitPlcOperation", 400, "InvalidRequest",
                                  "not now");
  }
  CHECK_FALSE(bench.start().result);
  const std::string before = bench.options.recovery_key_out;
  bench.options.no_recovery_key = false;
  bench.options.recovery_key_out = bench.file("other.key");
  CHECK(error_id(bench.resume().result) == "move.recovery_settled");
  CHECK_FALSE(std::filesystem::exists(bench.file("other.key")));
  bench.options.recovery_key_out = before;
  bench.network.old_host.intercepts.clear();
  bench.network.new_host.intercepts.clear();
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}
