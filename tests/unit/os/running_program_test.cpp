#include "core/os/running_program.h"

#include "core/os/private_folder.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/temp_folder.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using namespace atb;
using namespace atb::test;
using os::RunningProgram;

namespace {

Result<RunningProgram> start(const TempFolder& folder, const std::string& script) {
  return RunningProgram::start({.words = {"sh", "-c", script},
                                .environment = {"PATH=/usr/bin:/bin", "ONLY=this"},
                                .folder = folder.path(),
                                .error_file = folder.file("errors")});
}

std::string line_of(RunningProgram& program) {
  const auto line = program.next_line(1000, 10s, {});
  return line ? *line : line.error().id;
}

bool is_gone(const std::string& pid) {
  for (int i = 0; i < 200; ++i) {
    if (::kill(std::stoi(pid), 0) != 0) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

}  // namespace

TEST_CASE("running program: it is told lines, and says lines", "[os]") {
  TempFolder folder;
  auto program = start(folder, "while read -r line; do echo \"<$line>\"; done; echo end >&2");
  REQUIRE(program);
  CHECK(program->tell("a"));
  CHECK(program->tell("b c"));
  CHECK(line_of(*program) == "<a>");
  CHECK(line_of(*program) == "<b c>");
}

TEST_CASE("running program: it runs in its folder, with the environment it was given and no other", "[os]") {
  TempFolder folder;
  auto program = start(
      folder, "pwd; env | grep -c -v -e '^PATH=' -e '^PWD=' -e '^_=' -e '^SHLVL='; echo oops >&2; echo done");
  REQUIRE(program);
  CHECK(line_of(*program) == std::filesystem::canonical(folder.path()).string());
  CHECK(line_of(*program) == "1");
  CHECK(line_of(*program) == "done");
  std::ifstream errors(folder.file("errors"));
  std::string text;
  std::getline(errors, text);
  CHECK(text == "oops");
}

TEST_CASE("running program: it ends with its object, and so do its children", "[os]") {
  TempFolder folder;
  std::string child;
  {
    auto program = start(folder, "sleep 1000 & echo $!; wait");
    REQUIRE(program);
    child = line_of(*program);
  }
  CHECK(is_gone(child));
}

TEST_CASE("running program: what it does not say is waited for only so long", "[os]") {
  TempFolder folder;
  auto program = start(folder, "read line; exit 3");
  REQUIRE(program);
  CHECK(error_id(program->next_line(100, 100ms, {})) == "command.silent");
  std::stop_source stop;
  stop.request_stop();
  CHECK(error_id(program->next_line(100, 10s, stop.get_token())) == "stopped");
  CHECK(program->tell("go"));
  CHECK(line_of(*program) == "command.ended");
}

TEST_CASE("running program: an endless line, and a program that is not there, are errors", "[os]") {
  TempFolder folder;
  auto program = start(folder, "yes | tr -d '\\n'");
  REQUIRE(program);
  CHECK(error_id(program->next_line(10'000, 10s, {})) == "command.output");
  CHECK(error_id(RunningProgram::start({.words = {"no-such-program-here"},
                                        .environment = {},
                                        .folder = folder.path(),
                                        .error_file = folder.file("errors")})) == "command.not_found");
}

TEST_CASE("private folder: nobody else can look into it, and it is gone with all it holds", "[os]") {
  TempFolder folder;
  std::string path;
  std::ofstream(folder.file("outside")) << "stays";
  {
    auto made = os::PrivateFolder::make(folder.path(), "drill");
    REQUIRE(made);
    path = made->path();
    struct stat info{};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0700U);
    std::filesystem::create_directories(path + "/a/b");
    std::ofstream(path + "/a/b/file") << "x";
    std::filesystem::create_symlink(folder.file("outside"), path + "/link");
    std::filesystem::create_directory_symlink(folder.path(), path + "/back");
    os::PrivateFolder moved = std::move(*made);
    CHECK(moved.path() == path);
  }
  CHECK(!std::filesystem::exists(path));
  CHECK(std::filesystem::exists(folder.file("outside")));
}

TEST_CASE("private folder: it can be kept, and a place that is not there is an error", "[os]") {
  TempFolder folder;
  std::string path;
  {
    auto made = os::PrivateFolder::make(folder.path(), "drill");
    REQUIRE(made);
    made->keep();
    path = made->path();
  }
  CHECK(std::filesystem::exists(path));
  CHECK(error_id(os::PrivateFolder::make(folder.file("nowhere"), "drill")) == "file.create");
}
