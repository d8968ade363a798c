#include "core/os/process.h"

#include "core/os/posix_handle.h"
#include "core/os/spawn.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <thread>

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace atb::os {
namespace {

constexpr int kPollMilliseconds = 50;
constexpr auto kGrace = std::chrono::milliseconds(500);

// The environment of the child: ours less what may hold secrets of ours.
std::vector<std::string> child_environment() {
  std::vector<std::string> kept;
  for (char** at = environ; *at != nullptr; ++at) {
    if (!std::string_view(*at).starts_with("ATBACKUP_")) kept.emplace_back(*at);
  }
  return kept;
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
  SpawnSetup setup;
  posix_spawn_file_actions_adddup2(&setup.actions, output.get(), STDOUT_FILENO);
  const pid_t pid = TRY(spawn(words, child_environment(), setup));
  Child child(pid, Child::Scope::one, kGrace);
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
