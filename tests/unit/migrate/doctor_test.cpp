// `doctor`: what is judged of what was seen, and what is seen between fakes.
#include "core/migrate/doctor.h"

#include "core/account/key_file.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <algorithm>
#include <filesystem>

using namespace atb;
using namespace atb::test;
using migrate::diagnose;
using migrate::Symptoms;
using migrate::Verdict;

namespace {

constexpr std::int64_t kNow = 1'795'400'000'000'000;
constexpr std::int64_t kHourUs = 3600LL * 1'000'000;

Symptoms healthy() {
  Symptoms seen;
  seen.account = seen.handle = "alice.net";
  seen.did = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
  seen.host = "https://old-host.net";
  seen.now_us = kNow;
  seen.servers = {{.who = "the account's host",
                   .origin = seen.host,
                   .reached = true,
                   .healthy = true,
                   .problem = {},
                   .millis = 40},
                  {.who = "the directory",
                   .origin = "https://plc.net",
                   .reached = true,
                   .healthy = true,
                   .problem = {},
                   .millis = 30}};
  seen.backup = migrate::BackupHealth{.path = "backup", .problem = {}};
  seen.backup->created_us = kNow - 5 * kHourUs;
  seen.backup->has_preferences = true;
  seen.key.key = "did:key:zQ3sh";
  seen.key.file = "alice.key";
  seen.key.opened = true;
  seen.key.rank = 0;
  seen.key.keys = 2;
  return seen;
}

const migrate::Point& point_of(const migrate::Diagnosis& diagnosis, std::string_view name) {
  const auto found = std::ranges::find(diagnosis.points, name, &migrate::Point::name);
  REQUIRE(found != diagnosis.points.end());
  return *found;
}

}  // namespace

TEST_CASE("doctor: with all at hand the account is ready, and nothing is to be done", "[migrate]") {
  const auto diagnosis = diagnose(healthy(), false);
  CHECK(diagnosis.verdict == Verdict::ready);
  CHECK(diagnosis.score == 100);
  CHECK(diagnosis.next.empty());
}

TEST_CASE("doctor: what is missing decides, and the first thing to do is named", "[migrate]") {
  Symptoms seen = healthy();
  std::string point;
  std::string next;
  Verdict verdict = Verdict::not_ready;
  SECTION("no key") {
    seen.key = {};
    point = "key";
    next = "key new";
  }
  SECTION("a directory that lacks what it has shown before") {
    seen.contradictions = {{.id = "plc.witness_shortened",
                            .severity = Severity::forged,
                            .where = "/state/witness/log.json",
                            .detail = "operation 3 is gone"}};
    point = "history";
    next = "/state/witness/log.json";
  }
  SECTION("a key that does not open") {
    seen.key.opened = false;
    seen.key.problem = "wrong passphrase";
    point = "key";
    next = "passphrase";
  }
  SECTION("a key that is not in the record") {
    seen.key.rank.reset();
    point = "key";
    next = "key enroll";
  }
  SECTION("a key below the host's") {
    seen.key.rank = 1;
    seen.key.host_above = true;
    point = "key";
    next = "--rank 1";
  }
  SECTION("no backup") {
    seen.backup.reset();
    point = "backup";
    next = "atbackup export";
  }
  SECTION("a damaged one") {
    seen.backup->problem = "a block is wrong";
    point = "backup";
    next = "atbackup verify";
  }
  SECTION("an old one") {
    seen.backup->created_us = kNow - 8 * 24 * kHourUs;
    point = "backup";
    next = "atbackup export";
  }
  SECTION("one whose history is another") {
    seen.backup->log_differs = true;
    point = "backup";
    next = "compare";
  }
  SECTION("somebody's operation, with hours left") {
    seen.foreign = {{.cid = "bafy",
                     .created_us = kNow - 10 * kHourUs,
                     .signer = "did:key:z",
                     .rank = 1,
                     .until_us = kNow + 62 * kHourUs}};
    point = "history";
    next = "undo it with your key";
  }
  SECTION("somebody's operation that cannot be undone") {
    seen.foreign = {{.cid = "bafy", .created_us = kNow - 100 * kHourUs, .signer = "did:key:z", .rank = 1}};
    point = "history";
    next = "export again";
  }
  SECTION("a target that would not take it") {
    seen.target = "https://new-host.net";
    seen.target_obstacles = {
        Error(ErrorKind::refused, "move.phone", "it asks for a number", "choose another")};
    point = "target";
    next = "choose another";
  }
  SECTION("a host that does not answer, while the directory does: go") {
    seen.servers.front() = {.who = "the account's host",
                            .origin = seen.host,
                            .reached = false,
                            .healthy = false,
                            .problem = "nobody there"};
    point = "host";
    next = "leave";
    verdict = Verdict::leave_now;
  }
  SECTION("a host that has locked the account out") {
    seen.account_problem = "AccountTakedown";
    point = "host";
    next = "look why";
    verdict = Verdict::leave_now;
  }
  const auto diagnosis = diagnose(seen, false);
  CHECK(diagnosis.verdict == verdict);
  CHECK(diagnosis.score < 100);
  CHECK(point_of(diagnosis, point).outcome == Outcome::failed);
  INFO(diagnosis.next);
  CHECK(diagnosis.next.find(next) != std::string::npos);
}

