// plc log, verify, diff, sign, submit, revert; key list, key show.
#include "core/data/json.h"
#include "core/plc/operation_file.h"
#include "tests/support/catch.h"
#include "tests/unit/cli/cli_bench.h"

using namespace atb;
using namespace atb::test;

namespace {

// The user's key stands first; then the host takes the handle.
struct Fight : CliBench {
  Fight() {
    use_real_files();
    network.enroll_user_key();
    key = file("user.key", "k256 " + std::string(plc_key(FakeNetwork::kUserKey).scalar_hex().reveal()));
    network.clock.advance(std::chrono::hours(1));
    plc::State state = network.plc.state(network.did);
    state.also_known_as = {"at://mallory.net"};
    rogue = publish(state, FakeNetwork::kOldKey);
    network.plc.accepted = 0;
  }
  std::string publish(const plc::State& state, std::uint32_t signer) {
    plc::Operation operation = plc::Operation::make(state, log().cid(log().head()));
    operation.sign(plc_key(signer)).value();
    network.plc.submit(network.did, operation).value();
    return operation.cid().str();
  }
  PlcLog& log() { return network.plc.log(network.did); }
  std::string file(const std::string& name, std::string_view content) {
    const std::string path = temp.file(name);
    if (os::exists(os::posix_file_system(), path)) os::posix_file_system().remove(path).value();
    os::posix_file_system().create(path).value()->write(as_bytes(content)).value();
    return path;
  }
  std::string content(const std::string& path) {
    return std::string(as_text(os::read_file(os::posix_file_system(), path, 1U << 20).value()));
  }

  std::string key;
  std::string rogue;
};

std::int64_t number(const data::Value& object, std::string_view name) {
  return data::require_integer(object, name).value();
}

}  // namespace

TEST_CASE("plc log: who signed what, what can be undone until when and by whom", "[cli]") {
  Fight bench;
  bench.run({"key", "show", bench.key});  // seen here: known as the user's from now on
  const auto shown = bench.run({"plc", "log", bench.did()});
  INFO(shown.err);
  REQUIRE(shown.exit == 0);
  CHECK(shown.out.find("3 operations, 0 of them undone") != std::string::npos);
  CHECK(shown.out.find("can be undone until") != std::string::npos);
  CHECK(shown.out.find(plc_did_key(FakeNetwork::kUserKey) + " (yours: " + bench.key + ")") !=
        std::string::npos);
  CHECK(shown.out.find("mallory.net") != std::string::npos);
  CHECK_FALSE(has_raw_controls(shown.out));

  const auto json = bench.run({"--json", "plc", "log", bench.did()});
  const auto operations = json.of_type("operation");
  REQUIRE(operations.size() == 3);
  CHECK(data::text_or(operations.back(), "cid", "") == bench.rogue);
  CHECK(number(operations.back(), "rank") == 2);
  CHECK(operations.back().find("undo_by")->array()->size() == 1);
  CHECK(operations.front().find("undo_by") == nullptr);
  CHECK(number(json.lines().back(), "entries") == 3);
}

TEST_CASE("plc revert: the fight is explained, agreed to and won; plc log shows it", "[cli]") {
  Fight bench;
  const auto reverted = bench.run({"plc", "revert", bench.did(), "--rotation-key", bench.key});
  INFO(reverted.err);
  REQUIRE(reverted.exit == 0);
  CHECK(reverted.says("stands above the one that signed it"));
  CHECK(reverted.out.find("undone: " + bench.rogue) != std::string::npos);
  CHECK(reverted.out.find("Nobody can undo it") != std::string::npos);
  const auto log = bench.run({"plc", "log", bench.did()});
  CHECK(log.out.find("UNDONE by operation 4") != std::string::npos);
  CHECK(bench.run({"plc", "revert", bench.did(), bench.rogue, "--rotation-key", bench.key}).exit == 22);
  CHECK(bench.network.plc.accepted == 1);
}

