#include "core/rehearse/reference_server.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/seeded_random.h"
#include "tests/support/temp_folder.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace atb;
using namespace atb::test;

namespace {

constexpr const char* kPackage = R"({"name":"@atproto/pds","version":"9.9.9","engines":{"node":">=22"}})";

void write(const std::string& path, const std::string& text, mode_t mode = 0600) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
}

// A folder with the package, and with a Node.js that is a shell script.
struct Installed {
  TempFolder folder;
  explicit Installed(const std::string& node_script, const char* package = kPackage) {
    write(folder.file("node_modules/@atproto/pds/package.json"), package);
    if (!node_script.empty()) write(folder.file("bin/node"), "#!/bin/sh\n" + node_script, 0700);
  }
  Result<rehearse::InstalledServer> find() const {
    return rehearse::find_server(os::posix_file_system(), folder.path(), {}, {});
  }
  Result<rehearse::RunningServer> start(const TempFolder& work) const {
    SeededRandom random(1);
    const auto found = find();
    REQUIRE(found);
    return rehearse::start_server(os::posix_file_system(), random, *found, work.path(),
                                  {.directory = "http://127.0.0.1:1", .document = {}}, true, {});
  }
};

}  // namespace

TEST_CASE("rehearse server: none is there, and how to get one is said", "[rehearse]") {
  TempFolder empty;
  auto& fs = os::posix_file_system();
  const auto found = rehearse::find_server(fs, "", {empty.path(), "/nowhere"}, {});
  CHECK(error_id(found) == "rehearse.no_server");
  CHECK(found.error().kind == ErrorKind::refused);
  CHECK(found.error().hint.find("npm install @atproto/pds") != std::string::npos);
  CHECK(found.error().hint.find(empty.path()) != std::string::npos);
  // A folder that is named is the only one that is looked into.
  const Installed other("echo v22.1.0");
  CHECK(error_id(rehearse::find_server(fs, empty.path(), {other.folder.path()}, {})) == "rehearse.no_server");
  CHECK(rehearse::find_server(fs, "", {empty.path(), other.folder.path()}, {}));
  // Another package of that name is none.
  CHECK(error_id(Installed("", R"({"name":"pds"})").find()) == "rehearse.no_server");
  CHECK(error_id(Installed("", "no JSON").find()) == "rehearse.no_server");
}

TEST_CASE("rehearse server: the Node.js beside it is taken, if it is new enough", "[rehearse]") {
  const auto found = Installed("echo v22.23.3").find();
  REQUIRE(found);
  CHECK(found->version == "9.9.9");
  CHECK(found->node.ends_with("/bin/node"));
  CHECK(error_id(Installed("echo v18.19.0").find()) == "rehearse.no_node");
  CHECK(error_id(Installed("exit 1").find()) == "rehearse.no_node");
  CHECK(error_id(Installed("echo gibberish").find()) == "rehearse.no_node");
}

TEST_CASE("rehearse server: where it listens is what it says", "[rehearse]") {
  TempFolder work;
  const Installed good(
      "[ \"$1\" = --version ] && exec echo v22.0.0\nread line\necho "
      "'{\"ready\":true,\"url\":\"http://localhost:7\"}'\nread end");
  const auto server = good.start(work);
  REQUIRE(server);
  CHECK(server->url == "http://localhost:7");
  struct stat info{};
  REQUIRE(::stat(work.file("server.mjs").c_str(), &info) == 0);
}

TEST_CASE("rehearse server: one that does not start says why", "[rehearse]") {
  TempFolder work;
  const std::string version = "[ \"$1\" = --version ] && exec echo v22.0.0\n";
  const auto says = [&](const std::string& script) {
    const auto server = Installed(version + script).start(work);
    CHECK(error_id(server) == "rehearse.server");
    return server ? std::string() : server.error().message;
  };
  CHECK(says("read line; echo '{\"ready\":false,\"error\":\"no such module\"}'").find("no such module") !=
        std::string::npos);
  CHECK(says("exit 1").find("ended") != std::string::npos);
  CHECK(says("read line; echo hello").find("hello") != std::string::npos);
}

TEST_CASE("rehearse server: where it was kept from is read once each, and printable", "[rehearse]") {
  TempFolder work;
  CHECK(rehearse::refused_places(os::posix_file_system(), work.path()).empty());
  write(work.file("refused"), "b.example\na.example\nb.example\n\x1b[2J\n");
  const auto names = rehearse::refused_places(os::posix_file_system(), work.path());
  REQUIRE(names.size() == 3);
  for (const std::string& name : names) CHECK(name.find('\x1b') == std::string::npos);
}