TEST_CASE("doctor: what is less than perfect costs points, and does not stand in the way", "[migrate]") {
  Symptoms seen = healthy();
  SECTION("a handle of the host") { seen.handle_of_host = true; }
  SECTION("a handle that leads nowhere") { seen.handle_proven = false; }
  SECTION("no handle") { seen.handle.clear(); }
  SECTION("a directory that has changed its mind about a time") {
    seen.contradictions = {{.id = "plc.witness_redated",
                            .severity = Severity::alarm,
                            .where = "/state/witness/log.json",
                            .detail = "the time of operation 1 is another"}};
    CHECK(point_of(diagnose(seen, false), "history").outcome == Outcome::failed);
  }
  SECTION("a key whose file was not opened") {
    seen.key.file.clear();
    seen.key.opened = false;
  }
  SECTION("a key of second rank") { seen.key.rank = 1; }
  SECTION("missing blobs") { seen.backup->missing_blobs = 2; }
  SECTION("a lone CAR") { seen.backup->has_blobs = false; }
  SECTION("no preferences") { seen.backup->has_preferences = false; }
  SECTION("a backup of three days, and the host has more") {
    seen.backup->created_us = kNow - 72 * kHourUs;
    seen.backup->behind = true;
  }
  const auto diagnosis = diagnose(seen, false);
  CHECK(diagnosis.verdict == Verdict::ready);
  CHECK(diagnosis.score < 100);
  CHECK(diagnosis.score >= 50);
}

TEST_CASE("doctor: several servers tell a failing host from a failing network", "[migrate]") {
  Symptoms one = healthy();
  Symptoms two = healthy();
  two.host = two.servers.front().origin = "https://other-host.net";
  const auto silence = [](Symptoms& seen) {
    for (migrate::ServerHealth& server : seen.servers) server.reached = server.healthy = false;
  };
  one.servers.front().reached = false;
  CHECK_FALSE(migrate::network_fails({one, two}));
  silence(one);
  CHECK_FALSE(migrate::network_fails({one, two}));
  silence(two);
  CHECK(migrate::network_fails({one, two}));
  CHECK(point_of(diagnose(one, true), "host").outcome == Outcome::not_checked);
  CHECK(point_of(diagnose(one, false), "host").outcome == Outcome::failed);
  one.servers.resize(1);
  CHECK_FALSE(migrate::network_fails({one}));
}

