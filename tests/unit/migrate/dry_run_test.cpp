// `migrate --dry-run` between fakes that count what they did: everything is looked at, nothing is changed.
#include "core/migrate/dry_run.h"

#include "core/account/key_file.h"
#include "core/migrate/machine.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <algorithm>
#include <filesystem>
#include <set>

using namespace atb;
using namespace atb::test;

namespace {

std::string first_obstacle(const Result<migrate::DryRun>& run) {
  if (!run) return "error " + run.error().id;
  return run->plan.obstacles.empty() ? "" : run->plan.obstacles.front().id;
}

std::set<std::string> files_of(const std::string& folder) {
  std::set<std::string> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    files.insert(entry.path().string());
  return files;
}

// Nothing outside has changed, nothing was even asked for that could change something, and no file is new.
void check_untouched(MoveBench& bench, const std::set<std::string>& files_before) {
  for (const FakePds* host : {&bench.network.old_host, &bench.network.new_host}) {
    const FakePds::Effects& made = host->effects;
    CHECK(made.accounts + made.imports + made.uploads + made.mails + made.signatures + made.operations +
              made.activations + made.deactivations + made.commits ==
          0);
  }
  CHECK(bench.network.plc.accepted == 0);
  CHECK(bench.network.new_host.find(bench.network.did) == nullptr);
  for (const std::string& line : bench.asked) {
    INFO(line);
    CHECK(line.starts_with("GET "));
    CHECK(line.find("Session") == std::string::npos);
  }
  CHECK_FALSE(bench.asked.empty());
  CHECK(files_of(bench.state_folder()) == files_before);
  CHECK(bench.status().value().empty());
}

}  // namespace

