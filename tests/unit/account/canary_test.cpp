// Plants secrets in everything that these modules send and keep, breaks everything that can break, and looks
// for them in the errors. (The canary test over the whole program lies with the command line.)
#include "tests/unit/account/logins.h"

#include <functional>
#include <map>

using namespace atb;
using namespace atb::test;

namespace {

constexpr std::string_view kCanary = "canary";

bool leaks(const Error& error) {
  std::string all = error.id + error.message + error.hint + error.remote_name;
  for (const std::string& line : error.context) all += line;
  return all.find(kCanary) != std::string::npos;
}

// Every way in which an answer can be bad, given what was sent.
Result<Answer> bad_answer(int which, const SentRequest& request) {
  const std::string echo = request.bearer + " " + request.body;
  switch (which) {
    case 0:
      return fail(ErrorKind::network, "http.reset", "connection reset");
    case 1:
      return Answer{.status = 401, .body = R"({"error":"InvalidToken","message":")" + request.bearer + "\"}"};
    case 2:
      return Answer{.status = 400, .body = R"({"error":")" + request.bearer + R"(","message":"x"})"};
    case 3:
      return Answer{.status = 500, .body = echo};
    case 4:
      return Answer{.body = "no json: " + echo};
    case 5:
      return Answer{
          .body =
              R"({"accessJwt":"canary-answer","refreshJwt":["canary-answer"],"token":["canary-answer"]})"};
    case 6:
      return Answer{.body = R"({"accessJwt":"canary-answer", "accessJwt":"canary-answer"})"};
    case 7:
      return Answer{
          .body =
              R"({"did":"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa","handle":"h","accessJwt":"canary-answer","refreshJwt":"canary-answer"})"};
    default:
      return Answer{.status = 403, .body = echo};
  }
}
constexpr int kBadAnswers = 9;

}  // namespace

TEST_CASE("account: no error of a request repeats a secret, however the host answers", "[account][canary]") {
  xrpc::FixedToken login(Secret::copy_of("canary-bearer"));
  const Secret password("canary-password \"quoted\"");
  using Call = std::function<Status(const xrpc::Client&)>;
  const auto drop = [](auto result) -> Status {
    if (!result) return result.error();
    return {};
  };
  const std::map<std::string, Call> calls{
      {"createSession",
       [&](const auto& client) {
         return drop(xrpc::create_session(
             client, {.identifier = "a.example", .password = &password, .auth_factor_token = "canary-code"},
             {}));
       }},
      {"createAccount",
       [&](const auto& client) {
         return drop(xrpc::create_account(client,
                                          {.did = did_of(),
                                           .handle = "a.example",
                                           .email = "a@b.c",
                                           .password = &password,
                                           .invite_code = "canary-invite",
                                           .verification_code = "canary-verification"},
                                          {}));
       }},
      {"refreshSession", [&](const auto& client) { return drop(xrpc::refresh_session(client, {})); }},
      {"getServiceAuth",
       [&](const auto& client) { return drop(xrpc::get_service_auth(client, "did:web:x", "m", {})); }},
      {"getSession", [&](const auto& client) { return drop(xrpc::get_session(client, {})); }},
      {"signPlcOperation",
       [&](const auto& client) {
         return drop(xrpc::sign_plc_operation(client, "canary-email-code", {}, {}));
       }},
      {"deactivateAccount", [&](const auto& client) { return xrpc::deactivate_account(client, {}); }},
  };
  int errors = 0;
  for (const auto& [name, call] : calls) {
    for (int which = 0; which < kBadAnswers; ++which) {
      ScriptedHttp http([which](const SentRequest& request) { return bad_answer(which, request); });
      const xrpc::Client client(http, *net::Url::parse(kHost), &login);
      const auto status = call(client);
      INFO(name << " answered in way " << which);
      if (status) continue;  // an answer that the endpoint need not look at
      ++errors;
      INFO(status.error().message);
      CHECK_FALSE(leaks(status.error()));
    }
  }
  CHECK(errors > 50);
}

TEST_CASE("account: no error of a session repeats a token", "[account][canary]") {
  const std::string access = access_jwt("canary", 1);
  int errors = 0;
  const auto look = [&](const Error& error) {
    ++errors;
    INFO(error.message);
    CHECK_FALSE(leaks(error));
    CHECK(error.message.find(access) == std::string::npos);
  };
  for (int which = 0; which < kBadAnswers; ++which) {
    Logins logins;
    REQUIRE(logins.store.save(session_of(access, "canary-refresh")));
    logins.http.set_handler([which](const SentRequest& request) { return bad_answer(which, request); });
    look(error_from(logins.session().token({})));
  }
  for (std::size_t n = 0; n < 6; ++n) {
    Logins logins;
    REQUIRE(logins.store.save(session_of(access, "canary-refresh")));
    auto session = logins.session();
    logins.host.valid = "canary-refresh";
    logins.fs.fail_after(n);
    if (const auto token = session.token({}); !token) look(token.error());
  }
  for (std::size_t cut = 0; cut < 400; cut += 7) {
    Logins logins;
    REQUIRE(logins.store.save(session_of(access, "canary-refresh")));
    const std::string text = *logins.fs.get(kFile);
    logins.fs.put(kFile, text.substr(0, std::min(cut, text.size() - 3)));
    look(error_from(logins.store.load(did_of())));
  }
  CHECK(errors > 20);
}
