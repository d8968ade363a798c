// The table of exit codes: what gives which, and that each can be had from the program.
#include "cli/exit_code.h"

#include "core/crypto/sealed.h"
#include "core/os/atomic_file.h"
#include "tests/support/catch.h"
#include "tests/unit/cli/cli_bench.h"

#include <set>

using namespace atb;
using namespace atb::test;
using cli::ExitCode;

namespace {

int code_of(ErrorKind kind, std::string_view id = "some.id") {
  return static_cast<int>(cli::exit_code_of(Error(kind, id, "it went wrong")));
}

}  // namespace

TEST_CASE("exit code: every kind of error has the one that the contract gives it", "[cli]") {
  const std::vector<std::pair<ErrorKind, int>> table = {
      {ErrorKind::invalid_input, 2},  {ErrorKind::corrupt, 20},
      {ErrorKind::untrusted, 21},     {ErrorKind::unsupported, 1},
      {ErrorKind::limit_exceeded, 1}, {ErrorKind::not_found, 10},
      {ErrorKind::conflict, 1},       {ErrorKind::io, 1},
      {ErrorKind::no_space, 28},      {ErrorKind::network, 6},
      {ErrorKind::timeout, 6},        {ErrorKind::remote, 1},
      {ErrorKind::gone, 7},           {ErrorKind::rate_limited, 5},
      {ErrorKind::auth, 4},           {ErrorKind::bad_key, 12},
      {ErrorKind::locked, 11},        {ErrorKind::refused, 22},
      {ErrorKind::incomplete, 3},     {ErrorKind::alarm, 23},
      {ErrorKind::cancelled, 130},    {ErrorKind::internal, 1}};
  for (const auto& [kind, code] : table) {
    INFO(name_of(kind));
    CHECK(code_of(kind) == code);
  }
  // `internal` is the last: no kind is left out.
  CHECK(table.size() == static_cast<std::size_t>(ErrorKind::internal) + 1);
}

TEST_CASE("exit code: a format newer than this program is told apart from what it cannot do", "[cli]") {
  CHECK(code_of(ErrorKind::unsupported, "session.version") == 13);
  CHECK(code_of(ErrorKind::unsupported, "sealed.version") == 13);
  CHECK(code_of(ErrorKind::unsupported, "did.method") == 1);
}

TEST_CASE("exit code: the table holds the codes of the contract, each once and with words", "[cli]") {
  std::set<int> codes;
  for (const cli::ExitCodeText& one : cli::kExitCodes) {
    CHECK_FALSE(one.meaning.empty());
    codes.insert(static_cast<int>(one.code));
  }
  CHECK(codes == std::set<int>{0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 20, 21, 22, 23, 28, 130, 143});
  CHECK(codes.size() == cli::kExitCodes.size());
}

TEST_CASE("exit code: of a report, the gravest finding counts", "[cli]") {
  Report report;
  CHECK(cli::exit_code_of(report) == ExitCode::done);
  report.add({"a.info", Severity::info, "", ""});
  report.add({"a.warning", Severity::warning, "", ""});
  CHECK(cli::exit_code_of(report) == ExitCode::done);
  report.add({"a.missing", Severity::missing, "", ""});
  CHECK(cli::exit_code_of(report) == ExitCode::incomplete);
  report.add({"an.alarm", Severity::alarm, "", ""});
  CHECK(cli::exit_code_of(report) == ExitCode::alarm);
  report.add({"a.damage", Severity::damage, "", ""});
  CHECK(cli::exit_code_of(report) == ExitCode::damaged);
  report.add({"a.forgery", Severity::forged, "", ""});
  CHECK(cli::exit_code_of(report) == ExitCode::untrusted);
}

TEST_CASE("exit code: when several apply, the order is signal, 21, 20, 28, 23, 22, 12, 4, 6, 7, 3, 5",
          "[cli]") {
  const std::vector<ExitCode> order = {ExitCode::interrupted, ExitCode::terminated, ExitCode::untrusted,
                                       ExitCode::damaged,     ExitCode::no_space,   ExitCode::alarm,
                                       ExitCode::refused,     ExitCode::bad_key,    ExitCode::login,
                                       ExitCode::unreachable, ExitCode::gone,       ExitCode::incomplete,
                                       ExitCode::limit};
  for (std::size_t i = 0; i < order.size(); ++i) {
    CHECK(cli::graver(order[i], order[i]) == order[i]);
    CHECK(cli::graver(order[i], ExitCode::done) == order[i]);
    for (std::size_t j = i + 1; j < order.size(); ++j) {
      INFO(static_cast<int>(order[i]) << " before " << static_cast<int>(order[j]));
      CHECK(cli::graver(order[i], order[j]) == order[i]);
      CHECK(cli::graver(order[j], order[i]) == order[i]);
    }
  }
  // The others have a place too: each wins over `done`.
  for (const cli::ExitCodeText& one : cli::kExitCodes) {
    CHECK(cli::graver(one.code, ExitCode::done) == one.code);
    CHECK(cli::graver(ExitCode::done, one.code) == one.code);
  }
}

namespace {

constexpr const char* kFolder = "/backups/alice";

CliBench::Run export_to(CliBench& bench, const std::string& path = kFolder) {
  return bench.run({"export", bench.did(), "-o", path});
}

void refuse_repo(CliBench& bench, int status, const std::string& name) {
  bench.network.old_host.refuse("com.atproto.sync.getRepo", status, name, "not now");
}

}  // namespace

