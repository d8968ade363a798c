#include "core/os/spawn.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

namespace atb::os {
namespace {

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

SpawnSetup::SpawnSetup(bool own_group) {
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawnattr_init(&attributes);
  // We may block or ignore signals; that is not to be inherited.
  sigset_t none;
  sigset_t defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) sigaddset(&defaults, number);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (own_group) {
    flags |= POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setpgroup(&attributes, 0);
  }
  posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
}

SpawnSetup::~SpawnSetup() {
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
}

Result<pid_t> spawn(const std::vector<std::string>& words, const std::vector<std::string>& environment,
                    const SpawnSetup& setup) {
  std::vector<char*> arguments = pointers_to(words);
  std::vector<char*> variables = pointers_to(environment);
  pid_t pid = 0;
  const int code = ::posix_spawnp(&pid, arguments[0], &setup.actions, &setup.attributes, arguments.data(),
                                  variables.data());
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

void Child::signal(int number) const { ::kill(scope_ == Scope::group ? -pid_ : pid_, number); }

bool Child::reaped() {
  if (pid_ <= 0) return true;
  const pid_t got = ::waitpid(pid_, &status_, WNOHANG);
  if (got == 0 || (got < 0 && errno == EINTR)) return false;
  pid_ = 0;
  return true;
}

void Child::end() {
  if (pid_ <= 0) return;
  signal(SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + grace_;
  while (std::chrono::steady_clock::now() < deadline) {
    if (reaped()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  signal(SIGKILL);
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

}  // namespace atb::os
