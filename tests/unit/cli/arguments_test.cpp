// Arguments, right and wrong, and what they reach.
#include "core/base/text.h"
#include "core/crypto/sha256_many.h"
#include "tests/support/catch.h"
#include "tests/unit/cli/cli_bench.h"

using namespace atb;
using namespace atb::test;

namespace {

const std::vector<std::vector<std::string>> kWrong = {{},
                                                      {"frobnicate"},
                                                      {"export"},
                                                      {"export", "alice.test"},
                                                      {"export", "alice.test", "-o"},
                                                      {"export", "alice.test", "bob.test", "-o", "x/"},
                                                      {"export", "not an account", "-o", "x/"},
                                                      {"export", "alice.test", "-o", "x/", "--jobs", "0"},
                                                      {"export", "alice.test", "-o", "x/", "--jobs", "33"},
                                                      {"verify"},
                                                      {"verify", "x", "--did", "alice.test"},
                                                      {"verify", "x", "--key", "did:key:nonsense"},
                                                      {"migrate"},
                                                      {"migrate", "alice.test"},
                                                      {"migrate", "--to", "https://new-host.net"},
                                                      {"migrate", "status", "--no-such"},
                                                      {"login"},
                                                      {"login", "@"},
                                                      {"whoami", "--color", "pink"},
                                                      {"completion", "tcsh"},
                                                      {"--plc-url", "not a url", "whoami"}};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

}  // namespace

TEST_CASE("arguments: wrong ones are exit 2, told on standard error alone", "[cli]") {
  CliBench bench;
  for (const auto& words : kWrong) {
    INFO(joined(words));
    const auto run = bench.run(words);
    CHECK(run.exit == 2);
    CHECK(run.out == "");
    CHECK(run.err.starts_with("atbackup: "));
  }
  CHECK(bench.person.questions.empty());
}

TEST_CASE("arguments: with --json wrong ones too end with an error as the last line", "[cli]") {
  CliBench bench;
  for (auto words : kWrong) {
    INFO(joined(words));
    words.insert(words.begin(), "--json");
    const auto run = bench.run(words);
    CHECK(run.exit == 2);
    REQUIRE(run.lines().size() == 1);
    CHECK(run.last("type") == "error");
    CHECK(run.last("kind") == "invalid_input");
    CHECK_FALSE(run.last("id").empty());
    CHECK_FALSE(run.last("message").empty());
    CHECK(data::require_integer(run.lines().back(), "exit").value() == 2);
    CHECK(run.err == "");
  }
}

TEST_CASE("arguments: --help and --version are results", "[cli]") {
  CliBench bench;
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--help"}, {"-h"}, {"export", "--help"}, {"migrate", "resume", "--help"}}) {
    const auto run = bench.run_plainly(words);
    INFO(joined(words));
    CHECK(run.exit == 0);
    CHECK(run.err == "");
    CHECK(run.out.find("Exit codes:") != std::string::npos);
  }
  const auto version = bench.run_plainly({"--version"});
  CHECK(version.exit == 0);
  CHECK(version.out.starts_with("atbackup "));
}

TEST_CASE("arguments: what a secret is cannot be said on the command line", "[cli]") {
  CliBench bench;
  for (const char* flag : {"--password", "--new-password", "--auth-code", "--plc-token", "--passphrase"}) {
    INFO(flag);
    CHECK(bench.run({"migrate", "alice.test", "--to", "https://new-host.net", flag, "sesame"}).exit == 2);
  }
}

TEST_CASE("arguments: the options of the network reach those who make it", "[cli]") {
  CliBench bench;
  bench.environment["ATBACKUP_ALLOW_PRIVATE_HOSTS"] = "one.lan,two.lan:8080  three.lan";
  CHECK(bench
            .run({"--proxy", "http://proxy.net:3128", "--dns-server", "192.0.2.1:53", "--allow-private-host",
                  "four.lan", "whoami"})
            .exit == 4);
  CHECK(bench.seen_options.proxy == "http://proxy.net:3128");
  CHECK(bench.seen_options.dns_server == "192.0.2.1:53");
  CHECK(bench.seen_options.allow_private ==
        std::vector<std::string>{"four.lan", "one.lan", "two.lan:8080", "three.lan"});
  bench.no_http = Error(ErrorKind::internal, "http.init", "libcurl cannot start");
  CHECK(bench.run({"whoami"}).exit == 1);
}

TEST_CASE("arguments: an engine for SHA-256 that the machine does not know is told, with those it knows",
          "[cli]") {
  CliBench bench;
  bench.environment["ATBACKUP_SHA256"] = "abacus";
  const auto told = bench.run_plainly({"whoami"});
  CHECK(told.exit == 2);
  CHECK(told.err.find("openssl") != std::string::npos);
  bench.environment["ATBACKUP_SHA256"] = "openssl";
  CHECK(bench.run({"whoami"}).exit == 4);
  CHECK(crypto::prefer_sha256_engine(
      crypto::name_of(crypto::sha256_engines().front())));  // for the other tests
}

TEST_CASE("arguments: state needs a home, and a relative one is none", "[cli]") {
  CliBench bench;
  bench.environment.clear();
  CHECK(bench.run({"--json", "whoami"}).last("id") == "option.no_home");
  bench.environment["HOME"] = "somewhere";
  CHECK(bench.run({"--json", "migrate", "status"}).last("id") == "option.no_home");
  const auto login = bench.run({"login", bench.did()});
  CHECK(login.exit == 2);
  CHECK(login.says("set HOME"));
  bench.environment["XDG_STATE_HOME"] = "/state";
  CHECK(bench.run({"login", bench.did()}).exit == 0);
  CHECK(bench.memory.list("/state/atbackup/sessions"));
  // Neither is needed to verify.
  bench.have_backup("/backups/alice");
  bench.environment.clear();
  CHECK(bench.run({"verify", "/backups/alice"}).exit == 0);
}

TEST_CASE("arguments: completions are printed for each shell", "[cli]") {
  CliBench bench;
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto run = bench.run({"completion", shell});
    CHECK(run.exit == 0);
    CHECK(run.out.find("migrate") != std::string::npos);
    CHECK(bench.run({"--json", "completion", shell}).last("script") == run.out);
  }
}
