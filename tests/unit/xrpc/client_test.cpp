#include "core/xrpc/client.h"

#include "core/data/json.h"
#include "tests/unit/xrpc/fake_host.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

constexpr auto kSafe = xrpc::Client::Repeat::safe;

// Gives "old" until it is renewed, then "new".
class Renewing final : public xrpc::Authorizer {
 public:
  Result<Secret> token(const StopToken&) override {
    return Secret::copy_of(renewed ? "new-token" : "old-token");
  }
  Result<bool> renew(const Secret& used, const StopToken&) override {
    renewals.emplace_back(used.reveal());
    if (!can_renew) return false;
    renewed = true;
    return true;
  }
  bool can_renew = true;
  bool renewed = false;
  std::vector<std::string> renewals;
};

Answer expired() {
  return {.status = 400, .body = R"({"error":"ExpiredToken","message":"Token has expired"})"};
}

std::string accept_of(const SentRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "accept") return value;
  }
  return {};
}

}  // namespace

TEST_CASE("xrpc: a query is a GET below /xrpc/ with its parameters encoded, and no login when there is none",
          "[xrpc]") {
  FakeHost host(R"({"a":1.5})");
  const auto answer = host.client.query("com.example.get", {{"did", kDid}, {"q", "a b&c"}}, {});
  REQUIRE(answer);
  CHECK(answer->find("a") != nullptr);
  const SentRequest sent = host.only_request();
  CHECK(sent.method == "GET");
  CHECK(sent.url ==
        "https://pds.example/xrpc/com.example.get?did=did%3Aplc%3Aewvi7nxzyoun6zhxrhs64oiz&q=a%20b%26c");
  CHECK(sent.bearer.empty());
  CHECK(sent.request.repeatable);
  CHECK(accept_of(sent) == "application/json");
  CHECK(std::ranges::none_of(sent.headers,
                             [](const auto& header) { return header.first == "accept-encoding"; }));
  CHECK_FALSE(host.client.has_login());
}

TEST_CASE("xrpc: a procedure posts its input as JSON, and none when there is none", "[xrpc]") {
  FakeHost host("");
  data::Object input;
  input.set("a", 1);
  const auto answer = host.client.procedure("com.example.do", input, xrpc::Client::Repeat::unsafe, {});
  REQUIRE(answer);
  CHECK(answer->is_null());
  REQUIRE(host.client.procedure("com.example.do", {}, kSafe, {}));
  const auto sent = host.http.requests();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].method == "POST");
  CHECK(sent[0].content_type == "application/json");
  CHECK(sent[0].body == R"({"a":1})");
  CHECK_FALSE(sent[0].request.repeatable);
  CHECK(sent[1].content_type.empty());
  CHECK(sent[1].body.empty());
  CHECK(sent[1].request.repeatable);
}

TEST_CASE("xrpc: an upload sends a file's bytes under its own type", "[xrpc]") {
  FakeHost host("{}");
  const MemoryBytes file(to_bytes(as_bytes("car bytes")));
  REQUIRE(host.client.upload("com.example.up", file, "application/vnd.ipld.car", kSafe, {}));
  CHECK(host.only_request().body == "car bytes");
  CHECK(host.only_request().content_type == "application/vnd.ipld.car");
  CHECK(host.only_request().method == "POST");
}

TEST_CASE("xrpc: a download goes to the sink, bounded", "[xrpc]") {
  FakeHost host("0123456789");
  net::MemoryBody body;
  REQUIRE(host.client.download("com.example.get", {}, 10, body, {}));
  CHECK(body.text() == "0123456789");
  CHECK(accept_of(host.only_request()) == "*/*");
  const Error error = error_from(host.client.download("com.example.get", {}, 9, body, {}));
  CHECK(error.id == "http.too_large");
  REQUIRE(error.context.size() == 1);
  CHECK(error.context[0] == "calling com.example.get on https://pds.example");
}

TEST_CASE("xrpc: a JSON answer is bounded by the limits", "[xrpc]") {
  const auto answer = [](const SentRequest&) -> Result<Answer> {
    return Answer{.body = R"({"a":"0123456789"})"};
  };
  FakeHost fits(answer, nullptr, Limits{.json_bytes = 18});
  CHECK(fits.client.query("com.example.get", {}, {}));
  FakeHost bursts(answer, nullptr, Limits{.json_bytes = 17});
  CHECK(error_from(bursts.client.query("com.example.get", {}, {})).id == "http.too_large");
}

TEST_CASE("xrpc: an answer that is not JSON is the host's fault", "[xrpc]") {
  FakeHost host("<html>welcome</html>");
  const Error error = error_from(host.client.query("com.example.get", {}, {}));
  CHECK(error.kind == ErrorKind::remote);
  CHECK(error.id == "xrpc.answer");
  CHECK(error.message.find("https://pds.example") != std::string::npos);
  CHECK(error.message.find("welcome") == std::string::npos);
}