TEST_CASE("exit code: 0, and 3 where something is missing or nothing proves the key", "[cli]") {
  CliBench bench;
  CHECK(export_to(bench).exit == 0);
  CHECK(export_to(bench, "/backups/alice.car").exit == 0);
  CHECK(bench.run({"verify", kFolder}).exit == 0);
  CHECK(bench.memory.remove("/backups/alice.car.plc-log.json"));
  CHECK(bench.memory.remove("/backups/alice.car.did.json"));
  CHECK(bench.run({"verify", "/backups/alice.car"}).exit == 3);

  CliBench lossy;
  FakeAccount& account = lossy.network.old_account();
  const ipld::Cid lost = account.blobs.begin()->first;
  account.blobs.erase(account.blobs.begin());
  const auto partly = export_to(lossy);
  CHECK(partly.exit == 3);
  CHECK(partly.out.find(lost.str()) != std::string::npos);
}

TEST_CASE("exit code: 4 without a login, 5 at a limit, 6 without a host, 7 where the account is gone",
          "[cli]") {
  CliBench bench;
  CHECK(bench.run({"whoami"}).exit == 4);
  bench.person.next_time("Password of", "wrong");
  CHECK(bench.run({"login", bench.did()}).exit == 4);
  refuse_repo(bench, 429, "RateLimitExceeded");
  CHECK(export_to(bench).exit == 5);
  refuse_repo(bench, 502, "UpstreamFailure");
  CHECK(export_to(bench).exit == 6);
  CHECK(bench.run({"--pds", "https://nowhere.net", "export", bench.did(), "-o", kFolder}).exit == 6);
  bench.network.old_host.intercepts.clear();
  bench.network.old_account().active = false;
  CHECK(export_to(bench).exit == 7);
}

TEST_CASE("exit code: 10 for what is not there, 11 for a lock, 13 for a newer format, 28 for no space",
          "[cli]") {
  CliBench bench;
  CHECK(bench.run({"verify", "/nowhere"}).exit == 10);
  CHECK(bench.run({"logout"}).exit == 10);
  CHECK(bench.run({"logout", "bob.test"}).exit == 10);
  CHECK(bench.run({"export", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", "-o", kFolder}).exit == 10);
  bench.have_backup(kFolder);
  {
    const auto lock = bench.memory.lock(std::string(kFolder) + "/.lock");
    REQUIRE(lock);
    CHECK(export_to(bench).exit == 11);
  }
  REQUIRE(bench.run({"login", bench.did()}).exit == 0);
  const auto sessions = bench.memory.list(bench.state_folder() + "/sessions").value();
  for (const std::string& name : sessions) {
    const std::string path = bench.state_folder() + "/sessions/" + name;
    std::string text = bench.memory.get(path).value();
    const std::size_t at = text.find("\"version\":");
    if (at == std::string::npos) continue;
    bench.memory.put(path, text.replace(at, 11, "\"version\":9"));
  }
  CHECK(bench.run({"logout"}).exit == 13);
  CHECK(bench.run({"whoami"}).exit == 13);
  CliBench full;
  full.memory.set_free_space(1000);
  CHECK(export_to(full).exit == 28);
}

TEST_CASE("exit code: 20 for damage, 21 for a forgery", "[cli]") {
  CliBench bench;
  bench.have_backup(kFolder);
  CHECK(bench.run({"verify", kFolder, "--did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"}).exit == 21);
  bench.memory.flip(std::string(kFolder) + "/repo.car", 400);
  CHECK(bench.run({"verify", kFolder}).exit == 20);
  // Both: the forgery is graver.
  CHECK(bench.run({"verify", kFolder, "--did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"}).exit == 21);
}

TEST_CASE("exit code: 23 where most records are gone; the older repository stays, and can be given up",
          "[cli]") {
  CliBench bench(300);
  bench.have_backup(kFolder);
  const std::string car = std::string(kFolder) + "/repo.car";
  const auto before = bench.memory.get(car);
  FakeAccount& account = bench.network.old_account();
  account.builder = {};
  bench.network.clock.advance(std::chrono::seconds(1));
  bench.network.post_on_old("hello again");
  const auto alarmed = export_to(bench);
  CHECK(alarmed.exit == 23);
  CHECK(alarmed.out.find("someone should look") != std::string::npos);
  CHECK(bench.memory.get(car) == before);
  CHECK(bench.run({"export", bench.did(), "-o", kFolder, "--accept-change"}).exit == 0);
  CHECK(bench.memory.get(car) != before);
}

TEST_CASE("exit code: 12 for a wrong passphrase, 22 for a move that is refused", "[cli]") {
  CliBench bench;
  bench.use_real_files();
  CHECK(bench.run({"migrate", bench.did(), "--to", "https://old-host.net"}).exit == 22);
  const std::string key = bench.temp.file("recovery.key");
  REQUIRE(
      os::write_file(bench.fs(), bench.network.random, key,
                     as_bytes(crypto::seal("{}", Secret::copy_of("the right one"), "rotation-key").value())));
  for (int i = 0; i < 3; ++i) bench.person.next_time("Passphrase", "a wrong one");
  CHECK(bench.run({"migrate", bench.did(), "--to", "https://new-host.net", "--recovery-key-out", key}).exit ==
        12);
  CHECK(bench.network.new_host.effects.accounts == 0);
}

TEST_CASE("exit code: 130 and 143 after a signal", "[cli]") {
  CliBench bench;
  bench.stop.request_stop();
  bench.signal = 2;
  CHECK(export_to(bench).exit == 130);
  bench.signal = 15;
  const auto ended = bench.run({"--json", "export", bench.did(), "-o", kFolder});
  CHECK(ended.exit == 143);
  CHECK(data::require_integer(ended.lines().back(), "exit").value() == 143);
  CHECK_FALSE(bench.memory.get(std::string(kFolder) + "/backup.json"));
}
