// The real streams, the real terminal and real signals, in a child process with a terminal of its own.
#include "cli/terminal.h"

#include "cli/signals.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

using namespace atb;
using namespace atb::test;

namespace {

// What comes until `end` is in it, the other side goes, or ten seconds are over.
std::string read_until(int descriptor, std::string_view end) {
  std::string text;
  while (text.find(end) == std::string::npos) {
    pollfd ready{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 10'000) <= 0) return text + "(nothing more came)";
    std::array<char, 4096> some{};
    const ssize_t got = ::read(descriptor, some.data(), some.size());
    if (got <= 0) return text;
    text.append(some.data(), static_cast<std::size_t>(got));
  }
  return text;
}

// Runs `work` in a process that has a terminal of its own; what it returns comes back by a pipe.
class AtTerminal {
 public:
  explicit AtTerminal(const std::function<std::string()>& work) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    child_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      const std::string result = work() + "\n";
      const ssize_t written = ::write(pipe[1], result.data(), result.size());
      ::_exit(written == static_cast<ssize_t>(result.size()) ? 0 : 1);
    }
    ::close(pipe[1]);
    result_ = pipe[0];
  }
  AtTerminal(const AtTerminal&) = delete;
  AtTerminal& operator=(const AtTerminal&) = delete;
  ~AtTerminal() {
    if (terminal_ >= 0) ::close(terminal_);
    ::close(result_);
    if (child_ < 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

  // Waits for the question, then types.
  std::string type_after(std::string_view question, std::string_view answer) {
    std::string seen = read_until(terminal_, question);
    REQUIRE(::write(terminal_, answer.data(), answer.size()) == static_cast<ssize_t>(answer.size()));
    return seen;
  }
  bool echoes() const {
    termios state{};
    REQUIRE(::tcgetattr(terminal_, &state) == 0);
    return (state.c_lflag & static_cast<tcflag_t>(ECHO)) != 0;
  }
  std::string see(std::string_view until) const { return read_until(terminal_, until); }
  void send(int number) const { ::kill(child_, number); }
  void hang_up() {
    ::close(terminal_);
    terminal_ = -1;
  }
  // Once it has ended by itself.
  int exit_code() {
    int status = 0;
    REQUIRE(::waitpid(child_, &status, 0) == child_);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string result() const {
    const std::string text = read_until(result_, "\n");
    return text.substr(0, text.find('\n'));
  }

 private:
  int terminal_ = -1;
  int result_ = -1;
  pid_t child_ = -1;
};

std::string asked_for_secret() {
  const auto answer = cli::make_terminal_prompter({})->secret("Say: ");
  return answer ? "got " + std::string(answer->reveal()) : answer.error().id;
}

}  // namespace

TEST_CASE("terminal: a reader that goes away is told as closed output", "[cli]") {
  ::signal(SIGPIPE, SIG_IGN);  // as watch_signals() does: it would end this program
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const auto sink = cli::descriptor_sink(pipe[1]);
  CHECK(sink->write(as_bytes(std::string("here"))));
  ::close(pipe[0]);
  CHECK(error_id(sink->write(as_bytes(std::string("there")))) == "output.closed");
  ::close(pipe[1]);
}

TEST_CASE("terminal: a pipe that does not block is waited for", "[cli]") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  REQUIRE(::fcntl(pipe[1], F_SETFL, O_NONBLOCK) == 0);
  std::size_t arrived = 0;
  std::thread reader([&] {
    std::array<char, 65536> some{};
    for (ssize_t got = 1; got > 0; arrived += static_cast<std::size_t>(got)) {
      ::usleep(1000);
      got = ::read(pipe[0], some.data(), some.size());
      if (got < 0) break;
    }
  });
  const std::string text(1U << 20, 'x');
  CHECK(cli::descriptor_sink(pipe[1])->write(as_bytes(text)));
  ::close(pipe[1]);
  reader.join();
  CHECK(arrived == text.size());
  ::close(pipe[0]);
}

TEST_CASE("terminal: a full disk behind standard output is told as closed output", "[cli]") {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  CHECK(error_id(cli::descriptor_sink(full)->write(as_bytes(std::string("x")))) == "output.closed");
  ::close(full);
}

TEST_CASE("terminal: what is no terminal is none, and is 80 wide", "[cli]") {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  REQUIRE(nothing >= 0);
  CHECK_FALSE(cli::is_terminal(nothing));
  CHECK(cli::terminal_width(nothing) == 80);
  ::close(nothing);
}

TEST_CASE("terminal: without one every question is an error at once", "[cli]") {
  AtTerminal child([] {
    // As in a pipe: standard input is no terminal, although there is one.
    ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    const auto prompter = cli::make_terminal_prompter({});
    std::string ids = prompter->can_ask() ? "can ask" : "cannot ask";
    ids += " " + error_id(prompter->secret("Secret: "));
    ids += " " + error_id(prompter->line("Line: "));
    ids += " " + error_id(prompter->confirm("Sure?"));
    prompter->show("nobody sees this");
    return ids;
  });
  CHECK(child.result() == "cannot ask prompt.no_terminal prompt.no_terminal prompt.no_terminal");
}

TEST_CASE("terminal: a secret is typed without echo, and the echo comes back", "[cli]") {
  AtTerminal child(asked_for_secret);
  child.type_after("Say: ", "open sesame\n");
  CHECK(child.result() == "got open sesame");
  CHECK(child.echoes());
  CHECK(child.see("\n").find("sesame") == std::string::npos);
}

TEST_CASE("terminal: a line is typed with echo", "[cli]") {
  AtTerminal child([] {
    const auto answer = cli::make_terminal_prompter({})->line("Say: ");
    return answer ? "got " + *answer : answer.error().id;
  });
  child.type_after("Say: ", "alice.test\n");
  CHECK(child.result() == "got alice.test");
  CHECK(child.see("\n").find("alice.test") != std::string::npos);
}

TEST_CASE("terminal: yes and no are asked for again, three times, and nothing means no", "[cli]") {
  const auto confirmed = [] {
    const auto answer = cli::make_terminal_prompter({})->confirm("Sure?");
    return answer ? std::string(*answer ? "yes" : "no") : answer.error().id;
  };
  const auto say = [&](const std::vector<std::string>& answers) {
    AtTerminal child(confirmed);
    for (const std::string& answer : answers) child.type_after("[yes/no] ", answer + "\n");
    return child.result();
  };
  CHECK(say({"yes"}) == "yes");
  CHECK(say({" Y "}) == "yes");
  CHECK(say({"no"}) == "no");
  CHECK(say({""}) == "no");
  CHECK(say({"perhaps", "yes"}) == "yes");
  CHECK(say({"perhaps", "sure", "why not"}) == "no");
}

TEST_CASE("terminal: one that is closed while it is asked ends the question", "[cli]") {
  AtTerminal end_of_file(asked_for_secret);
  end_of_file.type_after("Say: ", "\x04");
  CHECK(end_of_file.result() == "prompt.closed");
  AtTerminal hung_up([] {
    ::signal(SIGHUP, SIG_IGN);
    return asked_for_secret();
  });
  hung_up.see("Say: ");
  hung_up.hang_up();
  CHECK(hung_up.result() == "prompt.closed");
}

TEST_CASE("terminal: an answer of 4096 characters is taken, a longer one is not", "[cli]") {
  // A terminal that hands over line by line ends lines at 4095: so this one does not.
  const auto ask = [] {
    termios state{};
    ::tcgetattr(STDIN_FILENO, &state);
    state.c_lflag &= ~static_cast<tcflag_t>(ICANON);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &state);
    const auto answer = cli::make_terminal_prompter({})->secret("Say: ");
    return answer ? "got " + std::to_string(answer->reveal().size()) : answer.error().id;
  };
  const auto say = [&](std::size_t length) {
    AtTerminal child(ask);
    child.type_after("Say: ", std::string(length / 2, 'x'));
    ::usleep(50'000);  // the terminal holds 4095 at a time
    child.type_after("", std::string(length - length / 2, 'x') + "\n");
    return child.result();
  };
  CHECK(say(4096) == "got 4096");
  CHECK(say(4097) == "prompt.too_long");
}

TEST_CASE("terminal: a signal ends a question, and is remembered", "[cli]") {
  const int number = GENERATE(SIGINT, SIGTERM);
  AtTerminal child([] {
    const StopToken stop = cli::watch_signals();
    const auto answer = cli::make_terminal_prompter(stop)->secret("Say: ");
    return error_id(answer) + " " + std::to_string(cli::signal_seen());
  });
  child.see("Say: ");
  CHECK_FALSE(child.echoes());
  child.send(number);
  CHECK(child.result() == "stopped " + std::to_string(number));
  CHECK(child.echoes());
}

TEST_CASE("terminal: a second signal ends the program at once, with the echo back", "[cli]") {
  AtTerminal child([] {
    (void)cli::watch_signals();
    // Work that does not look at the stop token, while the echo is off.
    const auto prompter = cli::make_terminal_prompter({});
    const std::thread tell([] {
      while (cli::signal_seen() == 0) ::usleep(1000);
      (void)cli::descriptor_sink(STDOUT_FILENO)->write(as_bytes(std::string_view("first seen")));
    });
    return error_id(prompter->secret("Say: "));
  });
  child.see("Say: ");
  CHECK_FALSE(child.echoes());
  child.send(SIGINT);
  child.see("first seen");
  child.send(SIGTERM);
  CHECK(child.exit_code() == 128 + SIGTERM);
}
