// Saved logins, a host that hands out tokens and knows which were spent, and the tokens themselves.
#pragma once

#include "core/account/session_store.h"
#include "core/base/encoding.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/mem_fs.h"
#include "tests/support/scripted_http.h"
#include "tests/support/seeded_random.h"

#include <fmt/format.h>

#include <mutex>
#include <string>

namespace atb::test {

inline const std::string kDid = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
inline const std::string kHost = "https://pds.example";
inline const std::string kFolder = "/state/sessions";
inline const std::string kFile = kFolder + "/" + kDid + ".json";

inline syntax::Did did_of(const std::string& text = kDid) { return *syntax::Did::parse(text); }

inline std::string jwt(std::string_view payload) {
  return base64url_encode(as_bytes(R"({"alg":"HS256"})")) + "." + base64url_encode(as_bytes(payload)) +
         ".c2ln";
}
// Unique by `name`; ends at `expiry` (Unix seconds).
inline std::string access_jwt(const std::string& name, std::int64_t expiry) {
  return jwt(fmt::format(R"({{"scope":"com.atproto.access","jti":"{}","exp":{}}})", name, expiry));
}

inline account::SavedSession session_of(const std::string& access, const std::string& refresh,
                                        const std::string& did = kDid, const std::string& host = kHost) {
  return {.did = did_of(did),
          .handle = "alice.example",
          .host = host,
          .access = Secret::copy_of(access),
          .refresh = Secret::copy_of(refresh),
          .scope = account::scope_of(Secret::copy_of(access)),
          .saved_us = 1};
}

template <class T>
Error error_from(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error();
}

// Takes each refresh token once, and gives "refresh-2", "refresh-3", … with access tokens of two hours.
struct Host {
  explicit Host(ManualClock& clock_) : clock(clock_) {}

  Result<Answer> answer(const SentRequest& request) {
    const std::scoped_lock lock(mutex);
    if (down) return *down;
    if (request.bearer != valid) {
      return Answer{.status = 400, .body = R"({"error":"ExpiredToken","message":"Token has been revoked"})"};
    }
    ++refreshes;
    valid = fmt::format("refresh-{}", refreshes + 1);
    access = access_jwt(fmt::format("access-{}", refreshes + 1), clock.wall_us() / 1'000'000 + lifetime);
    return Answer{
        .body = fmt::format(R"({{"did":"{}","handle":"alice.example","accessJwt":"{}","refreshJwt":"{}"}})",
                            did, access, valid)};
  }

  ManualClock& clock;
  std::mutex mutex;
  std::string did = kDid;
  std::string valid = "refresh-1";
  std::string access;
  std::int64_t lifetime = 7200;
  int refreshes = 0;
  std::optional<Error> down;
};

struct Logins {
  std::int64_t now() const { return clock.wall_us() / 1'000'000; }
  account::Session session() { return {store, http, clock, *store.load(did_of())}; }
  void save(const std::string& access) {
    REQUIRE(store.save(session_of(access, "refresh-1")));
    fs.forget_operations();
  }

  MemFs fs;
  SeededRandom random;
  ManualClock clock;
  Host host{clock};
  ScriptedHttp http{[this](const SentRequest& request) { return host.answer(request); }};
  account::SessionStore store{fs, random, kFolder};
};

}  // namespace atb::test
