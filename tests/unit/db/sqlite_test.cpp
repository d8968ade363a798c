#include "core/db/sqlite.h"

#include "core/os/file_system.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

using atb::ErrorKind;
using atb::db::Database;
using atb::test::TempFolder;

namespace {

constexpr std::array<std::string_view, 1> kFirst = {
    "CREATE TABLE step(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, at INTEGER) STRICT;"};
constexpr std::array<std::string_view, 2> kSecond = {
    kFirst[0], "ALTER TABLE step ADD COLUMN note TEXT; CREATE INDEX step_at ON step(at);"};

std::int64_t number(Database& db, std::string_view sql) {
  auto statement = db.prepare(sql);
  REQUIRE(statement);
  auto row = statement->step();
  REQUIRE(row);
  REQUIRE(*row);
  return statement->integer(0);
}

struct UmaskZero {
  mode_t before = ::umask(0);
  ~UmaskZero() { ::umask(before); }
};

}  // namespace

TEST_CASE("db: what was written is read back after opening again", "[db]") {
  const TempFolder folder;
  const auto path = folder.file("journal.sqlite");
  {
    auto db = Database::open(path, kFirst);
    REQUIRE(db);
    auto insert = db->prepare("INSERT INTO step(name, at) VALUES(?1, ?2)");
    REQUIRE(insert);
    REQUIRE(insert->bind(1, "observe").bind(2, 42).run());
    CHECK(db->last_insert_id() == 1);
    REQUIRE(insert->bind(1, std::string_view("a\0b", 3)).bind_null(2).run());
    CHECK(db->last_insert_id() == 2);
    CHECK(db->changes() == 1);
  }
  auto db = Database::open(path, kFirst);
  REQUIRE(db);
  auto query = db->prepare("SELECT name, at FROM step ORDER BY id");
  REQUIRE(query);
  REQUIRE(query->step().value());
  CHECK(query->text(0) == "observe");
  CHECK(query->integer(1) == 42);
  CHECK_FALSE(query->is_null(1));
  REQUIRE(query->step().value());
  CHECK(query->text(0) == std::string("a\0b", 3));
  CHECK(query->is_null(1));
  CHECK(query->text(1).empty());
  CHECK_FALSE(query->step().value());
}

TEST_CASE("db: a transaction that is not committed is rolled back, also when it was moved", "[db]") {
  const TempFolder folder;
  auto db = Database::open(folder.file("a"), kFirst);
  REQUIRE(db);
  {
    auto transaction = db->begin();
    REQUIRE(transaction);
    auto moved = std::move(*transaction);
    REQUIRE(db->execute("INSERT INTO step(name) VALUES('lost')"));
  }
  CHECK(number(*db, "SELECT count(*) FROM step") == 0);
  {
    auto transaction = db->begin();
    REQUIRE(transaction);
    REQUIRE(db->execute("INSERT INTO step(name) VALUES('kept')"));
    REQUIRE(transaction->commit());
    const auto twice = transaction->commit();
    REQUIRE_FALSE(twice);
    CHECK(twice.error().id == "db.commit");
  }
  CHECK(number(*db, "SELECT count(*) FROM step") == 1);
}

TEST_CASE("db: the database outlives a move with a transaction open on it", "[db]") {
  const TempFolder folder;
  auto db = Database::open(folder.file("a"), kFirst);
  REQUIRE(db);
  auto transaction = db->begin();
  REQUIRE(transaction);
  Database moved = std::move(*db);
  REQUIRE(moved.execute("INSERT INTO step(name) VALUES('kept')"));
  REQUIRE(transaction->commit());
  CHECK(number(moved, "SELECT count(*) FROM step") == 1);
}

TEST_CASE("db: the file and its rollback journal are 0600 under umask 0", "[db]") {
  const TempFolder folder;
  const UmaskZero umask;
  const auto path = folder.file("journal.sqlite");
  auto db = Database::open(path, kFirst);
  REQUIRE(db);
  auto transaction = db->begin();
  REQUIRE(db->execute("INSERT INTO step(name) VALUES('x')"));
  // The rollback journal is there while the transaction runs.
  auto names = atb::os::posix_file_system().list(folder.path());
  REQUIRE(names);
  CHECK(names->size() == 2);
  for (const auto& name : *names) {
    INFO(name);
    CHECK(atb::os::posix_file_system().stat(folder.file(name))->mode == 0600);
  }
  REQUIRE(transaction->commit());
}

TEST_CASE("db: a file that others could read is closed to them", "[db]") {
  const TempFolder folder;
  const auto path = folder.file("old");
  std::ofstream(path).close();
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  REQUIRE(Database::open(path, kFirst));
  CHECK(atb::os::posix_file_system().stat(path)->mode == 0600);
}

TEST_CASE("db: settings that keep a journal alive through a power cut are in force", "[db]") {
  const TempFolder folder;
  auto db = Database::open(folder.file("a"), kFirst);
  REQUIRE(db);
  CHECK(number(*db, "PRAGMA synchronous") == 3);
  CHECK(number(*db, "PRAGMA foreign_keys") == 1);
  CHECK(number(*db, "PRAGMA temp_store") == 2);
  CHECK(number(*db, "PRAGMA secure_delete") == 1);
  auto mode = db->prepare("PRAGMA journal_mode");
  REQUIRE(mode);
  REQUIRE(mode->step().value());
  CHECK(mode->text(0) == "delete");
}

