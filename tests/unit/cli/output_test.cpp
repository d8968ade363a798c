// What goes to which stream, in which dress: text, colours, JSON, progress; and when nobody takes it.
#include "tests/support/catch.h"
#include "tests/unit/cli/cli_bench.h"

using namespace atb;
using namespace atb::test;

namespace {

constexpr const char* kFolder = "/backups/alice";
constexpr const char* kHostile = "\x1b]0;owned\x07\x1b[2J\u202enot right\u009b31m\r\x7f";

bool coloured(const std::string& text) { return text.find("\x1b[") != std::string::npos; }

struct Dress {
  bool out = false;
  bool err = false;
};
// A good result on standard output, an error on standard error.
Dress dress(CliBench& bench, std::vector<std::string> options = {}) {
  auto good = options;
  good.insert(good.end(), {"--quiet", "verify", kFolder});
  options.insert(options.end(), {"--quiet", "verify", "/nowhere"});
  return {.out = coloured(bench.run(good).out), .err = coloured(bench.run(options).err)};
}

}  // namespace

TEST_CASE("output: colours follow each stream by itself", "[cli]") {
  CliBench bench;
  bench.have_backup(kFolder);
  bench.out_is_terminal = GENERATE(false, true);
  bench.err_is_terminal = GENERATE(false, true);
  const Dress dressed = dress(bench);
  CHECK(dressed.out == bench.out_is_terminal);
  CHECK(dressed.err == bench.err_is_terminal);
}

TEST_CASE("output: --color always and never, NO_COLOR and a dumb terminal", "[cli]") {
  CliBench bench;
  bench.have_backup(kFolder);
  const bool terminal = GENERATE(false, true);
  bench.out_is_terminal = terminal;
  bench.err_is_terminal = terminal;
  const auto is = [&](bool wanted, const std::vector<std::string>& options) {
    const Dress dressed = dress(bench, options);
    CHECK(dressed.out == wanted);
    CHECK(dressed.err == wanted);
  };
  is(terminal, {"--color", "auto"});
  is(true, {"--color", "always"});
  is(false, {"--color", "never"});
  bench.environment["NO_COLOR"] = "1";
  is(false, {});
  is(true, {"--color", "always"});
  bench.environment["NO_COLOR"] = "";  // no-color.org: only when it is not empty
  is(terminal, {});
  bench.environment["TERM"] = "dumb";
  is(false, {});
}

TEST_CASE("output: no colour is in JSON", "[cli]") {
  CliBench bench;
  bench.out_is_terminal = true;
  bench.err_is_terminal = true;
  bench.have_backup(kFolder);
  const auto run = bench.run({"--json", "--color", "always", "verify", kFolder});
  CHECK_FALSE(coloured(run.out));
  CHECK(run.err == "");
}

TEST_CASE("output: progress lives on a terminal, and --quiet ends it", "[cli]") {
  CliBench bench;
  bench.err_is_terminal = true;
  CHECK(bench.run({"export", bench.did(), "-o", kFolder}).says("\r\x1b[K"));
  const auto quiet = bench.run({"--quiet", "export", bench.did(), "-o", "/backups/again"});
  CHECK(quiet.exit == 0);
  CHECK(quiet.err == "");
  // Elsewhere a short phase is not worth a line.
  bench.err_is_terminal = false;
  CHECK(bench.run({"export", bench.did(), "-o", "/backups/third"}).err == "");
  // Errors are no progress.
  CHECK_FALSE(bench.run({"--quiet", "verify", "/nowhere"}).err.empty());
}

TEST_CASE("output: --json gives objects with a type, the last the summary, and progress only when asked",
          "[cli]") {
  CliBench bench;
  bench.err_is_terminal = true;
  const auto run = bench.run({"--json", "export", bench.did(), "-o", kFolder});
  CHECK(run.exit == 0);
  CHECK(run.err == "");
  for (const data::Value& line : run.lines()) CHECK_FALSE(data::text_or(line, "type", "").empty());
  CHECK(run.of_type("progress").empty());
  CHECK(run.of_type("summary").size() == 1);
  CHECK(run.last("type") == "summary");
  CHECK(run.last("command") == "export");
  CHECK(run.last("did") == bench.did());
  CHECK(data::require_integer(run.lines().back(), "exit").value() == 0);

  const auto with = bench.run({"--json", "--json-progress", "export", bench.did(), "-o", "/backups/again"});
  CHECK(with.of_type("progress").size() >= 2);
  CHECK(with.last("type") == "summary");
  CHECK(with.err == "");
  const auto without = bench.run({"--json", "--json-progress", "--quiet", "verify", kFolder});
  CHECK(without.of_type("progress").empty());
  CHECK(without.last("type") == "summary");
}

TEST_CASE("output: --json ends with the error when there is one, whatever came before", "[cli]") {
  CliBench bench;
  const auto lost = bench.run({"--json", "verify", "/nowhere"});
  CHECK(lost.exit == 10);
  CHECK(lost.last("type") == "error");
  CHECK(lost.last("id") == "backup.not_found");
  bench.network.old_host.refuse("com.atproto.sync.getRepo", 400, "Odd", "I would rather not");
  const auto refused = bench.run({"--json", "--json-progress", "export", bench.did(), "-o", kFolder});
  CHECK(refused.exit == 1);
  CHECK(refused.last("type") == "error");
  CHECK(refused.last("remote_error") == "Odd");
  CHECK(data::require_integer(refused.lines().back(), "http_status").value() == 400);
  bench.network.old_host.refuse("com.atproto.sync.getRepo", 429, "RateLimitExceeded", "come back");
  const auto limited = bench.run({"--json", "export", bench.did(), "-o", kFolder});
  CHECK(limited.exit == 5);
  CHECK(limited.last("type") == "error");
}

