#include "core/os/process.h"

#include "core/os/posix_handle.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>
#include <system_error>
#include <thread>

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace atb::os {
namespace {

constexpr int kPollMilliseconds = 50;
constexpr auto kGrace = std::chrono::milliseconds(500);

// The environment of the child: ours less what may hold secrets of ours.
std::vector<char*> child_environment() {
  std::vector<char*> kept;
  for (char** at = environ; *at != nullptr; ++at) {
    if (!std::string_view(*at).starts_with("ATBACKUP_")) kept.push_back(*at);
  }
  kept.push_back(nullptr);
  return kept;
}

// Ended and reaped whatever happens to us.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + kGrace;
    while (std::chrono::steady_clock::now() < deadline) {
      if (reaped()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  // True once the child has ended; then exit_status() is known.
  bool reaped() {
    if (pid_ <= 0) return true;
    const pid_t got = ::waitpid(pid_, &status_, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) return false;
    pid_ = 0;
    return true;
  }
  int exit_status() const { return status_; }

 private:
  pid_t pid_;
  int status_ = 0;
};

struct SpawnSetup {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};

  explicit SpawnSetup(int output) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    // We may block or ignore signals; that is not to be inherited.
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) sigaddset(&defaults, number);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};

Result<pid_t> spawn(const std::vector<std::string>& words, int output) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  auto environment = child_environment();
  const SpawnSetup setup(output);
  pid_t pid = 0;
  const int code = ::posix_spawnp(&pid, arguments[0], &setup.actions, &setup.attributes, arguments.data(),
                                  environment.data());
  if (code == ENOENT) {
    return fail(ErrorKind::invalid_input, "command.not_found",
                fmt::format("there is no command {}", words[0]), "give its full path, or look at PATH");
  }
  if (code != 0) {
    return fail(ErrorKind::io, "command.failed",
                fmt::format("cannot run {}: {}", words[0], std::generic_category().message(code)));
  }
  return pid;
}

// Reads to the end of the pipe into `text`, which has room for one byte more than is allowed.
Result<std::size_t> collect(int fd, std::string& text, const std::string& command, const StopToken& stop) {
  std::size_t size = 0;
  for (;;) {
    TRY(check_stop(stop));
    pollfd ready{fd, POLLIN, 0};
    const int polled = ::poll(&ready, 1, kPollMilliseconds);
    if (polled < 0 && errno != EINTR) {
      return fail(ErrorKind::io, "command.failed", "cannot wait for the output of " + command);
    }
    if (polled <= 0) continue;
    const auto got = ::read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorKind::io, "command.failed", "cannot read the output of " + command);
    if (got == 0) return size;
    size += static_cast<std::size_t>(got);
    if (size == text.size()) {
      return fail(ErrorKind::limit_exceeded, "command.output",
                  fmt::format("{} prints more than the {} bytes allowed", command, text.size() - 1));
    }
  }
}

Status judge(int status, const std::string& command) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ErrorKind::io, "command.failed",
              WIFEXITED(status) ? fmt::format("{} ended with exit code {}", command, WEXITSTATUS(status))
                                : fmt::format("{} was ended by signal {}", command, WTERMSIG(status)),
              "run it by hand to see why");
}

}  // namespace

Result<Secret> run_for_output(const std::vector<std::string>& words, std::size_t limit,
                              const StopToken& stop) {
  if (words.empty() || words[0].empty()) {
    return fail(ErrorKind::invalid_input, "command.syntax", "the command is empty");
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) {
    return fail(ErrorKind::io, "command.failed", "cannot make a pipe for " + words[0]);
  }
  const Fd input(ends[0]);
  Fd output(ends[1]);
  Child child(TRY(spawn(words, output.get())));
  output.reset();

  // Allocated once, so that no copy of a secret stays behind in freed memory.
  std::string text(limit + 1, '\0');
  auto size = collect(input.get(), text, words[0], stop);
  if (!size) {
    wipe(text.data(), text.size());
    return std::move(size).error();
  }
  text.resize(*size);
  Secret secret(std::move(text));
  while (!child.reaped()) {
    TRY(check_stop(stop));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  TRY(judge(child.exit_status(), words[0]));
  return secret;
}

void harden_process() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    // The lowest free number is this one. What is asked of it fails, as of one that is closed.
    (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // NOLINT(android-cloexec-open)
  }
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  // The leak checker of the sanitizer reads its own process and needs it dumpable.
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace atb::os