TEST_CASE("doctor: between fakes: ready, host dead, no backup, no key, a rogue operation", "[migrate]") {
  MoveBench bench;
  bench.network.enroll_user_key();
  bench.take_backup();
  const Secret digits = plc_key(FakeNetwork::kUserKey).scalar_hex();
  migrate::DoctorOptions wanted;
  wanted.backups = {bench.file("my-backup")};
  wanted.rotation_keys = {bench.secret_file("user.key", "k256 " + std::string(digits.reveal()) + "\n")};
  bench.network.old_host.effects = {};
  const auto examine = [&] {
    auto examined = bench.doctor(wanted);
    REQUIRE(examined);
    REQUIRE(examined->size() == 1);
    return examined->front();
  };
  SECTION("ready") {
    wanted.to = "https://new-host.net";
    const auto one = examine();
    INFO(one.diagnosis.next);
    CHECK(one.diagnosis.verdict == Verdict::ready);
    CHECK(one.symptoms.handle_of_host);
    CHECK(one.symptoms.servers.size() == 3);
    CHECK(point_of(one.diagnosis, "target").outcome == Outcome::passed);
    CHECK(one.symptoms.backup->records == 12);
    for (const std::string& line : bench.asked) {
      INFO(line);
      CHECK(line.starts_with("GET "));
    }
  }
  SECTION("the host is dead: leave") {
    bench.network.kill_old_host();
    SECTION("named by its DID") {}
    SECTION("named by the handle that died with it") { bench.account = "alice.old-host.net"; }
    const auto one = examine();
    CHECK(one.diagnosis.verdict == Verdict::leave_now);
    CHECK(one.diagnosis.next.find("migrate") != std::string::npos);
  }
  SECTION("no backup") {
    wanted.backups.clear();
    const auto one = examine();
    CHECK(one.diagnosis.verdict == Verdict::not_ready);
    CHECK(point_of(one.diagnosis, "backup").next.find("atbackup export") != std::string::npos);
    // Without a backup's log, what was signed by the host of late is not known to be the user's wish.
    CHECK(one.symptoms.foreign.size() == 1);
  }
  SECTION("a damaged backup") {
    std::filesystem::remove(std::filesystem::directory_iterator(bench.file("my-backup") + "/blobs")->path());
    CHECK(examine().diagnosis.verdict == Verdict::not_ready);
  }
  SECTION("no such folder") {
    wanted.backups = {bench.file("nowhere")};
    CHECK_FALSE(examine().symptoms.backup->problem.empty());
  }
  SECTION("no key") {
    wanted.rotation_keys.clear();
    const auto one = examine();
    CHECK(one.diagnosis.verdict == Verdict::not_ready);
    CHECK(one.diagnosis.next.find("key new") != std::string::npos);
  }
  SECTION("a wrong passphrase is a symptom, not an error") {
    SeededRandom random(3);
    bench.sources.passphrase.file = bench.secret_file("phrase", "another");
    wanted.rotation_keys = {bench.file("sealed.key")};
    account::write_key_file(os::posix_file_system(), random, wanted.rotation_keys.front(),
                            {plc_key(FakeNetwork::kUserKey), bench.network.did.str()},
                            Secret::copy_of("open sesame"), 0)
        .value();
    const auto one = examine();
    CHECK_FALSE(one.symptoms.key.opened);
    CHECK_FALSE(one.symptoms.key.problem.empty());
  }
  SECTION("an operation that nobody here has made, and the hours left") {
    PlcLog& log = bench.network.plc.log(bench.network.did);
    plc::State state = log.state();
    state.rotation_keys = {plc_did_key(66)};
    auto rogue = plc::Operation::make(state, log.cid(log.head()));
    rogue.sign(bench.network.old_host.rotation_key()).value();
    bench.network.plc.submit(bench.network.did, rogue).value();
    const auto one = examine();
    REQUIRE(one.symptoms.foreign.size() == 1);
    CHECK(one.symptoms.foreign.front().until_us ==
          one.symptoms.foreign.front().created_us + plc::kRecoveryWindowUs);
    CHECK(one.diagnosis.next.find("undo it with your key") != std::string::npos);
  }
  SECTION("the directory contradicts a log that was seen before") {
    bench.witnesses = true;
    REQUIRE(examine().diagnosis.verdict == Verdict::ready);
    PlcLog& log = bench.network.plc.log(bench.network.did);
    plc::State other = log.state();
    other.also_known_as = {"at://someone.else.net"};
    const std::int64_t when = log.entries().back().created_us;
    log.entries().pop_back();
    PlcLog rewritten(log.entries().front().operation, log.entries().front().created_us);
    rewritten.update(other, plc_key(FakeNetwork::kOldKey), when);
    log = std::move(rewritten);
    const auto one = examine();
    REQUIRE(one.symptoms.contradictions.size() == 1);
    CHECK(one.diagnosis.verdict == Verdict::not_ready);
    CHECK(one.diagnosis.next.find("tell the directory's operators") != std::string::npos);
  }
  SECTION("the directory does not answer: nothing is known") {
    bench.network.http.set_handler([&](const SentRequest& request) -> Result<Answer> {
      if (request.url.starts_with("https://plc.net"))
        return fail(ErrorKind::network, "http.connect", "nobody is there");
      return bench.network.route(request);
    });
    const auto one = examine();
    CHECK_FALSE(one.symptoms.identity_problem.empty());
    CHECK(one.diagnosis.verdict == Verdict::not_ready);
  }
  CHECK(bench.network.new_host.effects.accounts == 0);
}

TEST_CASE("doctor: an account that its own host holds as deactivated is seen, with what activates it",
          "[migrate]") {
  MoveBench bench;
  bench.network.old_account().active = false;
  const auto examined = bench.doctor({});
  REQUIRE(examined);
  const migrate::Point& host = point_of(examined->front().diagnosis, "host");
  CHECK(host.detail.find("holds the account as deactivated") != std::string::npos);
  CHECK(host.next.find("migrate activate") != std::string::npos);
}