TEST_CASE("output: the same findings in words and in JSON, gravest first", "[cli]") {
  CliBench bench;
  bench.have_backup(kFolder);
  bench.memory.flip(std::string(kFolder) + "/repo.car", 400);
  bench.memory.put(std::string(kFolder) + "/did.json", "{}");
  const auto json = bench.run({"--json", "verify", kFolder});
  CHECK(json.exit == 20);
  CHECK_FALSE(json.of_type("finding").empty());
  CHECK_FALSE(json.of_type("check").empty());
  const auto words = bench.run({"-v", "verify", kFolder});
  for (const data::Value& finding : json.of_type("finding"))
    CHECK(words.out.find("[" + data::text_or(finding, "id", "?") + "]") != std::string::npos);
  CHECK(words.out.starts_with(bench.did()));
  CHECK(words.out.find("DAMAGED") != std::string::npos);
}

TEST_CASE("output: -v adds the chain of causes and the id", "[cli]") {
  CliBench bench;
  const auto plain = bench.run({"verify", "x", "--did", "nonsense"});
  const auto verbose = bench.run({"-v", "verify", "x", "--did", "nonsense"});
  CHECK_FALSE(plain.says("in --did"));
  CHECK(verbose.says("in --did"));
  CHECK(verbose.says("[did."));
}

TEST_CASE("output: a result that nobody could take is exit 1", "[cli]") {
  CliBench bench;
  bench.have_backup(kFolder);
  bench.out.close();
  const std::vector<std::vector<std::string>> all = {{"verify", kFolder},
                                                     {"--json", "verify", kFolder},
                                                     {"export", bench.did(), "-o", kFolder},
                                                     {"export", bench.did(), "-o", "-"},
                                                     {"completion", "bash"},
                                                     {"migrate", "status"},
                                                     {"--help"},
                                                     {"--version"}};
  for (const auto& words : all) {
    INFO(words.front() << " " << words.back());
    CHECK(bench.run(words).exit == 1);
  }
  // A graver code stays what it is.
  CHECK(bench.run({"--json", "verify", "/nowhere"}).exit == 10);
  CHECK(bench.run({"--json", "frobnicate"}).exit == 2);
}

TEST_CASE("output: standard error that nobody reads changes nothing", "[cli]") {
  CliBench bench;
  bench.err.close();
  bench.err_is_terminal = true;
  CHECK(bench.run({"-vvv", "export", bench.did(), "-o", kFolder}).exit == 0);
  CHECK(bench.run({"verify", "/nowhere"}).exit == 10);
}

TEST_CASE("output: a CAR goes to standard output alone, and never to a terminal or into JSON", "[cli]") {
  CliBench bench;
  const auto run = bench.run({"export", bench.did(), "-o", "-"});
  CHECK(run.exit == 0);
  CHECK(run.says("exported and proven"));
  CHECK(bench.run({"export", bench.did(), "-o", "/backups/alice.car"}).exit == 0);
  CHECK(run.out == bench.memory.get("/backups/alice.car"));
  CHECK(bench.run({"--json", "export", bench.did(), "-o", "-"}).exit == 2);
  bench.out_is_terminal = true;
  CHECK(bench.run({"export", bench.did(), "-o", "-"}).exit == 2);
}

TEST_CASE("output: what a host says is shown with its control characters escaped", "[cli]") {
  CliBench bench;
  std::string method;
  SECTION("where there should be a repository") { method = "com.atproto.sync.getRepo"; }
  SECTION("of a blob") { method = "com.atproto.sync.getBlob"; }
  SECTION("of the list of blobs") { method = "com.atproto.sync.listBlobs"; }
  bench.network.old_host.refuse(method, 400, std::string("Odd") + kHostile, std::string("say ") + kHostile);
  const auto words = bench.run({"-vvv", "export", bench.did(), "-o", kFolder});
  CHECK_FALSE(has_raw_controls(words.out));
  CHECK_FALSE(has_raw_controls(words.err));
  CHECK((words.out + words.err).find("\\x1b]0;owned") != std::string::npos);
  const auto json = bench.run({"--json", "export", bench.did(), "-o", kFolder});
  CHECK_FALSE(has_raw_controls(json.out));
  CHECK(json.err == "");
}

TEST_CASE("output: what stands in the names of an account, of files and in arguments is escaped too",
          "[cli]") {
  CliBench bench;
  const std::string folder = std::string("/backups/") + kHostile;
  const auto run = bench.run({"-vvv", "export", bench.did(), "-o", folder});
  CHECK(run.exit == 0);
  CHECK_FALSE(has_raw_controls(run.out));
  CHECK_FALSE(has_raw_controls(run.err));
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"-vvv", "verify", kHostile},
                                             {"-vvv", "verify", folder},
                                             {"-vvv", "logout", kHostile},
                                             {"-vvv", "export", kHostile, "-o", "x"},
                                             {"-vvv", kHostile},
                                             {"-vvv", "verify", "x", "--key", kHostile}}) {
    const auto told = bench.run(words);
    INFO(words[1]);
    CHECK_FALSE(has_raw_controls(told.out));
    CHECK_FALSE(has_raw_controls(told.err));
  }
  bench.network.old_host.alter("com.atproto.server.createSession",
                               [](data::Object& answer) { answer.set("handle", kHostile); });
  const auto login = bench.run({"login", bench.did()});
  CHECK_FALSE(has_raw_controls(login.out + login.err));
  const auto whoami = bench.run({"whoami"});
  CHECK_FALSE(has_raw_controls(whoami.out + whoami.err));
}