TEST_CASE("plc revert: refusals with their exit code, and nothing happens", "[cli]") {
  Fight bench;
  CHECK(bench.run({"--json", "plc", "revert", bench.did()}).last("id") == "usage");
  bench.person.present = false;
  const auto silent = bench.run({"--json", "plc", "revert", bench.did(), "--rotation-key", bench.key});
  CHECK(silent.exit == 22);
  CHECK(silent.last("id") == "move.confirm");
  bench.network.clock.advance(std::chrono::hours(73));
  const auto late = bench.run(
      {"--json", "plc", "revert", bench.did(), "--rotation-key", bench.key, "--confirm", bench.did()});
  CHECK(late.exit == 22);
  CHECK(late.last("id") == "plc.revert_late");
  CHECK(bench.network.plc.accepted == 0);
}

TEST_CASE("plc sign: an operation is made here, signed without a network, and published here", "[cli]") {
  Fight bench;
  const std::string request = bench.temp.file("request.json");
  const std::string answer = bench.temp.file("signed.json");
  const auto made = bench.run({"plc", "revert", bench.did(), "--unsigned-out", request, "--signer",
                               plc_did_key(FakeNetwork::kUserKey)});
  INFO(made.err);
  REQUIRE(made.exit == 0);
  CHECK(made.says("is to be undone"));
  CHECK(bench.network.plc.accepted == 0);

  bench.no_http = Error(ErrorKind::network, "http.connect", "there is no network here");
  bench.person.next_time("Sign this change", "yes");
  const auto signed_here = bench.run({"plc", "sign", request, "--rotation-key", bench.key, "-o", answer});
  INFO(signed_here.err);
  REQUIRE(signed_here.exit == 0);
  CHECK(signed_here.says("This is the change to your identity"));
  bench.no_http.reset();
  CHECK(plc::parse_operation_file(bench.content(answer), Limits{})->is_signed);

  const auto submitted = bench.run({"--json", "plc", "submit", answer, "--confirm", bench.did()});
  INFO(submitted.err);
  REQUIRE(submitted.exit == 0);
  CHECK(bench.network.plc.accepted == 1);
  // Again: it is in force, and that is all there is to say.
  CHECK(bench.run({"plc", "submit", answer, "--confirm", bench.did()}).exit == 0);
  CHECK(bench.network.plc.accepted == 1);
}

TEST_CASE("plc sign, plc submit: what is not as it should be is refused", "[cli]") {
  Fight bench;
  const auto log = plc::audit_log(bench.network.did, bench.log().entries()).value();
  plc::Operation operation = plc::Operation::make(log.state(), log.head_cid());
  const std::string out = bench.temp.file("out.json");
  const auto sign = [&](const std::string& path, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"--json",  "plc", "sign", path,        "--rotation-key",
                                      bench.key, "-o",  out,    "--confirm", bench.did()};
    words.insert(words.end(), more.begin(), more.end());
    return bench.run(words).last("id");
  };
  const auto submit = [&](const std::string& path, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"--json", "plc", "submit", path, "--confirm", bench.did()};
    words.insert(words.end(), more.begin(), more.end());
    return bench.run(words).last("id");
  };
  const std::string bare = bench.file("bare.json", data::to_json(operation.json()));
  CHECK(sign(bare) == "plc.unknown_change");
  CHECK(submit(bare) == "plc.not_signed");
  const std::string whole = bench.file("whole.json", plc::operation_file(bench.network.did, operation, &log));
  CHECK(sign(whole) == "");
  CHECK(sign(whole) == "plc.out_exists");
  CHECK(sign(out) == "plc.signed_already");
  CHECK(submit(out, {"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"}) == "plc.file_did");
  // The log may lie beside it.
  os::posix_file_system().remove(out).value();
  const std::string beside = bench.file("log.json", data::to_json(plc::log_json(log.entries)));
  CHECK(sign(bare, {"--log", beside}) == "");
  const auto bare_signed = plc::parse_operation_file(bench.content(out), Limits{})->operation;
  CHECK(submit(bench.file("bare-signed.json", data::to_json(bare_signed.json()))) == "usage");
  bench.person.present = false;
  CHECK(bench
            .run({"--json", "plc", "sign", bare, "--log", beside, "--rotation-key", bench.key, "-o",
                  bench.temp.file("second.json")})
            .last("id") == "move.confirm");
}

