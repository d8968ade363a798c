#include "core/net/curl_client.h"
#include "core/net/retrying_client.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_http.h"
#include "tests/support/tiny_server.h"

using atb::Secret;
using atb::net::MemoryBody;
using atb::net::RedirectingClient;
using atb::net::Request;
using atb::net::Url;
using atb::test::Answer;
using atb::test::ScriptedHttp;
using atb::test::SentRequest;
using atb::test::TinyServer;

namespace {

Answer to(const std::string& location, int status = 302) {
  return {.status = status, .body = "moved", .headers = {{"location", location}}};
}

struct Follow {
  ScriptedHttp http;
  RedirectingClient client{http};
  MemoryBody body;
  Secret token{"token"};
  Request request;

  explicit Follow(ScriptedHttp::Handler handler, const std::string& url = "https://a.example/start")
      : http(std::move(handler)) {
    request.url = Url::parse(url).value();
    request.bearer = &token;
  }
  std::string send() {
    const auto result = client.send(request, body, {});
    return result ? std::to_string(result->status) : result.error().id;
  }
  std::vector<std::string> bearers() const {
    std::vector<std::string> all;
    for (const auto& sent : http.requests()) all.push_back(sent.bearer);
    return all;
  }
};

}  // namespace

TEST_CASE("redirect: each kind is followed, relative ones too", "[net]") {
  for (const int status : {301, 302, 303, 307, 308}) {
    Follow follow([&](const SentRequest& sent) -> atb::Result<Answer> {
      if (sent.parsed.path == "/start") return to("next?x=1", status);
      if (sent.parsed.path == "/next?x=1") return to("/end", status);
      return Answer{200, "there"};
    });
    CHECK(follow.send() == "200");
    CHECK(follow.body.text() == "there");
    CHECK(follow.http.lines().back() == "GET https://a.example/end");
    CHECK(follow.bearers() == std::vector<std::string>{"token", "token", "token"});
  }
}

TEST_CASE("redirect: credentials do not go to another origin, nor come back from one", "[net]") {
  Follow follow([](const SentRequest& sent) -> atb::Result<Answer> {
    if (sent.url == "https://a.example/start") return to("https://b.example/x");
    if (sent.url == "https://b.example/x") return to("https://a.example/end");
    return Answer{200, ""};
  });
  CHECK(follow.send() == "200");
  CHECK(follow.bearers() == std::vector<std::string>{"token", "", ""});
  Follow port([](const SentRequest& sent) -> atb::Result<Answer> {
    return sent.parsed.port == 443 ? Answer(to("https://a.example:444/")) : Answer{200, ""};
  });
  CHECK(port.send() == "200");
  CHECK(port.bearers() == std::vector<std::string>{"token", ""});
}

TEST_CASE("redirect: from https to http is refused", "[net]") {
  Follow follow([](const SentRequest&) { return to("http://a.example/x"); });
  CHECK(follow.send() == "http.redirect");
  CHECK(follow.http.requests().size() == 1);
  Follow upward(
      [](const SentRequest& sent) -> atb::Result<Answer> {
        return sent.parsed.scheme == "http" ? Answer(to("https://a.example/x")) : Answer{200, ""};
      },
      "http://a.example/start");
  CHECK(upward.send() == "200");
}

TEST_CASE("redirect: five hops are followed, six are not", "[net]") {
  int hops = 5;
  const auto handler = [&](const SentRequest&) -> atb::Result<Answer> {
    return hops-- > 0 ? Answer(to("/again")) : Answer{200, ""};
  };
  Follow five(handler);
  CHECK(five.send() == "200");
  hops = 6;
  Follow six(handler);
  const auto result = six.client.send(six.request, six.body, {});
  REQUIRE_FALSE(result);
  CHECK(result.error().id == "http.redirect");
  CHECK(result.error().kind == atb::ErrorKind::refused);
  CHECK(six.http.requests().size() == 6);
}

TEST_CASE("redirect: to nowhere, or to what is not an address we take, is refused", "[net]") {
  Follow nowhere([](const SentRequest&) { return Answer{.status = 302}; });
  CHECK(nowhere.send() == "http.redirect");
  for (const auto* location : {"file:///etc/passwd", "javascript:1", "https://u:p@b.example/",
                               "https://127.1/", "https://a b/", "//"}) {
    INFO(location);
    Follow follow([&](const SentRequest&) { return to(location); });
    CHECK(follow.send() == "http.redirect");
    CHECK(follow.http.requests().size() == 1);
  }
}

TEST_CASE("redirect: only GET is redirected, and only when asked", "[net]") {
  Follow post([](const SentRequest&) { return to("/x", 307); });
  post.request.method = "POST";
  CHECK(post.send() == "307");
  Follow plain([](const SentRequest&) { return to("/x"); });
  plain.request.follow_redirects = false;
  CHECK(plain.send() == "302");
  Follow other([](const SentRequest&) { return Answer{.status = 304, .headers = {{"location", "/x"}}}; });
  CHECK(other.send() == "304");
}

TEST_CASE("redirect: to a private address fails in the client below, without a connection", "[net]") {
  const TinyServer secret([](TinyServer::Connection& peer) { peer.read_request(); });
  const TinyServer server(TinyServer::serving([&](const std::string& request) {
    const std::string target =
        request.starts_with("GET /plain") ? secret.url("/") : "https://" + secret.host() + "/";
    return atb::test::http_answer(302, "", "Location: " + target + "\r\n");
  }));
  atb::net::CurlOptions options;
  options.policy = atb::net::AddressPolicy::allowing({server.host()}).value();
  const auto curl = atb::net::make_curl_client(std::move(options), atb::null_log()).value();
  RedirectingClient client(*curl);
  MemoryBody body;
  Request request;
  request.url = Url::parse(server.url("/")).value();
  const auto private_address = client.send(request, body, {});
  REQUIRE_FALSE(private_address);
  CHECK(private_address.error().id == "http.private_address");
  request.url.path = "/plain";
  const auto plain = client.send(request, body, {});
  REQUIRE_FALSE(plain);
  CHECK(plain.error().id == "http.plain");
  CHECK(secret.connections() == 0);
}
