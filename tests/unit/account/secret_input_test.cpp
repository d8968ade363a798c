#include "core/account/secret_input.h"

#include "tests/support/catch.h"
#include "tests/support/mem_fs.h"
#include "tests/support/scripted_prompter.h"

#include <unistd.h>

#include <cstdlib>

using namespace atb;
using namespace atb::test;
using account::SecretSource;

namespace {

constexpr const char* kVariable = "ATBACKUP_TEST_SECRET";

struct Input {
  Input() { unsetenv(kVariable); }
  Result<Secret> obtain(const SecretSource& source) {
    return account::obtain(source, "password", "Password?", fs, prompter, {});
  }
  MemFs fs;
  ScriptedPrompter prompter{{"from the prompt"}};
};

// Puts `text` where standard input is, for as long as it lives.
class StandardInput {
 public:
  explicit StandardInput(const std::string& text) : saved_(dup(STDIN_FILENO)) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    REQUIRE(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
  }
  ~StandardInput() {
    dup2(saved_, STDIN_FILENO);
    close(saved_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  int saved_;
};

}  // namespace

TEST_CASE("account: a secret comes from file, command, environment, prompt, in this order", "[account]") {
  Input input;
  input.fs.put("/s", "from the file\n");
  setenv(kVariable, "from the environment", 1);
  SecretSource source{.file = "/s", .command = "echo from the command", .environment = kVariable};
  CHECK(account::is_set(source));
  CHECK(input.obtain(source)->reveal() == "from the file");
  source.file.clear();
  CHECK(input.obtain(source)->reveal() == "from the command");
  source.command.clear();
  CHECK(account::is_set(source));
  CHECK(input.obtain(source)->reveal() == "from the environment");
  unsetenv(kVariable);
  CHECK_FALSE(account::is_set(source));
  CHECK(input.prompter.questions().empty());
  CHECK(input.obtain(source)->reveal() == "from the prompt");
  CHECK(input.prompter.questions() == std::vector<std::string>{"secret: Password?"});
}

TEST_CASE("account: one newline at the end is dropped, and nothing else", "[account]") {
  Input input;
  struct Case {
    const char* content;
    const char* secret;
  };
  const auto each = GENERATE(values<Case>({{"a", "a"},
                                           {"a\n", "a"},
                                           {"a\r\n", "a"},
                                           {"a\n\n", "a\n"},
                                           {" a b \n", " a b "},
                                           {"a\nb\n", "a\nb"},
                                           {"pässwörd\n", "pässwörd"}}));
  input.fs.put("/s", each.content);
  CHECK(input.obtain({.file = "/s", .command = ""})->reveal() == each.secret);
}

TEST_CASE("account: a secret file that others can get at is refused", "[account]") {
  Input input;
  const std::uint32_t mode = GENERATE(0640U, 0604U, 0644U, 0620U, 0602U, 0666U);
  input.fs.put("/s", "canary\n", mode);
  const auto secret = input.obtain({.file = "/s", .command = ""});
  REQUIRE_FALSE(secret);
  CHECK(secret.error().id == "secret.mode");
  CHECK(secret.error().kind == ErrorKind::refused);
  CHECK(secret.error().hint == "chmod 600 /s");
  CHECK(secret.error().message.find("canary") == std::string::npos);
}

TEST_CASE("account: a secret file may be 0600 or 0400", "[account]") {
  Input input;
  input.fs.put("/s", "x", GENERATE(0600U, 0400U, 0700U));
  CHECK(input.obtain({.file = "/s", .command = ""}));
}

TEST_CASE("account: an empty secret is told, whatever its source", "[account]") {
  Input input;
  SecretSource source{.file = "", .command = ""};
  SECTION("file") {
    input.fs.put("/s", GENERATE("", "\n", "\r\n"));
    source.file = "/s";
  }
  SECTION("command") { source.command = "true"; }
  SECTION("environment") {
    setenv(kVariable, "", 1);
    source.environment = kVariable;
  }
  SECTION("prompt") { input.prompter = ScriptedPrompter({""}); }
  const auto secret = input.obtain(source);
  REQUIRE_FALSE(secret);
  CHECK(secret.error().id == "secret.empty");
  CHECK(secret.error().kind == ErrorKind::invalid_input);
  unsetenv(kVariable);
}

TEST_CASE("account: without anybody to ask the ways to give a secret are named", "[account]") {
  Input input;
  input.prompter = ScriptedPrompter({}, false);
  const auto secret = input.obtain({.file = "", .command = "", .environment = kVariable});
  REQUIRE_FALSE(secret);
  CHECK(secret.error().id == "secret.needed");
  CHECK(secret.error().kind == ErrorKind::auth);
  for (const char* way : {"--password-file", "--password-command", kVariable}) {
    CHECK(secret.error().hint.find(way) != std::string::npos);
  }
}

TEST_CASE("account: the first line of a command's output counts", "[account]") {
  Input input;
  CHECK(input.obtain({.file = "", .command = R"(printf 'one two\nthree\n')"})->reveal() == "one two");
}

TEST_CASE("account: a command that fails is told, and what it said is not", "[account]") {
  Input input;
  const auto secret = input.obtain({.file = "", .command = R"(sh -c 'echo canary-5b; exit 3')"});
  REQUIRE_FALSE(secret);
  CHECK(secret.error().id == "command.failed");
  CHECK(secret.error().message.find("canary-5b\n") == std::string::npos);
  CHECK(input.obtain({.file = "", .command = "'open"}).error().id == "command.syntax");
  CHECK(input.obtain({.file = "", .command = "/no/such/program"}).error().id == "command.not_found");
}

TEST_CASE("account: '-' is standard input", "[account]") {
  Input input;
  const StandardInput text("typed elsewhere\n");
  CHECK(input.obtain({.file = "-", .command = ""})->reveal() == "typed elsewhere");
}

TEST_CASE("account: a secret has 64 KiB at most", "[account]") {
  Input input;
  const std::string fits(65536, 'x');
  input.fs.put("/s", fits);
  CHECK(input.obtain({.file = "/s", .command = ""})->reveal() == fits);
  input.fs.put("/s", fits + "x");
  CHECK(input.obtain({.file = "/s", .command = ""}).error().id == "input.too_large");
}

TEST_CASE("account: a secret file that is not there is named", "[account]") {
  Input input;
  const auto secret = input.obtain({.file = "/nowhere", .command = ""});
  REQUIRE_FALSE(secret);
  CHECK(secret.error().id == "file.not_found");
  CHECK(secret.error().context.back() == "reading the password");
}

TEST_CASE("account: a stop comes before any question", "[account]") {
  Input input;
  std::stop_source source;
  source.request_stop();
  const auto secret =
      account::obtain({}, "password", "Password?", input.fs, input.prompter, source.get_token());
  REQUIRE_FALSE(secret);
  CHECK(secret.error().kind == ErrorKind::cancelled);
  CHECK(input.prompter.questions().empty());
}