TEST_CASE("plc verify: of an account, of a file; another account, and a log that was changed", "[cli]") {
  Fight bench;
  const auto online = bench.run({"plc", "verify", bench.did()});
  INFO(online.err);
  CHECK(online.exit == 0);
  CHECK(online.out.find("the log holds") != std::string::npos);
  bench.no_http = Error(ErrorKind::network, "http.connect", "there is no network here");
  const std::string path = bench.file("log.json", bench.log().audit_json());
  CHECK(bench.run({"plc", "verify", path, "--did", bench.did()}).exit == 0);
  const auto other =
      bench.run({"--json", "plc", "verify", path, "--did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"});
  CHECK(other.exit == 21);
  CHECK(other.last("id") == "plc.other_did");
  bench.log().entries().back().nullified = true;
  const auto spoiled =
      bench.run({"--json", "plc", "verify", bench.file("bad.json", bench.log().audit_json())});
  CHECK(spoiled.exit == 21);
  CHECK(spoiled.last("id") == "plc.nullified_flag");
  CHECK(bench.run({"--json", "plc", "verify", bench.file("empty.json", "[]")}).last("id") == "plc.empty");
  CHECK(bench.run({"--json", "plc", "verify", bench.file("bare.json", "{}")}).last("id") == "plc.operation");
}

TEST_CASE("plc verify: a directory that takes an operation back is found out by the log seen before",
          "[cli]") {
  Fight bench;
  REQUIRE(bench.run({"plc", "verify", bench.did()}).exit == 0);
  const std::vector<plc::LogEntry> before = bench.log().entries();
  bench.log().entries().pop_back();
  const std::string shorter = bench.file("shorter.json", bench.log().audit_json());
  bench.log().entries() = before;
  const auto found = bench.run({"--json", "plc", "verify", shorter});
  CHECK(found.exit == 21);
  CHECK(data::text_or(found.of_type("finding").front(), "id", "") == "plc.witness_shortened");
  CHECK(bench.run({"plc", "verify", shorter}).out.find("SOMEONE SHOULD LOOK") != std::string::npos);
}

TEST_CASE("plc diff: two logs, a log and a document, what an operation changes", "[cli]") {
  Fight bench;
  const std::string now = bench.file("now.json", bench.log().audit_json());
  std::vector<plc::LogEntry> entries = bench.log().entries();
  entries.pop_back();
  const std::string before = bench.file("before.json", data::to_json(plc::log_json(entries)));
  const auto grown = bench.run({"plc", "diff", before, now});
  CHECK(grown.exit == 0);
  CHECK(grown.out.find("goes on where") != std::string::npos);
  CHECK(grown.out.find("The handle changes from") != std::string::npos);
  CHECK(bench.run({"plc", "diff", now, before}).out.find("goes on where") != std::string::npos);
  CHECK(bench.run({"plc", "diff", now, now}).out.find("The identity is the same in both") !=
        std::string::npos);
  CHECK(bench.run({"plc", "diff", now, bench.did()}).out.find("both histories are the same") !=
        std::string::npos);

  bench.have_backup(bench.temp.file("backup/"));
  const auto document = bench.run({"plc", "diff", before, bench.temp.file("backup/did.json")});
  CHECK(document.exit == 0);
  CHECK(document.out.find("mallory.net") != std::string::npos);
  CHECK(bench
            .run({"--json", "plc", "diff", bench.temp.file("backup/did.json"),
                  bench.temp.file("backup/did.json")})
            .last("id") == "usage");

  plc::Operation operation = plc::Operation::make(entries.back().operation.state(), entries.back().cid);
  const auto operation_file = [&](const std::string& name) {
    return bench.file(name, plc::operation_file(bench.network.did, operation, nullptr));
  };
  const auto unsigned_one = bench.run({"plc", "diff", now, operation_file("op.json")});
  CHECK(unsigned_one.out.find("not signed yet") != std::string::npos);
  operation.sign(plc_key(FakeNetwork::kUserKey)).value();
  const auto signed_one = bench.run({"plc", "diff", now, operation_file("signed.json")});
  CHECK(signed_one.out.find("operation 3 is undone") != std::string::npos);
  operation.sign(plc_key(FakeNetwork::kOldKey)).value();
  CHECK(bench.run({"plc", "diff", now, operation_file("weak.json")}).out.find("would not take it") !=
        std::string::npos);

  // Histories that part.
  std::vector<plc::LogEntry> rewritten = entries;
  operation.sign(plc_key(FakeNetwork::kUserKey)).value();
  rewritten.push_back({bench.network.did, operation, operation.cid(), false, entries.back().created_at,
                       entries.back().created_us + 1000});
  rewritten.back().created_at = plc_time(rewritten.back().created_us);
  const auto parted = bench.run(
      {"--json", "plc", "diff", now, bench.file("parted.json", data::to_json(plc::log_json(rewritten)))});
  CHECK(parted.exit == 21);
  CHECK(data::text_or(parted.of_type("finding").front(), "id", "") == "plc.diverged");
  std::vector<plc::LogEntry> redated = bench.log().entries();
  redated.back().created_at = plc_time(redated.back().created_us + 1'000'000);
  const auto late = bench.run(
      {"--json", "plc", "diff", now, bench.file("redated.json", data::to_json(plc::log_json(redated)))});
  CHECK(late.exit == 23);
  CHECK(data::text_or(late.of_type("finding").front(), "id", "") == "plc.redated");
}

