#include "tests/unit/os/file_system_fixture.h"

using namespace atb::test;
using atb::as_bytes;
using atb::as_text;
using atb::Bytes;
using atb::ErrorKind;
using atb::os::FileInfo;

TEMPLATE_TEST_CASE("file system: a file is made once, written, and read anywhere", "[os]", Posix, Memory) {
  TestType with;
  const auto path = join(with.root, "a");
  auto file = with.fs.create(path);
  REQUIRE(file);
  REQUIRE((*file)->write(as_bytes("hello ")));
  REQUIRE((*file)->write(as_bytes("world")));
  CHECK((*file)->size() == 11);
  Bytes buffer(5);
  CHECK((*file)->read_at(6, buffer).value() == 5);
  CHECK(as_text(buffer) == "world");
  REQUIRE((*file)->sync());
  REQUIRE((*file)->close());
  CHECK((*file)->close());
  CHECK(id_of((*file)->write(as_bytes("x"))) == "file.write");

  const auto reader = with.fs.open(path);
  REQUIRE(reader);
  CHECK((*reader)->size() == 11);
  CHECK((*reader)->read_at(8, buffer).value() == 3);
  CHECK((*reader)->read_at(11, buffer).value() == 0);
  CHECK((*reader)->read_at(UINT64_MAX, buffer).value() == 0);

  const auto again = with.fs.create(path);
  CHECK(id_of(again) == "file.exists");
  CHECK(again.error().kind == ErrorKind::conflict);
  CHECK(again.error().message.find(path) != std::string::npos);
}

TEMPLATE_TEST_CASE("file system: what is not there is not found", "[os]", Posix, Memory) {
  TestType with;
  const auto path = join(with.root, "none");
  CHECK(id_of(with.fs.open(path)) == "file.not_found");
  CHECK(id_of(with.fs.stat(path)) == "file.not_found");
  CHECK(id_of(with.fs.list(path)) == "file.not_found");
  CHECK(id_of(with.fs.remove(path)) == "file.not_found");
  CHECK(id_of(with.fs.rename(path, path + "2")) == "file.not_found");
  CHECK(id_of(with.fs.create(join(path, "x"))) == "file.not_found");
  CHECK(id_of(with.fs.sync_folder(path)) == "file.not_found");
  CHECK(id_of(with.fs.free_space(path)) == "file.not_found");
  CHECK(id_of(with.fs.lock(join(path, "x"))) == "file.not_found");
  CHECK(with.fs.stat(path).error().kind == ErrorKind::not_found);
  CHECK_FALSE(atb::os::exists(with.fs, path));
  CHECK(atb::os::exists(with.fs, with.root));
}

TEMPLATE_TEST_CASE("file system: rename replaces", "[os]", Posix, Memory) {
  TestType with;
  make(with.fs, join(with.root, "a"), "new");
  make(with.fs, join(with.root, "b"), "old");
  REQUIRE(with.fs.rename(join(with.root, "a"), join(with.root, "b")));
  CHECK(content_of(with.fs, join(with.root, "b")) == "new");
  CHECK(with.fs.list(with.root).value() == std::vector<std::string>{"b"});
  REQUIRE(with.fs.make_folders(join(with.root, "folder")));
  CHECK_FALSE(with.fs.rename(join(with.root, "b"), join(with.root, "folder")));
}

TEMPLATE_TEST_CASE("file system: a file that was removed can still be read by those who have it open", "[os]",
                   Posix, Memory) {
  TestType with;
  make(with.fs, join(with.root, "a"), "content");
  const auto reader = with.fs.open(join(with.root, "a"));
  REQUIRE(with.fs.remove(join(with.root, "a")));
  Bytes buffer(7);
  CHECK((*reader)->read_at(0, buffer).value() == 7);
}

