#include "core/os/running_program.h"

#include "core/os/posix_handle.h"
#include "core/os/spawn.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace atb::os {
namespace {

constexpr int kPollMilliseconds = 50;
constexpr auto kGrace = std::chrono::milliseconds(5000);
constexpr mode_t kOwnerOnly = 0600;

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe(const std::string& whose) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0)
    return fail(ErrorKind::io, "command.failed", "cannot make a pipe for " + whose);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

struct RunningProgram::State {
  std::string name;
  Fd input;   // ours to write
  Fd output;  // ours to read
  std::string pending;
  Child child;
};

RunningProgram::RunningProgram(std::unique_ptr<State> state) : state_(std::move(state)) {}
RunningProgram::RunningProgram(RunningProgram&&) noexcept = default;
RunningProgram& RunningProgram::operator=(RunningProgram&&) noexcept = default;
RunningProgram::~RunningProgram() = default;

Result<RunningProgram> RunningProgram::start(const ProgramStart& start) {
  Pipe input = TRY(make_pipe(start.words.front()));
  Pipe output = TRY(make_pipe(start.words.front()));
  SpawnSetup setup(true);
  posix_spawn_file_actions_adddup2(&setup.actions, input.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&setup.actions, output.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&setup.actions, STDERR_FILENO, start.error_file.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, kOwnerOnly);
  posix_spawn_file_actions_addchdir_np(&setup.actions, start.folder.c_str());
  const pid_t pid = TRY(spawn(start.words, start.environment, setup));
  return RunningProgram(std::unique_ptr<State>(new State{.name = start.words.front(),
                                                         .input = std::move(input.write),
                                                         .output = std::move(output.read),
                                                         .pending = {},
                                                         .child{pid, Child::Scope::group, kGrace}}));
}

Status RunningProgram::tell(std::string_view line) {
  const std::string text = std::string(line) + "\n";
  for (std::size_t at = 0; at < text.size();) {
    const auto written = ::write(state_->input.get(), text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      return fail(ErrorKind::io, "command.failed", state_->name + " does not listen to its standard input");
    at += static_cast<std::size_t>(written);
  }
  return {};
}

Result<std::string> RunningProgram::next_line(std::size_t limit, std::chrono::milliseconds patience,
                                              const StopToken& stop) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::string& pending = state_->pending;
  for (;;) {
    if (const auto end = pending.find('\n'); end != std::string::npos) {
      std::string line = pending.substr(0, end);
      pending.erase(0, end + 1);
      return line;
    }
    if (pending.size() > limit) {
      return fail(ErrorKind::limit_exceeded, "command.output",
                  fmt::format("{} prints a line of more than the {} bytes allowed", state_->name, limit));
    }
    TRY(check_stop(stop));
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(ErrorKind::timeout, "command.silent",
                  fmt::format("{} has said nothing for {} seconds", state_->name, patience.count() / 1000));
    }
    pollfd ready{state_->output.get(), POLLIN, 0};
    const int polled = ::poll(&ready, 1, kPollMilliseconds);
    if (polled < 0 && errno != EINTR)
      return fail(ErrorKind::io, "command.failed", "cannot wait for the output of " + state_->name);
    if (polled <= 0) continue;
    std::array<char, 4096> buffer{};
    const auto got = ::read(state_->output.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return fail(ErrorKind::io, "command.ended", state_->name + " has ended, or closed its standard output");
    pending.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void RunningProgram::end() { state_->child.end(); }

}  // namespace atb::os
