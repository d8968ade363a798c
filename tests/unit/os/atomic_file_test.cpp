#include "core/os/atomic_file.h"

#include "tests/support/seeded_random.h"
#include "tests/unit/os/file_system_fixture.h"

using namespace atb::test;
using atb::as_bytes;
using atb::as_text;
using atb::Bytes;
using atb::ErrorKind;
using atb::os::AtomicFile;

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

TEMPLATE_TEST_CASE("atomic file: one that syncs along has the same content", "[os]", Posix, Memory) {
  TestType with;
  SeededRandom random;
  const auto path = join(with.root, "large");
  auto file = AtomicFile::create(with.fs, random, path);
  file->sync_along();
  std::string all;
  for (char letter = 'a'; letter < 'k'; ++letter) {
    const std::string piece(1U << 20, letter);
    REQUIRE(file->write(as_bytes(piece)));
    all += piece;
  }
  REQUIRE(file->commit());
  const auto content = atb::os::read_file(with.fs, path, all.size());
  REQUIRE(content);
  CHECK(as_text(*content) == all);
}

TEST_CASE("atomic file: the disk begins with every four megabytes, where that is wanted", "[os]") {
  const bool wanted = GENERATE(true, false);
  MemFs fs;
  SeededRandom random;
  auto file = AtomicFile::create(fs, random, "/large");
  if (wanted) file->sync_along();
  const Bytes piece(1U << 20);
  std::vector<std::string> begun;
  for (std::size_t count = 1; count <= 10; ++count) {
    REQUIRE(file->write(piece));
    const auto last = fs.operations().back();
    if (last.name == "begin_sync") begun.push_back(last.to + " to " + std::to_string(file->written()));
  }
  const std::vector<std::string> all{"0 to 4194304", "4194304 to 8388608"};
  CHECK(begun == (wanted ? all : std::vector<std::string>{}));
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

TEMPLATE_TEST_CASE("atomic file: a nameless one is there for who holds it, and for nobody else", "[os]",
                   Posix, Memory) {
  TestType with;
  SeededRandom random;
  auto file = AtomicFile::create(with.fs, random, join(with.root, "scratch"));
  REQUIRE(file);
  REQUIRE(file->make_nameless());
  CHECK(with.fs.list(with.root)->empty());
  REQUIRE(file->write(as_bytes("content")));
  Bytes buffer(7);
  CHECK(file->content().read_at(0, buffer).value() == 7);
  CHECK(as_text(buffer) == "content");
}
