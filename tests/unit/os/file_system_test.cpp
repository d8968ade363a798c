// One suite for every file system: what the real one does, the one in memory must do, or tests over it prove
// nothing.
#include "core/os/file_system.h"

#include "core/os/atomic_file.h"
#include "tests/support/catch.h"
#include "tests/support/mem_fs.h"
#include "tests/support/seeded_random.h"
#include "tests/support/temp_folder.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

using atb::as_bytes;
using atb::as_text;
using atb::Bytes;
using atb::ErrorKind;
using atb::os::AtomicFile;
using atb::os::FileInfo;
using atb::os::FileSystem;
using atb::os::join;
using atb::test::MemFs;
using atb::test::SeededRandom;
using atb::test::TempFolder;

namespace {

struct Posix {
  TempFolder folder;
  FileSystem& fs = atb::os::posix_file_system();
  std::string root = folder.path();
};

struct Memory {
  MemFs memory;
  FileSystem& fs = memory;
  std::string root = "/root";
  Memory() { REQUIRE(memory.make_folders(root)); }
};

struct UmaskZero {
  mode_t before = ::umask(0);
  ~UmaskZero() { ::umask(before); }
};

template <class T>
std::string id_of(const atb::Result<T>& result) {
  return result ? "ok" : result.error().id;
}

void make(FileSystem& fs, const std::string& path, std::string_view content) {
  auto file = fs.create(path);
  REQUIRE(file);
  REQUIRE((*file)->write(as_bytes(content)));
  REQUIRE((*file)->sync());
  REQUIRE((*file)->close());
}

std::string content_of(FileSystem& fs, const std::string& path) {
  const auto bytes = atb::os::read_file(fs, path, 1 << 20);
  return bytes ? std::string(as_text(*bytes)) : bytes.error().id;
}

}  // namespace

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

TEMPLATE_TEST_CASE("atomic file: nothing is there before the commit, all of it after", "[os]", Posix,
                   Memory) {
  TestType with;
  SeededRandom random;
  const auto path = join(with.root, "repo.car");
  make(with.fs, path, "old");
  {
    auto file = AtomicFile::create(with.fs, random, path);
    REQUIRE(file);
    REQUIRE(file->write(as_bytes("new ")));
    REQUIRE(file->write(as_bytes("content")));
    CHECK(file->written() == 11);
    Bytes buffer(7);
    CHECK(file->content().read_at(4, buffer).value() == 7);
    CHECK(content_of(with.fs, path) == "old");
    CHECK(atb::os::is_temporary_name(atb::os::base_name(file->temporary_path())));
    AtomicFile moved = std::move(*file);
    REQUIRE(moved.commit());
    CHECK(id_of(moved.commit()) == "file.committed");
    CHECK(id_of(moved.write(as_bytes("x"))) == "file.committed");
  }
  CHECK(content_of(with.fs, path) == "new content");
  CHECK(with.fs.list(with.root).value() == std::vector<std::string>{"repo.car"});
}

TEMPLATE_TEST_CASE("atomic file: what is not committed leaves nothing behind", "[os]", Posix, Memory) {
  TestType with;
  SeededRandom random;
  const auto path = join(with.root, "a");
  {
    REQUIRE(AtomicFile::create(with.fs, random, path)->write(as_bytes("x")));
  }
  auto file = AtomicFile::create(with.fs, random, path);
  file = AtomicFile::create(with.fs, random, path);
  CHECK(with.fs.list(with.root)->size() == 1);
  file->discard();
  CHECK(with.fs.list(with.root)->empty());
  CHECK(id_of(file->commit()) == "file.committed");
}

TEMPLATE_TEST_CASE("atomic file: may land under another name", "[os]", Posix, Memory) {
  TestType with;
  SeededRandom random;
  make(with.fs, join(with.root, "repo.car"), "old");
  auto file = AtomicFile::create(with.fs, random, join(with.root, "repo.car"));
  REQUIRE(file->write(as_bytes("odd")));
  REQUIRE(file->commit_as(join(with.root, "repo.car.suspect")));
  CHECK(content_of(with.fs, join(with.root, "repo.car")) == "old");
  CHECK(content_of(with.fs, join(with.root, "repo.car.suspect")) == "odd");
}

TEST_CASE("atomic file: whichever operation fails, the old file or the new one is there, whole", "[os]") {
  SeededRandom random;
  std::size_t failures = 0;
  for (std::size_t n = 0;; ++n) {
    MemFs fs;
    fs.put("/d/a", "old");
    fs.fail_after(n);
    const auto status = atb::os::write_file(fs, random, "/d/a", as_bytes("new"));
    if (status) break;
    ++failures;
    INFO("operation " << n);
    CHECK(status.error().id == "file.injected");
    const auto now = fs.get("/d/a");
    CHECK((now == "old" || now == "new"));
    fs.crash();
    const auto after = fs.get("/d/a");
    CHECK((after == "old" || after == "new"));
  }
  CHECK(failures == 6);  // create write sync close rename sync_folder
}

TEST_CASE("atomic file: after a power cut the committed content is there", "[os]") {
  SeededRandom random;
  MemFs fs;
  fs.put("/d/a", "old");
  REQUIRE(atb::os::write_file(fs, random, "/d/a", as_bytes("new")));
  fs.crash();
  CHECK(fs.get("/d/a") == "new");
  CHECK(fs.files() == std::vector<std::string>{"/d/a"});
}

TEST_CASE("atomic file: dead at any operation, the file is old or new after a power cut", "[os]") {
  SeededRandom random;
  for (std::size_t n = 0; n < 7; ++n) {
    MemFs fs;
    fs.put("/d/a", "old");
    fs.die_after(n);
    const auto status = atb::os::write_file(fs, random, "/d/a", as_bytes("new"));
    fs.crash();
    fs.heal();
    CHECK(fs.get("/d/a") == (status ? "new" : "old"));
  }
}