TEST_CASE("dry run: a plain move is planned whole, and nothing is changed anywhere", "[migrate]") {
  MoveBench bench;
  bench.options.handle = "alice.new-host.net";
  bench.network.old_host.effects = {};
  const auto before = files_of(bench.state_folder());
  const auto run = bench.dry_run();
  INFO(first_obstacle(run));
  REQUIRE(run);
  CHECK(run->plan.obstacles.empty());
  check_untouched(bench, before);
  CHECK(bench.person.questions.empty());

  std::vector<std::string> names;
  for (const auto& step : migrate::steps_of(false)) {
    if (step->name() != "recovery-key") names.emplace_back(step->name());
  }
  std::vector<std::string> planned;
  for (const migrate::PlannedStep& step : run->plan.steps) {
    planned.push_back(step.name);
    CHECK_FALSE(step.title.empty());
    CHECK(step.no_return == (step.name == migrate::kPointOfNoReturn));
    CHECK((step.can_fail.empty() == (step.name == "finish")));
  }
  CHECK(planned == names);

  REQUIRE(run->plan.changes.size() == 1);
  const migrate::PlannedChange& change = run->plan.changes.front();
  std::string words;
  for (const plc::Change& one : change.changes) words += one.words + "\n";
  CHECK(words.find("The account lives at https://new-host.net") != std::string::npos);
  CHECK(words.find("(the new host's own key)") != std::string::npos);
  CHECK(words.find("The handle changes from alice.old-host.net to alice.new-host.net") != std::string::npos);
  CHECK(change.undo.find("nobody can undo it") != std::string::npos);
  CHECK(change.keys == 1);
  CHECK(change.bytes < plc::kDirectoryOperationBytes);

  REQUIRE(run->observed.content);
  CHECK(run->observed.content->records == 12);
  CHECK(run->observed.content->blobs == bench.network.old_account().blobs.size());
  CHECK(run->observed.clocks.size() == 3);
  CHECK(run->plan.estimate.known);

  // And the move that was planned is the move that happens.
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("dry run: leaving a dead host is planned from the backup, and nothing is changed", "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.options.handle = "alice.new-host.net";
  bench.network.old_host.effects = {};
  const auto before = files_of(bench.state_folder());
  const auto run = bench.dry_run();
  INFO(first_obstacle(run));
  REQUIRE(run);
  CHECK(run->plan.obstacles.empty());
  check_untouched(bench, before);
  REQUIRE(run->plan.changes.size() == 2);
  CHECK(run->plan.changes[0].changes.size() > 1);
  CHECK(run->plan.changes[0].undo.find("nobody can undo") != std::string::npos);
  CHECK(run->plan.changes[1].undo.find("It is assumed that " + bench.network.old_host.rotation_did_key()) !=
        std::string::npos);
  CHECK(run->observed.content->records == 12);
  CHECK(run->plan.steps.size() == migrate::steps_of(true).size());
  bench.options.handle.clear();
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("dry run: each thing that stands against a move is named", "[migrate]") {
  MoveBench bench;
  bench.options.handle = "alice.new-host.net";
  std::string expected;
  SECTION("no handle that could go along") {
    bench.options.handle.clear();
    expected = "move.handle";
  }
  SECTION("a handle that somebody else has") {
    bench.network.new_host.intercepts["com.atproto.identity.resolveHandle"] =
        [](const SentRequest&) -> std::optional<Answer> {
      return Answer{.body = R"({"did":"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"})"};
    };
    expected = "move.handle_taken";
  }
  SECTION("an invite code") {
    bench.network.new_host.invite_required = true;
    expected = "move.invite_needed";
  }
  SECTION("a telephone number or a captcha") {
    bench.network.new_host.phone_required = true;
    expected = "move.phone";
  }
  SECTION("a blob that is gone") {
    bench.network.old_account().blobs.erase(bench.network.old_account().blobs.begin());
    expected = "move.blobs_missing";
  }
  SECTION("a blob that is too large") {
    bench.network.new_host.alter("com.atproto.server.describeServer",
                                 [](data::Object& answer) { answer.set("blobUploadLimit", 10); });
    expected = "plan.blob_limit";
  }
  SECTION("a clock that is wrong here") {
    for (FakePds* host : {&bench.network.old_host, &bench.network.new_host}) host->ahead_us = 900'000'000;
    bench.network.plc.ahead_us = 900'000'000;
    expected = "plan.clock";
  }
  SECTION("a repository that does not hold") {
    bench.network.old_account().key = plc_key(77);
    bench.network.old_host.commit(bench.network.old_account());
    expected = "export.signature";
  }
  bench.network.old_host.effects = {};
  const auto run = bench.dry_run();
  CHECK(first_obstacle(run) == expected);
  REQUIRE(run);
  for (const Error& one : run->plan.obstacles) {
    CHECK(one.kind == ErrorKind::refused);
    INFO(one.id);
    CHECK_FALSE((one.hint.empty() && one.id != "export.signature"));
  }
  CHECK(bench.network.new_host.effects.accounts == 0);
}

TEST_CASE("dry run: without the old host a damaged backup, a wrong key and a slow clock are named",
          "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.options.handle = "alice.new-host.net";
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
  SECTION("a blob that is not there") {
    std::filesystem::remove(std::filesystem::directory_iterator(bench.options.from + "/blobs")->path());
    expected = "leave.backup_damaged";
  }
  SECTION("a new host whose clock is a minute ahead finds our token spent") {
    bench.network.new_host.ahead_us = 60'000'000;
    expected = "plan.clock";
  }
  const auto run = bench.dry_run();
  CHECK(first_obstacle(run) == expected);
  CHECK(bench.network.plc.accepted == 0);
}

TEST_CASE("dry run: a key of another account, and a log that does not hold, end it", "[migrate]") {
  MoveBench bench;
  SECTION("log") {
    PlcLog& log = bench.network.plc.log(bench.network.did);
    log.entries().front().nullified = true;
    CHECK(error_id(bench.dry_run()) == "plan.log");
  }
  SECTION("key") {
    bench.lose_old_host();
    SeededRandom random(3);
    bench.sources.passphrase.file = bench.secret_file("phrase", "open sesame");
    bench.options.rotation_key = bench.file("sealed.key");
    account::write_key_file(os::posix_file_system(), random, bench.options.rotation_key,
                            {plc_key(FakeNetwork::kUserKey), "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"},
                            Secret::copy_of("open sesame"), 0)
        .value();
    CHECK(error_id(bench.dry_run()) == "leave.other_key");
  }
}

TEST_CASE("dry run: a move that is under way is told, and left as it is", "[migrate]") {
  MoveBench bench;
  bench.network.old_host.refuse("com.atproto.sync.getRepo", 500, "InternalServerError", "later");
  CHECK_FALSE(bench.start().result);
  bench.network.old_host.intercepts.clear();
  bench.options.handle = "alice.new-host.net";
  const auto run = bench.dry_run();
  REQUIRE(run);
  REQUIRE(run->plan.warnings.size() == 1);
  CHECK(run->plan.warnings.front().find("is under way on this machine") != std::string::npos);
  bench.options.handle.clear();
  const auto resumed = bench.resume();
  REQUIRE(resumed.result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("dry run: what a hostile host has signed is shown, with who could undo it until when",
          "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.options.handle = "alice.new-host.net";
  const std::string rogue = bench.betray("mallory.net", true);
  const auto run = bench.dry_run();
  REQUIRE(run);
  CHECK(first_obstacle(run) == "leave.key_removed");
  REQUIRE(run->plan.contestable.size() == 1);
  const migrate::Contestable& one = run->plan.contestable.front();
  CHECK(one.cid == rogue);
  CHECK(one.takes_key);
  CHECK(one.signer == bench.network.old_host.rotation_did_key());
  CHECK(one.reversal.until_us == one.created_us + plc::kRecoveryWindowUs);
  CHECK(run->words.find("It can be undone until " + os::rfc3339(one.reversal.until_us)) != std::string::npos);
  CHECK(run->words.find("Your key is the first: nobody can undo") != std::string::npos);
  // The first change as it would be with it undone: the user's key back, the handle too, the host's key gone.
  REQUIRE(run->plan.changes.size() == 2);
  CHECK(run->plan.changes[0].keys == 1);
  CHECK(run->plan.changes[0].undo.find("undoes what was done against you") != std::string::npos);
  CHECK(bench.person.questions.empty());

  bench.options.undo_operations = {rogue};
  const auto answered = bench.dry_run();
  CHECK(first_obstacle(answered) == "");
  CHECK(bench.network.plc.accepted == 0);
  bench.options.handle.clear();
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("dry run: what may be the user's own doing is asked about, and kept when the user says so",
          "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  bench.options.handle = "alice.new-host.net";
  const std::string own = bench.betray("alice2.net", false);
  CHECK(first_obstacle(bench.dry_run()) == "leave.foreign_operation");
  bench.options.keep_operations = {own};
  const auto run = bench.dry_run();
  CHECK(first_obstacle(run) == "");
  REQUIRE(run);
  CHECK(run->plan.contestable.front().answer == migrate::Answer::keep);
  CHECK(run->words.find("it stays") != std::string::npos);
  CHECK(run->plan.changes[0].undo.find("undoes what was done") == std::string::npos);
}
