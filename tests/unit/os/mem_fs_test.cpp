#include "tests/unit/os/file_system_fixture.h"

using namespace atb::test;
using atb::as_bytes;
using atb::ErrorKind;

TEST_CASE("memory file system: loses what was not synced in a power cut", "[os]") {
  MemFs fs;
  REQUIRE(fs.make_folders("/d"));
  auto file = fs.create("/d/a").value();
  REQUIRE(file->write(as_bytes("one")));
  REQUIRE(file->sync());
  REQUIRE(fs.sync_folder("/d"));
  REQUIRE(file->write(as_bytes("two")));
  auto unnamed = fs.create("/d/b").value();
  REQUIRE(unnamed->sync());
  const auto lock = fs.lock("/d/lock");
  fs.crash();
  CHECK(fs.files() == std::vector<std::string>{"/d/a"});
  CHECK(fs.get("/d/a") == "one");
  CHECK(id_of(file->write(as_bytes("x"))) == "file.write");
  CHECK(fs.lock("/d/lock"));
}

TEST_CASE("memory file system: a killed process loses its handles, not its content", "[os]") {
  MemFs fs;
  auto file = fs.create("a").value();
  REQUIRE(file->write(as_bytes("one")));
  fs.kill();
  CHECK(fs.get("a") == "one");
  CHECK(fs.get("/cwd/a") == "one");
  CHECK_FALSE(file->write(as_bytes("x")));
}

TEST_CASE("memory file system: records, and fails what it is told to", "[os]") {
  MemFs fs;
  fs.fail_after(1);
  REQUIRE(fs.make_folders("/d"));
  CHECK(id_of(fs.create("/d/a")) == "file.injected");
  REQUIRE(fs.create("/d/a"));
  fs.set_hook([](const MemFs::Operation& operation) -> std::optional<atb::Error> {
    if (operation.str() == "rename /d/a /d/b") return atb::Error(ErrorKind::io, "test.hook", "no");
    return std::nullopt;
  });
  CHECK(id_of(fs.rename("/d/a", "/d/b")) == "test.hook");
  std::string all;
  for (const auto& operation : fs.operations()) all += operation.str() + "\n";
  CHECK(all == "make_folders /d\ncreate /d/a\ncreate /d/a\nrename /d/a /d/b\n");
  CHECK(fs.changes() == 4);
}

TEST_CASE("memory file system: a byte can be flipped", "[os]") {
  MemFs fs;
  fs.put("/d/a", "abc");
  fs.flip("/d/a", 1, 0x20);
  CHECK(fs.get("/d/a") == "aBc");
}
