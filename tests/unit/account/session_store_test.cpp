#include "core/account/session_store.h"

#include "core/os/file_system.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/account/logins.h"

using namespace atb;
using namespace atb::test;

TEST_CASE("account: a login is saved whole, and is the user's alone", "[account]") {
  Logins logins;
  const std::string access = access_jwt("a", 1'767'323'045);
  REQUIRE(logins.store.save(session_of(access, "refresh-1")));
  const auto loaded = logins.store.load(did_of());
  REQUIRE(loaded);
  CHECK(loaded->did == did_of());
  CHECK(loaded->handle == "alice.example");
  CHECK(loaded->host == kHost);
  CHECK(loaded->access.reveal() == access);
  CHECK(loaded->refresh.reveal() == "refresh-1");
  CHECK(loaded->scope == account::Scope::full);
  CHECK(loaded->saved_us == 1);
  CHECK(logins.fs.stat(kFile)->mode == 0600);
  CHECK(logins.fs.stat(kFolder)->mode == 0700);
  CHECK(logins.fs.files() == std::vector<std::string>{kFile});
  const account::SavedSession copy = loaded->clone();
  CHECK(copy.access.reveal() == access);
  CHECK(copy.refresh.reveal() == "refresh-1");
}

TEST_CASE("account: on the real file system too", "[account]") {
  const TempFolder folder;
  SeededRandom random;
  account::SessionStore store(os::posix_file_system(), random, folder.file("a/sessions"));
  CHECK(store.list()->empty());
  REQUIRE(store.save(session_of("x", "y")));
  REQUIRE(store.load(did_of()));
  CHECK(os::posix_file_system().stat(folder.file("a/sessions"))->mode == 0700);
  CHECK(os::posix_file_system().stat(folder.file("a/sessions/" + kDid + ".json"))->mode == 0600);
  CHECK(*store.list() == std::vector<syntax::Did>{did_of()});
  REQUIRE(store.remove(did_of()));
  CHECK(store.list()->empty());
}

TEST_CASE("account: no login is an error of its own", "[account]") {
  Logins logins;
  const Error error = error_from(logins.store.load(did_of()));
  CHECK(error.id == "session.not_found");
  CHECK(error.kind == ErrorKind::auth);
  CHECK(error_from(logins.store.remove(did_of())).id == "session.not_found");
  CHECK(logins.store.list()->empty());
}

TEST_CASE("account: logins are listed by their files, leftovers and locks passed over", "[account]") {
  Logins logins;
  REQUIRE(logins.store.save(session_of("x", "y", "did:web:b.example")));
  REQUIRE(logins.store.save(session_of("x", "y")));
  {
    const auto lock = logins.store.lock(did_of(), logins.clock, {});
  }
  logins.fs.put(kFolder + "/.did:plc:x.json.abc.tmp", "");
  logins.fs.put(kFolder + "/notes.json", "");
  CHECK(*logins.store.list() == std::vector<syntax::Did>{did_of(), did_of("did:web:b.example")});
  REQUIRE(logins.store.remove(did_of()));
  CHECK(*logins.store.list() == std::vector<syntax::Did>{did_of("did:web:b.example")});
}

TEST_CASE("account: a login that others can read is not used", "[account]") {
  Logins logins;
  logins.save("x");
  const std::uint32_t mode = GENERATE(0640U, 0604U, 0660U, 0602U, 0777U);
  logins.fs.put(kFile, *logins.fs.get(kFile), mode);
  const Error error = error_from(logins.store.load(did_of()));
  CHECK(error.id == "session.mode");
  CHECK(error.kind == ErrorKind::refused);
  CHECK(error.hint.find("chmod 600") != std::string::npos);
}

TEST_CASE("account: a file that is no login is told so, and its content not quoted", "[account]") {
  Logins logins;
  logins.save("secret-access");
  const std::string good = *logins.fs.get(kFile);
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  SECTION("not JSON") { logins.fs.put(kFile, good.substr(0, good.size() / 2)); }
  SECTION("empty") { logins.fs.put(kFile, ""); }
  SECTION("another format") { logins.fs.put(kFile, replaced("atbackup-session", "secret-access")); }
  SECTION("no version") { logins.fs.put(kFile, replaced("\"version\"", "\"secret-access\"")); }
  SECTION("version 0") { logins.fs.put(kFile, replaced("\"version\": 1", "\"version\": 0")); }
  SECTION("another account") { logins.fs.put(kFile, replaced(kDid, "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")); }
  SECTION("no token") { logins.fs.put(kFile, replaced("\"access\"", "\"excess\"")); }
  const Error error = error_from(logins.store.load(did_of()));
  CHECK(error.id == "session.format");
  CHECK(error.kind == ErrorKind::corrupt);
  CHECK(error.message.find(kFile) != std::string::npos);
  CHECK(error.message.find("secret-access") == std::string::npos);
}

TEST_CASE("account: a login of a newer program is left alone", "[account]") {
  Logins logins;
  logins.save("x");
  std::string text = *logins.fs.get(kFile);
  text.replace(text.find("\"version\": 1"), 12, "\"version\": 2");
  logins.fs.put(kFile, text);
  const Error error = error_from(logins.store.load(did_of()));
  CHECK(error.id == "session.version");
  CHECK(error.kind == ErrorKind::unsupported);
}

TEST_CASE("account: a DID too long for a file name is refused, one that just fits is not", "[account]") {
  Logins logins;
  const std::string prefix = "did:web:";
  CHECK(logins.store.save(session_of("x", "y", prefix + std::string(200 - prefix.size(), 'a'))));
  const Error error =
      error_from(logins.store.save(session_of("x", "y", prefix + std::string(201 - prefix.size(), 'a'))));
  CHECK(error.id == "session.did_too_long");
  CHECK(error.kind == ErrorKind::unsupported);
}

TEST_CASE("account: saving is all or nothing, whichever operation fails", "[account][fault]") {
  for (std::size_t n = 0;; ++n) {
    Logins logins;
    logins.save("old");
    logins.fs.fail_after(n);
    const auto status = logins.store.save(session_of("new", "refresh-2"));
    logins.fs.heal();
    logins.fs.crash();
    const auto loaded = logins.store.load(did_of());
    REQUIRE(loaded);
    if (status) {
      CHECK(loaded->access.reveal() == "new");
      break;
    }
    CHECK(loaded->access.reveal() == "old");
    CHECK(error_from(status).message.find("new") == std::string::npos);
    REQUIRE(n < 50);
  }
}

TEST_CASE("account: the lock waits for another process, and not for ever", "[account]") {
  Logins logins;
  auto held = logins.store.lock(did_of(), logins.clock, {});
  REQUIRE(held);
  const Error error = error_from(logins.store.lock(did_of(), logins.clock, {}));
  CHECK(error.kind == ErrorKind::locked);
  CHECK(logins.clock.sleeps().size() == 100);
  logins.clock.on_sleep([&] { held->reset(); });
  CHECK(logins.store.lock(did_of(), logins.clock, {}));
  CHECK(logins.clock.sleeps().size() == 101);
}

TEST_CASE("account: a stop ends the waiting for the lock", "[account]") {
  Logins logins;
  const auto held = logins.store.lock(did_of(), logins.clock, {});
  std::stop_source source;
  logins.clock.on_sleep([&] { source.request_stop(); });
  CHECK(error_from(logins.store.lock(did_of(), logins.clock, source.get_token())).kind ==
        ErrorKind::cancelled);
}