TEMPLATE_TEST_CASE("file system: folders are made with their parents, listed sorted, removed when empty",
                   "[os]", Posix, Memory) {
  TestType with;
  const auto deep = join(with.root, "x/y/z");
  REQUIRE(with.fs.make_folders(deep));
  REQUIRE(with.fs.make_folders(deep));
  REQUIRE(with.fs.make_folders(deep + "/"));
  CHECK(with.fs.stat(deep)->type == FileInfo::Type::folder);
  make(with.fs, join(deep, "b"), "");
  make(with.fs, join(deep, "a"), "");
  make(with.fs, join(deep, ".c"), "");
  CHECK(with.fs.list(deep).value() == std::vector<std::string>{".c", "a", "b"});
  CHECK_FALSE(with.fs.remove(deep));
  for (const auto* name : {"a", "b", ".c"}) REQUIRE(with.fs.remove(join(deep, name)));
  CHECK(with.fs.remove(deep));
  CHECK_FALSE(atb::os::exists(with.fs, deep));
  REQUIRE(with.fs.sync_folder(with.root));
  make(with.fs, join(with.root, "file"), "");
  CHECK(id_of(with.fs.make_folders(join(with.root, "file/below"))) == "file.not_found");
  CHECK_FALSE(with.fs.make_folders(join(with.root, "file")));
}

TEMPLATE_TEST_CASE("file system: a folder is not a file to open", "[os]", Posix, Memory) {
  TestType with;
  const auto opened = with.fs.open(with.root);
  CHECK(id_of(opened) == "file.open");
  CHECK(opened.error().kind == ErrorKind::io);
}

TEMPLATE_TEST_CASE("file system: files are 0600 and folders 0700", "[os]", Posix, Memory) {
  TestType with;
  const UmaskZero umask;
  REQUIRE(with.fs.make_folders(join(with.root, "p/q")));
  make(with.fs, join(with.root, "p/q/f"), "abc");
  const auto lock = with.fs.lock(join(with.root, "p/lock"));
  CHECK(with.fs.stat(join(with.root, "p"))->mode == 0700);
  CHECK(with.fs.stat(join(with.root, "p/q"))->mode == 0700);
  CHECK(with.fs.stat(join(with.root, "p/lock"))->mode == 0600);
  const auto info = with.fs.stat(join(with.root, "p/q/f")).value();
  CHECK(info.mode == 0600);
  CHECK(info.size == 3);
  CHECK(info.type == FileInfo::Type::file);
  CHECK(info.modified_us > 1'600'000'000'000'000);
}

TEMPLATE_TEST_CASE("file system: a lock is held once, and free after it", "[os]", Posix, Memory) {
  TestType with;
  const auto path = join(with.root, "lock");
  {
    const auto first = with.fs.lock(path);
    REQUIRE(first);
    const auto second = with.fs.lock(path);
    CHECK(id_of(second) == "file.locked");
    CHECK(second.error().kind == ErrorKind::locked);
  }
  CHECK(with.fs.lock(path));
}

TEMPLATE_TEST_CASE("file system: a small file is read whole, a larger one refused", "[os]", Posix, Memory) {
  TestType with;
  make(with.fs, join(with.root, "a"), "12345");
  CHECK(atb::os::read_file(with.fs, join(with.root, "a"), 5)->size() == 5);
  const auto larger = atb::os::read_file(with.fs, join(with.root, "a"), 4);
  CHECK(id_of(larger) == "input.too_large");
  CHECK(larger.error().kind == ErrorKind::limit_exceeded);
  CHECK(with.fs.free_space(with.root).value() > 0);
}

TEST_CASE("paths: are joined and taken apart", "[os]") {
  using atb::os::base_name;
  using atb::os::parent_of;
  CHECK(join("a/b", "c") == "a/b/c");
  CHECK(join("a/", "c") == "a/c");
  CHECK(join("/", "c") == "/c");
  CHECK(join("", "c") == "c");
  CHECK(parent_of("a/b/c") == "a/b");
  CHECK(parent_of("a/b/") == "a");
  CHECK(parent_of("c") == ".");
  CHECK(parent_of("/c") == "/");
  CHECK(parent_of("/") == "/");
  CHECK(parent_of("a//b") == "a");
  CHECK(base_name("a/b/c") == "c");
  CHECK(base_name("a/b/") == "b");
  CHECK(base_name("c") == "c");
  CHECK(base_name("/c") == "c");
  CHECK(base_name("/") == "/");
}
