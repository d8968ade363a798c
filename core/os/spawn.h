// What starting another program takes. Private to this module.
#pragma once

#include "core/base/result.h"

#include <spawn.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace atb::os {

// File actions and attributes, to be added to. As it is made: standard input is /dev/null, and no signal is
// blocked or ignored, whatever we do ourselves.
struct SpawnSetup {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};

  // `own_group`: the child heads a process group of its own, which signals from the terminal do not reach.
  explicit SpawnSetup(bool own_group = false);
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup();
};

// Found by PATH unless the first word has a '/'. `environment`: "NAME=value", all of it. Ids
// "command.not_found", "command.failed".
Result<pid_t> spawn(const std::vector<std::string>& words, const std::vector<std::string>& environment,
                    const SpawnSetup& setup);

// A child, or the head of a group of them: ended and reaped whatever happens to us.
class Child {
 public:
  enum class Scope : std::uint8_t { one, group };
  Child(pid_t pid, Scope scope, std::chrono::milliseconds grace) : pid_(pid), scope_(scope), grace_(grace) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  // True once the child has ended; then exit_status() is known.
  bool reaped();
  // As waitpid() gives it.
  int exit_status() const { return status_; }
  // SIGTERM, the time of grace, SIGKILL.
  void end();
  pid_t pid() const { return pid_; }

 private:
  void signal(int number) const;
  pid_t pid_;  // 0 once reaped
  Scope scope_;
  std::chrono::milliseconds grace_;
  int status_ = 0;
};

}  // namespace atb::os
