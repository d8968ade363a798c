#include "core/migrate/journal.h"

#include "core/migrate/secrets.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/manual_clock.h"
#include "tests/support/mem_fs.h"
#include "tests/support/seeded_random.h"
#include "tests/support/temp_folder.h"

using namespace atb;
using namespace atb::migrate;

TEST_CASE("journal: what was written is there when it is opened again, in order", "[migrate]") {
  const test::TempFolder temp;
  test::ManualClock clock;
  {
    auto journal = Journal::open(temp.file("journal.db"), clock).value();
    REQUIRE(journal.write("import", Phase::intended, "no commit"));
    clock.advance(std::chrono::seconds(1));
    REQUIRE(journal.write("import", Phase::observed, "b\x01\xc3\xa9"));
    REQUIRE(journal.set(fact::kHandle, "a.net"));
    REQUIRE(journal.set(fact::kHandle, "b.net"));
  }
  auto journal = Journal::open(temp.file("journal.db"), clock).value();
  const auto events = journal.events().value();
  REQUIRE(events.size() == 2);
  CHECK(events[0].phase == "intended");
  CHECK(events[1].at_us - events[0].at_us == 1'000'000);
  CHECK(events[1].detail == "b\x01\xc3\xa9");
  CHECK(journal.last_phase("import").value() == "observed");
  CHECK(journal.last_phase("blobs").value().empty());
  CHECK(journal.get(fact::kHandle) == "b.net");
  CHECK_FALSE(journal.has(fact::kEmail));
  CHECK((os::posix_file_system().stat(temp.file("journal.db"))->mode & 077U) == 0);
}

TEST_CASE("journal: facts can be forgotten, and what happened stays", "[migrate]") {
  const test::TempFolder temp;
  test::ManualClock clock;
  auto journal = Journal::open(temp.file("journal.db"), clock).value();
  REQUIRE(journal.set(fact::kHandle, "a.net"));
  REQUIRE(journal.write("import", Phase::failed, ""));
  REQUIRE(journal.forget_facts());
  CHECK_FALSE(journal.has(fact::kHandle));
  auto again = Journal::open(temp.file("journal.db"), clock).value();
  CHECK_FALSE(again.has(fact::kHandle));
  CHECK(again.events()->size() == 1);
}

TEST_CASE("secrets file: what was put is there again, and pointers stay good while more is put",
          "[migrate]") {
  test::MemFs fs;
  test::SeededRandom random;
  REQUIRE(fs.make_folders("/m"));
  auto secrets = SecretsFile::open(fs, random, "/m/secrets", nullptr).value();
  CHECK(secrets.get("a") == nullptr);
  REQUIRE(secrets.put("a", Secret::copy_of("first")));
  const Secret* first = secrets.get("a");
  for (char name = 'b'; name < 'z'; ++name) REQUIRE(secrets.put(std::string(1, name), Secret::copy_of("x")));
  CHECK(secrets.get("a") == first);
  CHECK(first->reveal() == "first");
  CHECK(fs.stat("/m/secrets")->mode == 0600);
  fs.crash();
  const auto again = SecretsFile::open(fs, random, "/m/secrets", nullptr).value();
  CHECK(again.get("a")->reveal() == "first");
  REQUIRE(secrets.erase());
  CHECK(fs.files().empty());
  CHECK(secrets.get("a") == nullptr);
}

TEST_CASE("secrets file: with a passphrase nothing is readable without it", "[migrate]") {
  test::MemFs fs;
  test::SeededRandom random;
  REQUIRE(fs.make_folders("/m"));
  const Secret phrase = Secret::copy_of("open sesame");
  const Secret wrong = Secret::copy_of("open barley");
  {
    auto secrets = SecretsFile::open(fs, random, "/m/secrets", &phrase).value();
    REQUIRE(secrets.put("a", Secret::copy_of("canary-41")));
  }
  CHECK(fs.get("/m/secrets")->find("canary-41") == std::string::npos);
  CHECK(test::error_id(SecretsFile::open(fs, random, "/m/secrets", nullptr)) == "secrets.passphrase_needed");
  CHECK(test::error_id(SecretsFile::open(fs, random, "/m/secrets", &wrong)) == "sealed.passphrase");
  CHECK(SecretsFile::open(fs, random, "/m/secrets", &phrase)->get("a")->reveal() == "canary-41");
}

TEST_CASE("secrets file: one that is damaged, or that cannot be read now, is not taken for none",
          "[migrate]") {
  test::MemFs fs;
  test::SeededRandom random;
  fs.put("/m/secrets", "[1]");
  CHECK(test::error_id(SecretsFile::open(fs, random, "/m/secrets", nullptr)) == "secrets.format");
  fs.put("/m/secrets", "{");
  CHECK(test::error_id(SecretsFile::open(fs, random, "/m/secrets", nullptr)) == "secrets.format");
  fs.set_hook([](const test::MemFs::Operation&) -> std::optional<Error> {
    return Error(ErrorKind::io, "file.injected", "the disk does not answer");
  });
  CHECK(test::error_id(SecretsFile::open(fs, random, "/m/secrets", nullptr)) == "file.injected");
}
