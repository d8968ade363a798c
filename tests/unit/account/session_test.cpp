#include "tests/unit/account/logins.h"

#include <thread>

using namespace atb;
using namespace atb::test;

TEST_CASE("account: a token that is good is used as it is", "[account]") {
  Logins logins;
  const std::string access = access_jwt("access-1", logins.now() + 3600);
  logins.save(access);
  auto session = logins.session();
  CHECK(session.token({})->reveal() == access);
  CHECK(session.scope() == account::Scope::full);
  CHECK(session.did() == did_of());
  CHECK(session.host() == kHost);
  CHECK(logins.http.requests().empty());
}

TEST_CASE("account: a token is refreshed a little before its end, and saved before it is used", "[account]") {
  Logins logins;
  const std::int64_t left = GENERATE(120, 1, -1000);
  logins.save(access_jwt("access-1", logins.now() + left));
  auto session = logins.session();
  const auto token = session.token({});
  REQUIRE(token);
  CHECK(token->reveal() == logins.host.access);
  logins.fs.crash();
  CHECK(logins.store.load(did_of())->access.reveal() == logins.host.access);
  CHECK(logins.store.load(did_of())->refresh.reveal() == "refresh-2");
  CHECK(logins.store.load(did_of())->saved_us == logins.clock.wall_us());
  CHECK(logins.host.refreshes == 1);
  CHECK(session.token({})->reveal() == logins.host.access);
  CHECK(logins.host.refreshes == 1);
}

TEST_CASE("account: two minutes and a second before the end is early enough", "[account]") {
  Logins logins;
  logins.save(access_jwt("access-1", logins.now() + 121));
  auto session = logins.session();
  REQUIRE(session.token({}));
  CHECK(logins.host.refreshes == 0);
}

TEST_CASE("account: a token the host refuses is renewed", "[account]") {
  Logins logins;
  logins.save("opaque");
  auto session = logins.session();
  CHECK(session.token({})->reveal() == "opaque");
  CHECK(session.renew(Secret("opaque"), {}) == true);
  CHECK(session.token({})->reveal() == logins.host.access);
  // Whoever was refused with the old one meanwhile need not ask again.
  CHECK(session.renew(Secret("opaque"), {}) == true);
  CHECK(logins.host.refreshes == 1);
}

TEST_CASE("account: two sessions over one store refresh once", "[account]") {
  Logins logins;
  logins.save(access_jwt("access-1", logins.now()));
  auto first = logins.session();
  auto second = logins.session();
  REQUIRE(first.token({}));
  CHECK(second.token({})->reveal() == logins.host.access);
  CHECK(second.renew(Secret::copy_of("something older"), {}) == true);
  CHECK(logins.host.refreshes == 1);
}

TEST_CASE("account: a session refused with the saved token takes the file's newer one", "[account]") {
  Logins logins;
  logins.save("opaque");
  auto first = logins.session();
  auto second = logins.session();
  REQUIRE(first.renew(Secret("opaque"), {}));
  REQUIRE(second.renew(Secret("opaque"), {}));
  CHECK(second.token({})->reveal() == logins.host.access);
  CHECK(logins.host.refreshes == 1);
}

TEST_CASE("account: many threads that find the token spent refresh once", "[account]") {
  Logins logins;
  logins.save(access_jwt("access-1", logins.now()));
  auto session = logins.session();
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const auto token = session.token({});
        if (token && !token->empty()) ++good;
      });
    }
  }
  CHECK(good == 8);
  CHECK(logins.host.refreshes == 1);
}

TEST_CASE("account: a refresh token that the host refuses means to log in again", "[account]") {
  Logins logins;
  logins.save(access_jwt("access-1", logins.now()));
  logins.host.valid = "another";
  auto session = logins.session();
  const Error error = error_from(session.token({}));
  CHECK(error.id == "session.expired");
  CHECK(error.kind == ErrorKind::auth);
  CHECK(error.hint.find("atbackup login") != std::string::npos);
  CHECK(error.message.find("refresh-1") == std::string::npos);
  CHECK(logins.store.load(did_of()));
}

TEST_CASE("account: a host that is down for a minute does not end a login", "[account]") {
  Logins logins;
  const std::string access = access_jwt("access-1", logins.now() + 60);
  logins.save(access);
  auto session = logins.session();
  logins.host.down = Error(ErrorKind::network, "http.connect", "refused");
  CHECK(session.token({})->reveal() == access);
  logins.clock.advance(std::chrono::seconds(61));
  const Error error = error_from(session.token({}));
  CHECK(error.id == "http.connect");
  CHECK(error.context.back() == "refreshing the login of " + kDid);
  logins.host.down.reset();
  CHECK(session.token({})->reveal() == logins.host.access);
}