TEST_CASE("plc log: of a backup; a backup without a log says so", "[cli]") {
  Fight bench;
  bench.have_backup(bench.temp.file("backup/"));
  bench.no_http = Error(ErrorKind::network, "http.connect", "there is no network here");
  const auto shown = bench.run({"plc", "log", bench.temp.file("backup/")});
  INFO(shown.err);
  CHECK(shown.exit == 0);
  CHECK(shown.out.find("3 operations") != std::string::npos);
  os::posix_file_system().remove(bench.temp.file("backup/plc-log.json")).value();
  const auto none = bench.run({"--json", "plc", "log", bench.temp.file("backup/")});
  CHECK(none.last("id") == "plc.no_log");
}

TEST_CASE("plc revert, plc sign: nothing is prepared on a log that contradicts one that was seen before",
          "[cli]") {
  Fight bench;
  REQUIRE(bench.run({"plc", "verify", bench.did()}).exit == 0);
  const auto prepare = [&](const std::string& from, const std::string& name) {
    return bench.run({"--json", "plc", "revert", from, "--unsigned-out", bench.temp.file(name), "--signer",
                      plc_did_key(FakeNetwork::kUserKey)});
  };
  const std::string request = bench.temp.file("request.json");
  REQUIRE(prepare(bench.did(), "request.json").exit == 0);
  const auto sign = [&] {
    return bench.run({"--json", "plc", "sign", request, "--rotation-key", bench.key, "-o",
                      bench.temp.file("signed.json"), "--confirm", bench.did()});
  };
  SECTION("a file that is merely older than what was seen since is none") {
    plc::State state = bench.network.plc.state(bench.network.did);
    state.also_known_as = {"at://mallory2.net"};
    bench.publish(state, FakeNetwork::kOldKey);
    REQUIRE(bench.run({"plc", "verify", bench.did()}).exit == 0);
    CHECK(sign().exit == 0);
  }
  // Another operation in the place of the second.
  const auto rewritten = [&] {
    PlcLog& log = bench.log();
    plc::State other = log.entries().front().operation.state();
    other.also_known_as = {"at://someone.else.net"};
    PlcLog made(log.entries().front().operation, log.entries().front().created_us);
    made.update(other, plc_key(FakeNetwork::kOldKey), log.entries()[1].created_us);
    return made;
  };
  SECTION("a directory that takes an operation back") {
    bench.log().entries().pop_back();
    const auto shortened = prepare(bench.did(), "second.json");
    CHECK(shortened.exit == 22);
    CHECK(shortened.last("id") == "plan.witness");
  }
  SECTION("a directory, or a file, that has another in its place") {
    bench.log() = rewritten();
    CHECK(prepare(bench.did(), "second.json").last("id") == "plan.witness");
    CHECK(prepare(bench.file("rewritten.json", bench.log().audit_json()), "third.json").last("id") ==
          "plan.witness");
  }
  SECTION("an operation that carries such a log") {
    PlcLog log = rewritten();
    const auto told = plc::audit_log(bench.network.did, log.entries()).value();
    const plc::Operation operation = plc::Operation::make(told.state(), told.head_cid());
    bench.file("request.json", plc::operation_file(bench.network.did, operation, &told));
    const auto refused = sign();
    CHECK(refused.exit == 22);
    CHECK(refused.last("id") == "plan.witness");
  }
}

