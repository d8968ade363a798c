// The command line in a world of its own: arguments in; an exit code, two streams and what a person saw out.
// The network is two hosts and a directory in memory; files are in memory too, unless a test moves an account
// (the journal of a move is SQLite's, on the real disk).
#pragma once

#include "cli/run.h"
#include "core/data/value.h"
#include "tests/support/fake_network.h"
#include "tests/support/mem_fs.h"
#include "tests/support/move/move_bench.h"
#include "tests/support/scripted_prompter.h"
#include "tests/support/temp_folder.h"

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace atb::test {

// A stream that keeps what it was given, or cannot take anything.
class TextSink final : public ByteSink {
 public:
  Status write(ByteView bytes) override;
  std::string take();
  void close() { closed_ = true; }

 private:
  std::mutex mutex_;
  std::string text_;
  bool closed_ = false;
};

class CliBench {
 public:
  explicit CliBench(std::size_t records = 12);

  struct Run {
    int exit = 0;
    std::string out;
    std::string err;
    // Standard output as JSON lines; a line that is none fails the test.
    std::vector<data::Value> lines() const;
    // Of those, the last: its member as text ("error", "summary"), or "" where there is none.
    std::string last(std::string_view member) const;
    // Those of one type.
    std::vector<data::Value> of_type(std::string_view type) const;
    bool says(std::string_view part) const { return err.find(part) != std::string::npos; }
  };
  // The directory of this network is named before the arguments.
  Run run(const std::vector<std::string>& arguments);
  // As it is, without a word added.
  Run run_plainly(const std::vector<std::string>& arguments);
  // As a move needs them: on the real disk, below a folder of the test's own.
  void use_real_files();
  // 'export ACCOUNT -o PATH' ends well.
  void have_backup(const std::string& path);

  FakeNetwork network;
  MemFs memory;
  TempFolder temp;
  Person person{network};  // asked where no other prompter is given
  account::Prompter* prompter = &person;
  std::map<std::string, std::string> environment = {{"HOME", "/home/me"}};
  TextSink out;
  TextSink err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  unsigned width = 80;
  std::stop_source stop;
  int signal = 0;
  std::optional<Error> no_http;  // what making the HTTP client ends with
  cli::NetOptions seen_options;  // what it was made with

  std::string did() const { return network.did.str(); }
  std::string state_folder() const { return environment.at("HOME") + "/.local/state/atbackup"; }
  os::FileSystem& fs();

 private:
  bool real_files_ = false;
  SeededRandom random_{99};
};

// What a terminal would obey: control characters other than line ends, and marks that turn text around.
bool has_raw_controls(std::string_view text);

}  // namespace atb::test