TEST_CASE("atomic file: after a failed write it cannot be committed", "[os]") {
  SeededRandom random;
  MemFs fs;
  REQUIRE(fs.make_folders("/d"));
  fs.set_free_space(5);
  auto file = AtomicFile::create(fs, random, "/d/a");
  REQUIRE(file->write(as_bytes("1234")));
  const auto full = file->write(as_bytes("56"));
  CHECK(id_of(full) == "file.no_space");
  CHECK(full.error().kind == ErrorKind::no_space);
  CHECK(id_of(file->commit()) == "file.write");
  file->discard();
  CHECK(fs.files().empty());
  CHECK(fs.free_space("/d").value() == 5);
}

TEST_CASE("atomic file: a file shorter on disk than what was written is not committed", "[os]") {
  SeededRandom random;
  MemFs fs;
  REQUIRE(fs.make_folders("/d"));
  auto file = AtomicFile::create(fs, random, "/d/a");
  REQUIRE(file->write(as_bytes("1234")));
  const auto temporary = file->temporary_path();
  fs.set_hook([&](const MemFs::Operation& operation) -> std::optional<atb::Error> {
    if (operation.name == "stat") fs.put(temporary, "12");
    return std::nullopt;
  });
  CHECK(id_of(file->commit()) == "file.count");
}

TEST_CASE("atomic file: temporary names are told from others", "[os]") {
  using atb::os::is_temporary_name;
  CHECK(is_temporary_name(".a.0123456789abcdef.tmp"));
  CHECK(is_temporary_name(".repo.car.0123456789abcdef.tmp"));
  for (const auto* name : {"", ".tmp", "..0123456789abcdef.tmp", "a.0123456789abcdef.tmp",
                           ".a.0123456789abcde.tmp", ".a.0123456789abcdeF.tmp", ".a.0123456789abcdef.tm",
                           ".a-0123456789abcdef.tmp", "repo.car", "backup.json.next"}) {
    INFO(name);
    CHECK_FALSE(is_temporary_name(name));
  }
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

TEST_CASE("posix: modes hold under a umask that takes everything away", "[os]") {
  Posix with;
  const mode_t before = ::umask(0777);
  const bool made = with.fs.make_folders(join(with.root, "p/q")).has_value();
  const bool created = with.fs.create(join(with.root, "p/q/f")).has_value();
  ::umask(before);
  REQUIRE(made);
  REQUIRE(created);
  CHECK(with.fs.stat(join(with.root, "p/q"))->mode == 0700);
  CHECK(with.fs.stat(join(with.root, "p/q/f"))->mode == 0600);
}

TEST_CASE("posix: a symbolic link is read through, never written through", "[os]") {
  Posix with;
  make(with.fs, join(with.root, "target"), "content");
  REQUIRE(::symlink(join(with.root, "target").c_str(), join(with.root, "link").c_str()) == 0);
  REQUIRE(::symlink(join(with.root, "nothing").c_str(), join(with.root, "dangling").c_str()) == 0);
  CHECK(content_of(with.fs, join(with.root, "link")) == "content");
  CHECK(id_of(with.fs.create(join(with.root, "link"))) == "file.exists");
  CHECK(id_of(with.fs.create(join(with.root, "dangling"))) == "file.exists");
  CHECK_FALSE(atb::os::exists(with.fs, join(with.root, "nothing")));
}

TEST_CASE("posix: a named pipe is refused and not waited for", "[os]") {
  Posix with;
  REQUIRE(::mkfifo(join(with.root, "pipe").c_str(), 0600) == 0);
  CHECK(id_of(with.fs.open(join(with.root, "pipe"))) == "file.open");
}

TEST_CASE("posix: after a failed write a file takes nothing any more, not even a sync", "[os]") {
  Posix with;
  const auto path = join(with.root, "a");
  const pid_t child = ::fork();
  if (child == 0) {
    // In a child: the limit stays for the life of the process. Beyond it writes fail with EFBIG.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    auto file = with.fs.create(path);
    const auto status = (*file)->write(Bytes(2000, 1));
    const bool right = !status && status.error().id == "file.write" && status.error().kind == ErrorKind::io &&
                       !(*file)->sync();
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("posix: a lock is free when the process that held it dies, and names it while it lives", "[os]") {
  Posix with;
  const auto path = join(with.root, "lock");
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = with.fs.lock(path);
    static_cast<void>(!::write(ready[1], lock ? "y" : "n", 1));
    ::pause();
    ::_exit(0);
  }
  char said = 0;
  REQUIRE(::read(ready[0], &said, 1) == 1);
  CHECK(said == 'y');
  const auto held = with.fs.lock(path);
  CHECK(id_of(held) == "file.locked");
  CHECK(held.error().message.find("process " + std::to_string(child)) != std::string::npos);
  ::kill(child, SIGKILL);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(with.fs.lock(path));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("posix: one file is read by many threads at once", "[os]") {
  Posix with;
  std::string content(100'000, ' ');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i % 23);
  make(with.fs, join(with.root, "a"), content);
  const auto file = with.fs.open(join(with.root, "a"));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::size_t start = 0; start < 4; ++start) {
    threads.emplace_back([&, start] {
      Bytes buffer(1000);
      for (std::size_t at = start * 1000; at + 1000 <= content.size(); at += 4000) {
        if ((*file)->read_at(at, buffer).value() != 1000 || as_text(buffer) != content.substr(at, 1000))
          ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

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
