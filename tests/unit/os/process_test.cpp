#include "core/os/process.h"

#include "tests/support/catch.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

using namespace std::chrono_literals;
using atb::os::run_for_output;
using atb::os::split_words;
using Words = std::vector<std::string>;

namespace {

std::string output_of(const Words& words, std::size_t limit = 1000) {
  const auto result = run_for_output(words, limit, {});
  return result ? std::string(result->reveal()) : result.error().id;
}

std::string output_of_shell(const std::string& script) { return output_of({"sh", "-c", script}); }

}  // namespace

TEST_CASE("words: are split as a shell splits them", "[os]") {
  const std::vector<std::pair<std::string, Words>> cases = {
      {"pass show atproto", {"pass", "show", "atproto"}},
      {"  a \t b\nc  ", {"a", "b", "c"}},
      {R"(a 'b c' "d e")", {"a", "b c", "d e"}},
      {R"(a'b'"c"d)", {"abcd"}},
      {R"('' "" x)", {"", "", "x"}},
      {R"(a\ b \'c \\)", {"a b", "'c", "\\"}},
      {R"('a\b' "a\b" "a\"b" "a\\b" "\$x")", {"a\\b", "a\\b", "a\"b", "a\\b", "$x"}},
      {"a\\\nb", {"ab"}},
      {"$HOME `x` *", {"$HOME", "`x`", "*"}},
      {"a \\\n b", {"a", "b"}},
  };
  for (const auto& [text, words] : cases) {
    INFO(text);
    CHECK(split_words(text).value() == words);
  }
}

TEST_CASE("words: a broken command is refused", "[os]") {
  for (const std::string text : {"", "  ", "a 'b", "a \"b", "a\\", "\"a\\"}) {
    INFO(text);
    const auto words = split_words(text);
    REQUIRE_FALSE(words);
    CHECK(words.error().id == "command.syntax");
    CHECK(words.error().kind == atb::ErrorKind::invalid_input);
  }
  CHECK_FALSE(split_words(std::string("a\0b", 3)));
}

TEST_CASE("command: its output comes back, byte for byte", "[os]") {
  CHECK(output_of({"printf", "a\\nb\\n"}) == "a\nb\n");
  CHECK(output_of({"echo", "$HOME", "a b"}) == "$HOME a b\n");
  CHECK(output_of({"true"}).empty());
}

TEST_CASE("command: standard input is empty", "[os]") { CHECK(output_of({"cat"}).empty()); }

TEST_CASE("command: variables of ours are not inherited, others are", "[os]") {
  ::setenv("ATBACKUP_PASSWORD", "canary", 1);
  ::setenv("OTHER_VARIABLE", "kept", 1);
  CHECK(output_of_shell("echo ${ATBACKUP_PASSWORD-none} $OTHER_VARIABLE") == "none kept\n");
  ::unsetenv("ATBACKUP_PASSWORD");
  ::unsetenv("OTHER_VARIABLE");
}

TEST_CASE("command: failing, unknown and empty ones have ids of their own", "[os]") {
  CHECK(output_of_shell("echo secret; exit 3") == "command.failed");
  CHECK(output_of_shell("kill -9 $$") == "command.failed");
  CHECK(output_of({"/nonexistent/program"}) == "command.not_found");
  CHECK(output_of({"no-such-program-anywhere"}) == "command.not_found");
  CHECK(output_of({"/etc"}) == "command.failed");
  CHECK(output_of({}) == "command.syntax");
  CHECK(output_of({""}) == "command.syntax");
}

TEST_CASE("command: its output is bounded", "[os]") {
  CHECK(output_of({"printf", "12345"}, 5) == "12345");
  CHECK(output_of({"printf", "123456"}, 5) == "command.output");
  CHECK(output_of({"yes"}, 100'000) == "command.output");
}

TEST_CASE("command: asking to stop ends it, even one that does not listen", "[os]") {
  for (const auto* script : {"exec sleep 30", "trap '' TERM; while :; do sleep 0.1; done"}) {
    std::stop_source stop;
    const auto start = std::chrono::steady_clock::now();
    std::thread asker([&] {
      std::this_thread::sleep_for(200ms);
      stop.request_stop();
    });
    const auto result = run_for_output({"sh", "-c", script}, 100, stop.get_token());
    asker.join();
    REQUIRE_FALSE(result);
    CHECK(result.error().id == "stopped");
    CHECK(std::chrono::steady_clock::now() - start < 5s);
  }
}

TEST_CASE("command: signals we ignore are heard by the child", "[os]") {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  CHECK(output_of_shell("kill -PIPE $$; echo alive") == "command.failed");
  ::signal(SIGPIPE, before);
}

TEST_CASE("process: no file gets the number of a standard stream that came closed", "[os]") {
  const int closed = GENERATE(0, 1, 2, 3);  // 3: all of them
  const pid_t child = ::fork();
  if (child == 0) {
    for (int stream = 0; stream <= 2; ++stream) {
      if (stream == closed || closed == 3) ::close(stream);
    }
    atb::os::harden_process();
    const int file = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    char c = 'x';
    // It fails all the same: nobody is told that the words arrived.
    const bool fails = (closed != 0 && closed != 3) || ::read(0, &c, 1) < 0;
    const bool lost = (closed != 1 && closed != 3) || ::write(1, &c, 1) < 0;
    const bool silent = (closed != 2 && closed != 3) || ::write(2, &c, 1) < 0;
    ::_exit(file > 2 && fails && lost && silent ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("process: hardening forbids core dumps", "[os]") {
  const pid_t child = ::fork();
  if (child == 0) {
    atb::os::harden_process();
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    ::_exit(limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