TEST_CASE("db: schemas are applied once, in order, and a newer file is refused", "[db]") {
  const TempFolder folder;
  const auto path = folder.file("a");
  {
    auto db = Database::open(path, kFirst);
    REQUIRE(db);
    REQUIRE(db->execute("INSERT INTO step(name) VALUES('old')"));
    CHECK(number(*db, "PRAGMA user_version") == 1);
  }
  {
    auto db = Database::open(path, kSecond);
    REQUIRE(db);
    CHECK(number(*db, "PRAGMA user_version") == 2);
    CHECK(number(*db, "SELECT count(*) FROM step WHERE note IS NULL") == 1);
  }
  REQUIRE(Database::open(path, kSecond));
  const auto newer = Database::open(path, kFirst);
  REQUIRE_FALSE(newer);
  CHECK(newer.error().kind == ErrorKind::unsupported);
  CHECK(newer.error().id == "db.version");
}

TEST_CASE("db: a schema that fails leaves the version before it", "[db]") {
  const TempFolder folder;
  const auto path = folder.file("a");
  REQUIRE(Database::open(path, kFirst));
  const std::array<std::string_view, 2> broken = {kFirst[0],
                                                  "CREATE TABLE other(a INTEGER) STRICT; CREATE TABLE oops("};
  const auto failed = Database::open(path, broken);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().id == "db.prepare");
  auto db = Database::open(path, kFirst);
  REQUIRE(db);
  CHECK(number(*db, "SELECT count(*) FROM sqlite_schema WHERE name='other'") == 0);
}

TEST_CASE("db: a file that is no database is corrupt", "[db]") {
  const TempFolder folder;
  const auto path = folder.file("a");
  std::ofstream(path) << std::string(4096, 'x');
  const auto opened = Database::open(path, kFirst);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == ErrorKind::corrupt);
  CHECK(opened.error().id == "db.corrupt");
}

TEST_CASE("db: a missing folder and a symbolic link are errors that name the path", "[db]") {
  const TempFolder folder;
  const auto absent = Database::open(folder.file("none/a"), kFirst);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().id == "db.open");
  CHECK(absent.error().message.find("none/a") != std::string::npos);
  std::ofstream(folder.file("target")).close();
  REQUIRE(::symlink(folder.file("target").c_str(), folder.file("link").c_str()) == 0);
  const auto link = Database::open(folder.file("link"), kFirst);
  REQUIRE_FALSE(link);
  CHECK(link.error().id == "db.open");
}

TEST_CASE("db: faults in statements have ids of their own", "[db]") {
  const TempFolder folder;
  auto db = Database::open(folder.file("a"), kFirst);
  REQUIRE(db);
  const auto syntax = db->prepare("SELEKT 1");
  REQUIRE_FALSE(syntax);
  CHECK(syntax.error().id == "db.prepare");
  const auto empty = db->prepare("  -- nothing");
  REQUIRE_FALSE(empty);
  CHECK(empty.error().id == "db.prepare");

  auto insert = db->prepare("INSERT INTO step(name) VALUES(?1)");
  REQUIRE(insert);
  REQUIRE(insert->bind(1, "the-value").run());
  const auto again = insert->bind(1, "the-value").run();
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == ErrorKind::conflict);
  CHECK(again.error().id == "db.constraint");
  CHECK(again.error().message.find("the-value") == std::string::npos);
  // The statement is good for another run.
  REQUIRE(insert->bind(1, "other").run());

  auto bad = db->prepare("SELECT ?1");
  REQUIRE(bad);
  const auto bound = bad->bind(2, 1).step();
  REQUIRE_FALSE(bound);
  CHECK(bound.error().id == "db.bind");

  const auto strict = db->execute("INSERT INTO step(name, at) VALUES('x', 'not a number')");
  REQUIRE_FALSE(strict);
  CHECK(strict.error().id == "db.constraint");
}

TEST_CASE("db: a second writer waits for the first", "[db]") {
  const TempFolder folder;
  const auto path = folder.file("a");
  auto first = Database::open(path, kFirst);
  auto second = Database::open(path, kFirst);
  REQUIRE(first);
  REQUIRE(second);
  auto transaction = first->begin();
  REQUIRE(transaction);
  std::thread finish([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    static_cast<void>(transaction->commit());
  });
  auto other = second->begin();
  finish.join();
  CHECK(other);
}

TEST_CASE("db: a full disk is told as no space", "[db]") {
  const TempFolder folder;
  auto db = Database::open(folder.file("a"), kFirst);
  REQUIRE(db);
  REQUIRE(db->execute("PRAGMA max_page_count=5"));
  auto insert = db->prepare("INSERT INTO step(name) VALUES(?1)");
  REQUIRE(insert);
  const auto full = insert->bind(1, std::string(100'000, 'x')).run();
  REQUIRE_FALSE(full);
  CHECK(full.error().kind == ErrorKind::no_space);
  CHECK(full.error().id == "db.no_space");
}

TEST_CASE("db: names that SQLite treats specially are plain files", "[db]") {
  const TempFolder folder;
  std::array<char, 4096> before{};
  REQUIRE(::getcwd(before.data(), before.size()) != nullptr);
  REQUIRE(::chdir(folder.path().c_str()) == 0);
  const bool opened = Database::open(":memory:", kFirst).has_value();
  REQUIRE(::chdir(before.data()) == 0);
  CHECK(opened);
  CHECK(atb::os::posix_file_system().stat(folder.file(":memory:"))->size > 0);
}

TEST_CASE("db: a writer that does not get its turn in time is told that the database is busy", "[db]") {
  const TempFolder folder;
  const auto path = folder.file("a");
  auto first = Database::open(path, kFirst);
  auto second = Database::open(path, kFirst);
  REQUIRE(first);
  REQUIRE(second);
  auto transaction = first->begin();
  REQUIRE(transaction);
  REQUIRE(second->execute("PRAGMA busy_timeout=10"));
  const auto other = second->begin();
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == ErrorKind::locked);
  CHECK(other.error().id == "db.busy");
}