TEST_CASE("export: a directory that contradicts itself is told, and the backup is kept", "[cli]") {
  Fight bench;
  bench.have_backup(bench.temp.file("backup/"));
  auto& entries = bench.log().entries();
  entries.back().created_us += 1'000'000;
  entries.back().created_at = plc_time(entries.back().created_us);
  const auto again = bench.run({"export", bench.did(), "-o", bench.temp.file("backup/")});
  CHECK(again.exit == 23);
  CHECK(again.out.find("the directory contradicts itself") != std::string::npos);
  CHECK(bench.run({"verify", bench.temp.file("backup/")}).exit == 0);
}

TEST_CASE("key list, key show: key files are known by sight, and where their keys stand", "[cli]") {
  Fight bench;
  const auto none = bench.run({"key", "list"});
  CHECK(none.out.find("No key files are known here") != std::string::npos);
  const std::string sealed = bench.temp.file("new.key");
  bench.person.next_time("Passphrase for the recovery key file", "open sesame");
  bench.person.next_time("The same again", "open sesame");
  REQUIRE(bench.run({"key", "new", sealed}).exit == 0);
  REQUIRE(bench.run({"plc", "log", bench.did()}).exit == 0);  // its log is seen

  bench.person.present = false;  // nobody is asked for a passphrase
  const auto shown = bench.run({"--json", "key", "show", sealed});
  CHECK(shown.exit == 0);
  CHECK(data::text_or(shown.lines().back(), "form", "") == "sealed");
  CHECK(data::text_or(shown.lines().back(), "fingerprint", "").size() == 19);
  const auto plain = bench.run({"key", "show", bench.key});
  CHECK(plain.out.find("in " + bench.did() + " (mallory.net): rank 1 of 2, the highest") !=
        std::string::npos);
  CHECK(bench.run({"--json", "key", "show", sealed, "--sheet"}).last("id") == "key.no_terminal");

  const auto listed = bench.run({"--json", "key", "list", bench.temp.path()});
  REQUIRE(listed.of_type("key").size() == 2);
  bench.file("user.key", "something else");
  os::posix_file_system().remove(sealed).value();
  const auto later = bench.run({"key", "list"});
  CHECK(later.out.find("new.key  gone") != std::string::npos);
}

TEST_CASE("key show: the sheet once more, on the terminal only; a file nobody knows asks its passphrase",
          "[cli]") {
  Fight bench;
  const std::string sealed = bench.temp.file("new.key");
  bench.person.next_time("Passphrase for the recovery key file", "open sesame");
  bench.person.next_time("The same again", "open sesame");
  REQUIRE(bench.run({"key", "new", sealed}).exit == 0);
  bench.person.shown.clear();
  bench.person.next_time("Passphrase of", "open sesame");
  const auto sheet = bench.run({"key", "show", sealed, "--sheet"});
  CHECK(sheet.exit == 0);
  CHECK(bench.person.shown.find("k256 ") != std::string::npos);
  CHECK(sheet.out.find("k256 ") == std::string::npos);

  // On another machine nothing is known of the file.
  bench.environment["XDG_STATE_HOME"] = bench.temp.file("other-state");
  const auto listed = bench.run({"key", "list", bench.temp.path()});
  CHECK(listed.out.find("only its passphrase tells") != std::string::npos);
  bench.person.next_time("Passphrase of", "open sesame");
  CHECK(bench.run({"key", "show", sealed}).exit == 0);
  CHECK(bench.run({"key", "list", bench.temp.path()}).out.find("new.key  sealed\n  did:key:") !=
        std::string::npos);
}
