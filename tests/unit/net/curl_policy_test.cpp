#include "tests/unit/net/curl_fixture.h"

#include <chrono>
#include <cstdlib>

using namespace std::chrono_literals;
using namespace atb::test;
using atb::ErrorKind;
using atb::Secret;

TEST_CASE("curl: a closed port cannot be connected to", "[net]") {
  std::string url;
  {
    const TinyServer gone([](Connection&) {});
    url = gone.url();
  }
  Client client;
  const auto result = client.get(url);
  CHECK(id_of(result) == "http.connect");
  CHECK(result.error().kind == ErrorKind::network);
}

TEST_CASE("curl: a name that does not exist cannot be found", "[net]") {
  Client client({"nothing.invalid"});
  CHECK(id_of(client.get("http://nothing.invalid/")) == "http.resolve");
}

TEST_CASE("curl: a host that speaks no TLS is not trusted", "[net]") {
  const TinyServer server([](Connection& peer) {
    peer.read_some();
    peer.write("HTTP/1.1 400 x\r\n\r\n");
    peer.hang();
  });
  Client client;
  CHECK(id_of(client.get("https://" + server.host() + "/")) == "http.tls");
}

TEST_CASE("curl: a host that never ends the handshake runs into the connect timeout", "[net]") {
  const TinyServer server([](Connection& peer) { peer.hang(); });
  CurlOptions options;
  options.connect_timeout = 1s;
  Client client({"127.0.0.1"}, std::move(options));
  const auto result = client.get("https://" + server.host() + "/");
  CHECK(id_of(result) == "http.connect_timeout");
  CHECK(result.error().kind == ErrorKind::timeout);
}

TEST_CASE("curl: a host that hangs up in the handshake could not be connected to", "[net]") {
  const TinyServer server([](Connection& peer) {
    peer.read_some();
    peer.reset();
  });
  Client client;
  CHECK(id_of(client.get("https://" + server.host() + "/")) == "http.connect");
}

TEST_CASE("curl: private addresses and plain http are for named hosts only", "[net]") {
  const TinyServer server(TinyServer::serving([](const std::string&) { return http_answer(200, ""); }));
  const std::string port = std::to_string(server.port());
  Client nobody(std::vector<std::string>{});
  CHECK(id_of(nobody.get("http://127.0.0.1:" + port + "/")) == "http.plain");
  CHECK(id_of(nobody.get("http://example.com/")) == "http.plain");
  CHECK(id_of(nobody.get("https://127.0.0.1:" + port + "/")) == "http.private_address");
  CHECK(id_of(nobody.get("https://[::1]:" + port + "/")) == "http.private_address");
  CHECK(id_of(nobody.get("https://[::ffff:127.0.0.1]:" + port + "/")) == "http.private_address");
  CHECK(id_of(nobody.get("https://169.254.169.254/")) == "http.private_address");
  // A name is only known to lead there when it is resolved: the socket is never opened.
  const auto named = nobody.get("https://localhost:" + port + "/");
  CHECK(id_of(named) == "http.private_address");
  CHECK(named.error().kind == ErrorKind::refused);
  CHECK(named.error().hint.find("--allow-private-host localhost:" + port) != std::string::npos);
  CHECK(server.connections() == 0);

  Client other_port({"127.0.0.1:1"});
  CHECK(id_of(other_port.get("https://127.0.0.1:" + port + "/")) == "http.private_address");
  Client allowed({"localhost:" + port});
  CHECK(allowed.get("http://localhost:" + port + "/"));
  CHECK(id_of(allowed.get("http://127.0.0.1:" + port + "/")) == "http.plain");
}

TEST_CASE("curl: other schemes are refused even when an address was made by hand", "[net]") {
  Client client;
  Request request;
  request.url = Url{"file", "127.0.0.1", 1, "/etc/passwd"};
  const auto result = client.send(request);
  CHECK(id_of(result) == "http.scheme");
  CHECK(result.error().kind == ErrorKind::refused);
}

TEST_CASE("curl: a token with a line break does not become a header", "[net]") {
  const TinyServer server(TinyServer::serving([](const std::string&) { return http_answer(200, ""); }));
  Client client;
  const Secret token("a\r\nX-Evil: 1");
  auto request = get_of(server);
  request.bearer = &token;
  CHECK(id_of(client.send(request)) == "http.header");
  request.bearer = nullptr;
  request.headers = {{"a", "b\nc"}};
  CHECK(id_of(client.send(request)) == "http.header");
  CHECK(server.requests().empty());
}

TEST_CASE("curl: the environment cannot slip in a proxy, the options can", "[net]") {
  const TinyServer proxy(TinyServer::serving([](const std::string&) { return http_answer(200, "proxy"); }));
  const TinyServer server(TinyServer::serving([](const std::string&) { return http_answer(200, "direct"); }));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::setenv("ALL_PROXY", proxy.url().c_str(), 1);
  Client client;
  REQUIRE(client.send(get_of(server)));
  CHECK(client.body.text() == "direct");
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  ::setenv("no_proxy", "*", 1);
  CurlOptions options;
  options.proxy = proxy.url();
  Client through({"127.0.0.1"}, std::move(options));
  REQUIRE(through.send(get_of(server)));
  CHECK(through.body.text() == "proxy");
  ::unsetenv("no_proxy");
}
