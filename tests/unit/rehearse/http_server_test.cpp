#include "core/rehearse/http_server.h"

#include "core/net/curl_client.h"
#include "core/rehearse/inside_only.h"
#include "tests/support/capture_log.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"

#include <fmt/format.h>

#include <sys/resource.h>

using namespace atb;
using namespace atb::test;

namespace {

Result<std::unique_ptr<rehearse::HttpServer>> echo() {
  return rehearse::HttpServer::start([](const rehearse::HttpQuestion& asked) -> rehearse::HttpAnswer {
    return {asked.path == "/no" ? 404 : 200,
            fmt::format("{} {} {}", asked.method, asked.path, asked.body.size())};
  });
}

struct Asked {
  int status = 0;
  std::string body;
};

Asked ask(std::uint16_t port, const std::string& method, const std::string& path,
          const std::string& body = {}) {
  CaptureLog log;
  net::CurlOptions options;
  options.policy = net::AddressPolicy::allowing({fmt::format("127.0.0.1:{}", port)}).value();
  const auto client = net::make_curl_client(std::move(options), log).value();
  net::Request request;
  request.method = method;
  request.url = net::Url::parse(fmt::format("http://127.0.0.1:{}{}", port, path)).value();
  request.body = body;
  net::MemoryBody answer;
  const auto response = client->send(request, answer, {});
  REQUIRE(response);
  return {response->status, response->status == 200 ? answer.text() : response->error_body};
}

}  // namespace

TEST_CASE("rehearse http: asks are answered, with and without a body, one after the other", "[rehearse]") {
  const auto server = echo();
  REQUIRE(server);
  const std::uint16_t port = (*server)->port();
  CHECK(port != 0);
  CHECK(ask(port, "GET", "/did:plc:x/log/audit").body == "GET /did:plc:x/log/audit 0");
  CHECK(ask(port, "POST", "/did:plc:x", std::string(50'000, 'x')).body == "POST /did:plc:x 50000");
  CHECK(ask(port, "GET", "/no").status == 404);
  CHECK(ask(port, "GET", "/no").body == "GET /no 0");
}

TEST_CASE("rehearse http: where no more files can be opened, there is no directory", "[rehearse]") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 1;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto server = echo();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(error_id(server) == "rehearse.directory");
}

TEST_CASE("rehearse http: a body that is too large is refused", "[rehearse]") {
  const auto server = echo();
  REQUIRE(server);
  const std::string most(100U << 10, 'x');
  CHECK(ask((*server)->port(), "POST", "/", most).status == 200);
  CHECK(ask((*server)->port(), "POST", "/", most + "x").status == 413);
}

TEST_CASE("rehearse http: nothing but the servers of the drill is reached", "[rehearse]") {
  const auto server = echo();
  REQUIRE(server);
  CaptureLog log;
  net::CurlOptions options;
  options.policy = net::AddressPolicy::allowing({"127.0.0.1"}).value();
  const auto client = net::make_curl_client(std::move(options), log).value();
  const auto own = net::Url::parse(fmt::format("http://127.0.0.1:{}/", (*server)->port())).value();
  rehearse::InsideOnly inside(*client, {own});
  const auto get = [&](const net::Url& url) {
    net::Request request;
    request.url = url;
    net::MemoryBody body;
    return inside.send(request, body, {});
  };
  CHECK(get(own));
  for (const std::string other : {"https://plc.directory/", "http://127.0.0.1:1/", "http://localhost/"}) {
    CHECK(error_id(get(net::Url::parse(other).value())) == "rehearse.outside");
  }
  rehearse::NoNames names;
  CHECK(names.txt("_atproto.alice.test", {}).value().empty());
}
