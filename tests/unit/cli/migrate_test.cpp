// A move as it is typed: what is asked, what is shown and to whom, what is refused.
#include "core/base/encoding.h"
#include "tests/support/catch.h"
#include "tests/unit/cli/cli_bench.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

constexpr const char* kHostile = "\x1b]0;owned\x07\u202e\u009b31m\r";

struct Moving : CliBench {
  Moving() { use_real_files(); }
  Run move(std::vector<std::string> more = {"--no-recovery-key"}) {
    more.insert(more.begin(), {"migrate", did(), "--to", "https://new-host.net"});
    return run(more);
  }
  bool moved() {
    return network.plc.accepted == 1 && network.new_host.find(network.did) != nullptr &&
           network.new_account().active && network.new_account().password == FakeNetwork::kNewPassword;
  }
  bool shows(std::string_view part) const { return person.shown.find(part) != std::string::npos; }
  void put_secret(const std::string& name, std::string_view content) {
    auto file = os::posix_file_system().create(temp.file(name)).value();
    file->write(as_bytes(content)).value();
  }
  // The state of the identity as `change` makes it, signed by the old host.
  void publish(const std::function<void(plc::State&)>& change) {
    PlcLog& log = network.plc.log(network.did);
    plc::State state = log.state();
    change(state);
    auto operation = plc::Operation::make(state, log.cid(log.head()));
    operation.sign(network.old_host.rotation_key()).value();
    network.plc.submit(network.did, operation).value();
    network.plc.accepted = 0;
  }
};

