#include "core/account/known_keys.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/mem_fs.h"
#include "tests/support/seeded_random.h"

using namespace atb;
using namespace atb::test;

TEST_CASE("known keys: a file is known by what it holds, wherever it lies", "[account]") {
  MemFs fs;
  SeededRandom random{3};
  account::KnownKeys known(fs, random, "/state/key-files");
  CHECK(known.list()->empty());
  fs.put("/keys/a.key", "sealed stuff");
  CHECK_FALSE(*known.find("/keys/a.key"));
  REQUIRE(known.remember("/keys/a.key", "did:key:zA", "did:plc:aaaa", 1'000'000));
  const auto found = known.find("/keys/a.key");
  REQUIRE(found);
  REQUIRE(*found);
  CHECK((*found)->did_key == "did:key:zA");
  CHECK((*found)->made_for == "did:plc:aaaa");

  fs.put("/elsewhere/b.key", "sealed stuff");
  CHECK((*known.find("/elsewhere/b.key"))->did_key == "did:key:zA");
  fs.put("/keys/a.key", "other stuff");
  CHECK_FALSE(*known.find("/keys/a.key"));
  REQUIRE(known.list()->size() == 1);
  CHECK(known.list()->front().path == "/keys/a.key");
  CHECK(error_id(known.find("/keys/none.key")) == "file.not_found");
}

TEST_CASE("known keys: what was damaged is not known, and hides nothing", "[account]") {
  MemFs fs;
  SeededRandom random{3};
  account::KnownKeys known(fs, random, "/state/key-files");
  fs.put("/keys/a.key", "a");
  fs.put("/keys/b.key", "b");
  REQUIRE(known.remember("/keys/a.key", "did:key:zA", "", 0));
  fs.put("/state/key-files/0000.json", "not JSON");
  REQUIRE(known.remember("/keys/b.key", "did:key:zB", "", 0));
  CHECK(known.list()->size() == 2);
}