TEST_CASE("xrpc: an expired token is renewed and the request sent once more", "[xrpc]") {
  const int status = GENERATE(400, 401);
  const std::string name = GENERATE("ExpiredToken", "InvalidToken");
  Renewing login;
  FakeHost host(
      [&](const SentRequest& request) -> Result<Answer> {
        if (request.bearer == "new-token") return Answer{.body = "{}"};
        return Answer{.status = status, .body = R"({"error":")" + name + R"("})"};
      },
      &login);
  CHECK(host.client.has_login());
  REQUIRE(host.client.query("com.example.get", {}, {}));
  CHECK(login.renewals == std::vector<std::string>{"old-token"});
  const auto sent = host.http.requests();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].bearer == "old-token");
  CHECK(sent[1].bearer == "new-token");
  CHECK(sent[1].headers == sent[0].headers);
}

TEST_CASE("xrpc: a token that stays expired is renewed once only", "[xrpc]") {
  Renewing login;
  FakeHost host([](const SentRequest&) -> Result<Answer> { return expired(); }, &login);
  const Error error = error_from(host.client.query("com.example.get", {}, {}));
  CHECK(error.id == "xrpc.expired_token");
  CHECK(login.renewals.size() == 1);
  CHECK(host.http.requests().size() == 2);
}

TEST_CASE("xrpc: a fixed token cannot be renewed, and the host's error stays", "[xrpc]") {
  xrpc::FixedToken login(Secret::copy_of("fixed-token"));
  FakeHost host([](const SentRequest&) -> Result<Answer> { return expired(); }, &login);
  const Error error = error_from(host.client.query("com.example.get", {}, {}));
  CHECK(error.id == "xrpc.expired_token");
  CHECK(error.kind == ErrorKind::auth);
  CHECK(host.http.requests().size() == 1);
  CHECK(host.http.requests()[0].bearer == "fixed-token");
}

TEST_CASE("xrpc: a refusal that another token would not cure is not retried", "[xrpc]") {
  Renewing login;
  FakeHost host(
      [](const SentRequest&) -> Result<Answer> {
        return Answer{.status = 401, .body = R"({"error":"AuthFactorTokenRequired","message":"code sent"})"};
      },
      &login);
  CHECK(error_from(host.client.query("com.example.get", {}, {})).id == "xrpc.auth_factor_token_required");
  CHECK(login.renewals.empty());
}

TEST_CASE("xrpc: the clock of the client counts for Retry-After", "[xrpc]") {
  FakeHost host([](const SentRequest&) -> Result<Answer> {
    return Answer{.status = 429, .body = "", .headers = {{"retry-after", "2"}}};
  });
  const Error error = error_from(host.client.query("com.example.get", {}, {}));
  CHECK(error.retry_at_ms == host.clock.wall_us() / 1000 + 2000);
}

TEST_CASE("xrpc: no answer at all says what was being done", "[xrpc]") {
  FakeHost host([](const SentRequest&) -> Result<Answer> {
    return fail(ErrorKind::network, "http.connect", "connection refused");
  });
  const Error error = error_from(host.client.query("com.example.get", {}, {}));
  CHECK(error.id == "http.connect");
  CHECK(error.context.back() == "calling com.example.get on https://pds.example");
}

TEST_CASE("xrpc: a host that quotes our secrets back does not get them into an error", "[xrpc][canary]") {
  const std::string token = "canary-token-5aa1";
  const std::string password = "canary-\"password\"-77c2";
  const std::string code = "canary-code-9310";
  xrpc::FixedToken login(Secret::copy_of(token));
  const bool json = GENERATE(true, false);
  const int status = GENERATE(400, 401, 404, 413, 429, 500);
  FakeHost host(
      [&](const SentRequest& request) -> Result<Answer> {
        const std::string echo = "you sent " + request.bearer + " and " + password + " and " + code;
        data::Object body;
        body.set("error", "No" + code).set("message", echo);
        return Answer{.status = status, .body = json ? data::to_json(body) : echo};
      },
      &login);
  data::Object input;
  input.set("password", password).set("authFactorToken", code);
  const Error error = error_from(host.client.procedure("com.example.do", input, kSafe, {}));
  CHECK_FALSE(shows(error, "canary-"));
  CHECK(error.message.find("[secret]") != std::string::npos);
}

TEST_CASE("xrpc: a stop is passed on", "[xrpc]") {
  FakeHost host("{}");
  std::stop_source source;
  source.request_stop();
  CHECK(error_from(host.client.query("com.example.get", {}, source.get_token())).kind ==
        ErrorKind::cancelled);
}