std::size_t times(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("migrate: a whole move at a terminal: plan, secrets, diff, question, outcome", "[cli]") {
  Moving bench;
  const auto run = bench.move();
  INFO(run.err);
  CHECK(run.exit == 0);
  CHECK(bench.moved());
  CHECK(run.out.find("has moved to https://new-host.net") != std::string::npos);
  CHECK(run.says("This is the change to your identity"));
  CHECK(bench.person.was_asked("Change the identity now?"));
  // The code is the last thing that is asked for.
  CHECK(bench.person.questions.back().find("PLC operation") != std::string::npos);
  for (const char* secret : {FakeNetwork::kPassword, FakeNetwork::kNewPassword}) {
    for (const std::string& text : {run.out, run.err, bench.person.shown})
      CHECK(text.find(secret) == std::string::npos);
  }
  const auto status = bench.run({"migrate", "status"});
  CHECK(status.out.find("finished") != std::string::npos);
  CHECK(bench.run({"--json", "migrate", "status"}).of_type("move").size() == 1);
}

TEST_CASE("migrate: what is secret is asked without echo, and what is not with it", "[cli]") {
  Moving bench;
  bench.network.old_host.two_factor = true;
  CHECK(bench.move().exit == 0);
  const auto asked = [](const std::vector<std::string>& list, std::string_view part) {
    return std::ranges::any_of(list,
                               [&](const std::string& one) { return one.find(part) != std::string::npos; });
  };
  for (const char* part :
       {"Main password", "New password", "The same again", "Login code", "PLC operation"}) {
    INFO(part);
    CHECK(asked(bench.person.hidden, part));
  }
  for (const char* part : {"New handle", "Begin?", "Change the identity now?"}) {
    INFO(part);
    CHECK(asked(bench.person.questions, part));
    CHECK_FALSE(asked(bench.person.hidden, part));
  }
  CHECK(bench.person.times_asked("this is not yet the code for the change of identity") == 1);
}

TEST_CASE("migrate: the new password is asked for twice; two that differ are not taken", "[cli]") {
  Moving bench;
  bench.person.next_time("New password", "first");
  bench.person.next_time("The same again", "second");
  CHECK(bench.move().exit == 0);
  CHECK(bench.shows("The two differ"));
  CHECK(bench.person.times_asked("New password") == 2);
  CHECK(bench.moved());
}

TEST_CASE("migrate: after three that differ it ends, and nothing has happened", "[cli]") {
  Moving bench;
  for (int i = 0; i < 3; ++i) bench.person.next_time("The same again", std::to_string(i));
  CHECK(bench.move().exit == 4);
  CHECK(bench.network.new_host.effects.accounts == 0);
  CHECK(bench.move().exit == 0);
  CHECK(bench.moved());
}

TEST_CASE("migrate: the old password is never taken for the new one", "[cli]") {
  Moving bench;
  SECTION("typed") {
    bench.person.next_time("New password", FakeNetwork::kPassword);
    CHECK(bench.move().exit == 0);
    CHECK(bench.shows("That is the old password"));
    CHECK(bench.moved());
  }
  SECTION("from a file") {
    bench.put_secret("new", FakeNetwork::kPassword);
    const auto run =
        bench.move({"--no-recovery-key", "--new-password-file", bench.temp.file("new"), "--json"});
    CHECK(run.exit == 22);
    CHECK(run.last("id") == "move.same_password");
    CHECK(bench.network.new_host.effects.accounts == 0);
  }
}

TEST_CASE("migrate: a rotation key of unknown owner is shown, and asked about", "[cli]") {
  Moving bench;
  const std::string key = plc_did_key(50);
  bench.publish([&](plc::State& state) { state.rotation_keys.insert(state.rotation_keys.begin(), key); });
  const bool keep = GENERATE(false, true);
  bench.person.next_time("Keep this key?", keep ? "yes" : "no");
  CHECK(bench.move().exit == 0);
  CHECK(bench.shows(key));
  const auto& keys = bench.network.plc.state(bench.network.did).rotation_keys;
  CHECK((std::ranges::find(keys, key) != keys.end()) == keep);
}

TEST_CASE("migrate: the recovery key is shown once, on the terminal alone", "[cli]") {
  Moving bench;
  bench.person.next_time("Make one now", "yes");
  bench.person.next_time("File to keep it in", "keys/recovery.key");
  REQUIRE(bench.fs().make_folders(bench.temp.file("keys")));
  bench.person.next_time("The same again", FakeNetwork::kNewPassword);
  bench.person.next_time("Passphrase for the recovery key", "sesame");
  bench.person.next_time("The same again", "sesame");
  const auto run = bench.move({});
  INFO(run.err);
  REQUIRE(run.exit == 0);
  CHECK(times(bench.person.shown, "It is shown this once") == 1);
  const std::size_t at = bench.person.shown.find("\n  k256 ");
  REQUIRE(at != std::string::npos);
  const std::string hex = bench.person.shown.substr(at + 8, 64);
  CHECK(hex.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(times(bench.person.shown, hex) == 1);
  CHECK(run.out.find(hex) == std::string::npos);
  CHECK(run.err.find(hex) == std::string::npos);
  // A relative name is one in the folder where the command was typed.
  CHECK(os::exists(bench.fs(), bench.temp.file("keys/recovery.key")));
  const auto key = crypto::PrivateKey::from_scalar(crypto::Curve::k256, hex_decode(hex).value()).value();
  CHECK(bench.network.plc.state(bench.network.did).rotation_keys.front() == key.public_key().did_key());
}

TEST_CASE("migrate: a file for the recovery key that is never named ends it before anything is done",
          "[cli]") {
  Moving bench;
  bench.person.next_time("Make one now", "yes");
  for (int i = 0; i < 3; ++i) bench.person.next_time("File to keep it in", " ");
  const auto run = bench.move({"--json"});
  CHECK(run.exit == 2);
  CHECK(run.last("id") == "move.recovery_path");
  CHECK(bench.network.new_host.effects.accounts == 0);
}

TEST_CASE("migrate: with nobody there each missing answer is named, and nothing is asked", "[cli]") {
  Moving bench;
  bench.person.present = false;
  const auto needs = [&](const std::vector<std::string>& words, int code, const std::string& flag) {
    INFO(flag);
    const auto run = bench.run(words);
    CHECK(run.exit == code);
    CHECK(run.says(flag));
  };
  std::vector<std::string> words = {"migrate", bench.did(), "--to", "https://new-host.net"};
  needs(words, 22, "--handle");
  words.insert(words.end(), {"--handle", "alice.new-host.net"});
  needs(words, 22, "--confirm " + bench.did());
  words.insert(words.end(), {"--confirm", bench.did()});
  needs(words, 4, "--password-file");
  bench.put_secret("old", FakeNetwork::kPassword);
  words.insert(words.end(), {"--password-file", bench.temp.file("old")});
  needs(words, 4, "--new-password-file");
  bench.put_secret("new", FakeNetwork::kNewPassword);
  words.insert(words.end(), {"--new-password-file", bench.temp.file("new")});
  needs(words, 4, "--plc-token-file");
  bench.put_secret("code", bench.network.old_host.mailbox());
  words.insert(words.end(), {"--plc-token-file", bench.temp.file("code")});
  const auto run = bench.run(words);
  INFO(run.err);
  CHECK(run.exit == 0);
  CHECK(bench.moved());
  CHECK(bench.person.questions.empty());
  CHECK(bench.person.shown.empty());
}

TEST_CASE(
    "migrate: with --json the steps are objects, the last line the summary; the words are at the terminal",
    "[cli]") {
  Moving bench;
  const auto run = bench.move({"--no-recovery-key", "--json"});
  CHECK(run.exit == 0);
  CHECK(run.err == "");
  CHECK(run.of_type("step").size() > 20);
  CHECK(run.of_type("notice").size() >= 2);
  CHECK(run.last("type") == "summary");
  CHECK(run.last("new_host") == "https://new-host.net");
  for (const char* secret : {FakeNetwork::kPassword, FakeNetwork::kNewPassword})
    CHECK(run.out.find(secret) == std::string::npos);
}

TEST_CASE("migrate: an import that is too large for the new host says who can change that", "[cli]") {
  Moving bench;
  bench.network.new_host.refuse("com.atproto.repo.importRepo", 413, "PayloadTooLarge",
                                "request entity too large");
  const auto run = bench.move();
  CHECK(run.exit == 1);
  CHECK(run.says("the repository has "));
  CHECK(run.says("PDS_MAX_REPO_IMPORT_SIZE"));
  CHECK(run.says("atbackup migrate resume"));
  CHECK(bench.network.plc.accepted == 0);
  CHECK(bench.network.old_account().active);
  const auto status = bench.run({"migrate", "status"});
  CHECK(status.out.find("nothing is lost by stopping") != std::string::npos);
  bench.network.new_host.intercepts.clear();
  CHECK(bench.run({"migrate", "resume"}).exit == 0);
  CHECK(bench.moved());
}

TEST_CASE("migrate: what the hosts and the directory say is escaped wherever it is shown", "[cli]") {
  Moving bench;
  bench.publish([](plc::State& state) {
    state.also_known_as.push_back(std::string("https://x.net/") + kHostile);
    state.services.emplace_back(
        std::string("odd") + kHostile,
        plc::Service{std::string("Type") + kHostile, std::string("https://y.net/") + kHostile});
    state.rotation_keys.insert(state.rotation_keys.begin(), plc_did_key(50));
  });
  bench.person.next_time("Keep this key?", "yes");
  bench.network.new_host.alter("com.atproto.server.describeServer", [](data::Object& answer) {
    answer.set("availableUserDomains", data::Array{data::Value(std::string(".new-host.net") + kHostile)});
  });
  bench.network.new_host.refuse("com.atproto.server.activateAccount", 400, std::string("Odd") + kHostile,
                                kHostile);
  bench.person.next_time("New handle", "alice.new-host.net");
  const auto clean = [&](const CliBench::Run& run) {
    CHECK_FALSE(has_raw_controls(run.out));
    CHECK_FALSE(has_raw_controls(run.err));
  };
  const auto words =
      bench.run({"-vvv", "migrate", bench.did(), "--to", "https://new-host.net", "--no-recovery-key"});
  clean(words);
  CHECK(words.exit == 1);
  CHECK(bench.network.plc.accepted == 1);
  CHECK(words.says("\\x1b]0;owned"));
  clean(bench.run({"-vvv", "migrate", "status"}));
  clean(bench.run({"--json", "migrate", "status"}));
  clean(bench.run({"--json", "migrate", "resume"}));
  CHECK_FALSE(has_raw_controls(bench.person.shown));
  for (const std::string& question : bench.person.questions) {
    INFO(question);
    CHECK_FALSE(has_raw_controls(question));
  }
}

TEST_CASE("migrate: status and resume where there is nothing", "[cli]") {
  Moving bench;
  const auto status = bench.run({"migrate", "status"});
  CHECK(status.exit == 0);
  CHECK(status.out == "no move is under way\n");
  CHECK(bench.run({"migrate", "resume"}).exit == 10);
}
