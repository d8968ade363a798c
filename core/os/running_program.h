// A program that runs beside us until it is ended, such as a server.
#pragma once

#include "core/base/result.h"
#include "core/base/stop.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace atb::os {

struct ProgramStart {
  std::vector<std::string> words;        // found by PATH unless the first has a '/'
  std::vector<std::string> environment;  // "NAME=value", all of it
  std::string folder;                    // to run in
  std::string error_file;                // where its standard error goes; made if absent, 0600
};

// Heads a process group of its own: what the terminal sends to ours, such as Ctrl-C, is for us to pass on.
// Its standard input is a pipe of which we hold the other end: when that closes, we are gone, in whatever
// way, and it can end by itself. One thread at a time.
class RunningProgram {
 public:
  // Ids "command.not_found", "command.failed".
  static Result<RunningProgram> start(const ProgramStart& start);
  RunningProgram(RunningProgram&&) noexcept;
  RunningProgram& operator=(RunningProgram&&) noexcept;
  // Ends it: asks the group, then kills it.
  ~RunningProgram();

  // A line to its standard input. "command.failed" when it takes none.
  Status tell(std::string_view line);
  // The next line of its standard output, without its end. Ids "command.ended" (io: it has closed its
  // output), "command.silent" (timeout), "command.output" (limit_exceeded: a line longer than `limit`),
  // "stopped".
  Result<std::string> next_line(std::size_t limit, std::chrono::milliseconds patience, const StopToken& stop);
  void end();

 private:
  struct State;
  explicit RunningProgram(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace atb::os