TEST_CASE("account: an account taken down is told as such", "[account]") {
  Logins logins;
  logins.save(access_jwt("access-1", logins.now()));
  logins.http.set_handler([](const SentRequest&) -> Result<Answer> {
    return Answer{.status = 401,
                  .body = R"({"error":"AccountTakedown","message":"Account has been taken down"})"};
  });
  auto session = logins.session();
  CHECK(error_from(session.token({})).id == "xrpc.account_takedown");
}

TEST_CASE("account: tokens of another account are refused, and nothing is saved", "[account]") {
  Logins logins;
  logins.save(access_jwt("access-1", logins.now()));
  logins.host.did = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
  auto session = logins.session();
  const Error error = error_from(session.token({}));
  CHECK(error.id == "session.wrong_account");
  CHECK(error.kind == ErrorKind::untrusted);
  CHECK(logins.store.load(did_of())->refresh.reveal() == "refresh-1");
}

TEST_CASE("account: a login that was ended or replaced meanwhile is not brought back", "[account]") {
  Logins logins;
  logins.save(access_jwt("access-1", logins.now()));
  auto session = logins.session();
  SECTION("logged out") { REQUIRE(logins.store.remove(did_of())); }
  SECTION("logged in elsewhere") {
    REQUIRE(logins.store.save(session_of("x", "y", kDid, "https://new.example")));
  }
  const Error error = error_from(session.token({}));
  CHECK(error.id == "session.expired");
  CHECK(logins.host.refreshes == 0);
}

TEST_CASE("account: new tokens that cannot be saved are not used, and not lost", "[account][fault]") {
  for (std::size_t n = 0;; ++n) {
    Logins logins;
    logins.save(access_jwt("access-1", logins.now()));
    auto session = logins.session();
    logins.fs.fail_after(n);
    const auto first = session.token({});
    logins.fs.heal();
    if (first) break;
    // The next call saves what the host gave, instead of spending another refresh token.
    const auto second = session.token({});
    REQUIRE(second);
    CHECK(second->reveal() == logins.host.access);
    CHECK(logins.store.load(did_of())->refresh.reveal() == logins.host.valid);
    CHECK(logins.host.refreshes == 1);
    REQUIRE(n < 50);
  }
}

TEST_CASE("account: a token given out survives a power cut right after", "[account][fault]") {
  for (std::size_t n = 0;; ++n) {
    Logins logins;
    logins.save(access_jwt("access-1", logins.now()));
    auto session = logins.session();
    logins.fs.die_after(n);
    const auto token = session.token({});
    logins.fs.heal();
    logins.fs.crash();
    const auto saved = logins.store.load(did_of());
    REQUIRE(saved);
    // Either the new login is on the disk, or its token was never used.
    if (token) {
      CHECK(saved->refresh.reveal() == logins.host.valid);
      break;
    }
    CHECK((saved->refresh.reveal() == "refresh-1" || saved->refresh.reveal() == logins.host.valid));
    REQUIRE(n < 50);
  }
}

TEST_CASE("account: where the clock is off, fresh tokens are not refreshed again and again", "[account]") {
  Logins logins;
  logins.host.lifetime = -5000;
  logins.save(access_jwt("access-1", logins.now()));
  auto session = logins.session();
  for (int i = 0; i < 5; ++i) REQUIRE(session.token({}));
  CHECK(logins.host.refreshes == 1);
  CHECK(session.renew(*session.token({}), {}) == true);
  CHECK(logins.host.refreshes == 2);
}

TEST_CASE("account: a locked session file is told as such", "[account]") {
  Logins logins;
  logins.save(access_jwt("access-1", logins.now()));
  const auto held = logins.store.lock(did_of(), logins.clock, {});
  auto session = logins.session();
  CHECK(error_from(session.token({})).kind == ErrorKind::locked);
  CHECK(logins.host.refreshes == 0);
}

TEST_CASE("account: a session works as the authorizer of a client", "[account]") {
  Logins logins;
  logins.save("opaque");
  auto session = logins.session();
  logins.http.set_handler([&](const SentRequest& request) -> Result<Answer> {
    if (request.url.ends_with("refreshSession")) return logins.host.answer(request);
    if (request.bearer == "opaque") return Answer{.status = 400, .body = R"({"error":"ExpiredToken"})"};
    return Answer{.body = fmt::format(R"({{"did":"{}","handle":"alice.example"}})", kDid)};
  });
  const xrpc::Client client(logins.http, *net::Url::parse(kHost), &session, {}, logins.clock);
  REQUIRE(xrpc::get_session(client, {}));
  CHECK(logins.http.requests().size() == 3);
  CHECK(logins.http.requests()[2].bearer == logins.host.access);
}
