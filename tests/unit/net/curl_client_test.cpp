#include "core/net/curl_client.h"

#include "core/base/text.h"
#include "tests/support/capture_log.h"
#include "tests/support/catch.h"
#include "tests/support/tiny_server.h"

#include <atomic>
#include <cstdlib>
#include <thread>

using namespace std::chrono_literals;
using atb::ByteView;
using atb::ErrorKind;
using atb::Secret;
using atb::Status;
using atb::StopToken;
using atb::net::AddressPolicy;
using atb::net::CurlOptions;
using atb::net::MemoryBody;
using atb::net::Request;
using atb::net::Url;
using atb::test::http_answer;
using atb::test::TinyServer;
using Connection = TinyServer::Connection;

namespace {

struct Client {
  atb::test::CaptureLog log;
  std::unique_ptr<atb::net::HttpClient> http;

  explicit Client(std::vector<std::string> allowed = {"127.0.0.1"}, CurlOptions options = {}) {
    options.policy = AddressPolicy::allowing(allowed).value();
    http = atb::net::make_curl_client(std::move(options), log);
  }
  auto send(const Request& request, StopToken stop = {}) {
    body = {};
    return http->send(request, body, stop);
  }
  auto get(const std::string& url) {
    Request request;
    request.url = Url::parse(url).value();
    return send(request);
  }
  MemoryBody body;
};

Request get_of(const TinyServer& server) {
  Request request;
  request.url = Url::parse(server.url()).value();
  return request;
}

// One answer for each connection, then the end.
TinyServer::Script once(std::string raw) {
  return [raw = std::move(raw)](Connection& peer) {
    peer.read_request();
    peer.write(raw);
  };
}

std::string id_of(const atb::Result<atb::net::Response>& result) { return result ? "ok" : result.error().id; }

std::string header_in(const std::string& request, std::string_view name) {
  const std::string lower = atb::lower_ascii(request);
  const auto at = lower.find("\r\n" + std::string(name) + ":");
  if (at == std::string::npos) return "(none)";
  const auto start = at + name.size() + 3;
  return std::string(atb::trim(std::string_view(request).substr(start, request.find("\r\n", start) - start)));
}

}  // namespace

TEST_CASE("curl: an answer arrives with status, headers and body", "[net]") {
  const TinyServer server(TinyServer::serving(
      [](const std::string&) { return http_answer(200, "hello", "X-One: a \r\nX-ONE: b\r\n"); }));
  Client client;
  const auto response = client.get(server.url("/x?y=1"));
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(*response->header("x-one") == "a");
  CHECK(response->header("missing") == nullptr);
  CHECK(client.body.text() == "hello");
  CHECK(response->error_body.empty());
  CHECK(server.requests().at(0).starts_with("GET /x?y=1 HTTP/1.1\r\n"));
}

TEST_CASE("curl: a request carries what was asked for and nothing else", "[net]") {
  const TinyServer server(TinyServer::serving([](const std::string&) { return http_answer(200, ""); }));
  Client client;
  const Secret token("canary-token");
  auto request = get_of(server);
  request.bearer = &token;
  request.headers = {{"atproto-proxy", "did:web:x"}};
  REQUIRE(client.send(request));
  const auto sent = server.requests().at(0);
  CHECK(header_in(sent, "authorization") == "Bearer canary-token");
  CHECK(header_in(sent, "atproto-proxy") == "did:web:x");
  CHECK(header_in(sent, "user-agent") == "atbackup");
  CHECK(header_in(sent, "accept-encoding") == "(none)");
  CHECK(header_in(sent, "cookie") == "(none)");
  CHECK(header_in(sent, "content-type") == "(none)");
  CHECK_FALSE(client.log.contains("canary-token"));
  // Nothing of it stays behind for the next one.
  REQUIRE(client.send(get_of(server)));
  CHECK(header_in(server.requests().at(1), "authorization") == "(none)");
  CHECK(server.connections() == 1);
}

TEST_CASE("curl: a small body is posted with its length and type", "[net]") {
  const TinyServer server(TinyServer::serving([](const std::string&) { return http_answer(200, "{}"); }));
  Client client;
  auto request = get_of(server);
  request.method = "POST";
  request.content_type = "application/json";
  request.body = R"({"a":1})";
  REQUIRE(client.send(request));
  const auto sent = server.requests().at(0);
  CHECK(sent.ends_with("\r\n\r\n{\"a\":1}"));
  CHECK(header_in(sent, "content-length") == "7");
  CHECK(header_in(sent, "content-type") == "application/json");
  CHECK(header_in(sent, "expect") == "(none)");
  CHECK(header_in(sent, "transfer-encoding") == "(none)");
}

TEST_CASE("curl: an empty post says that it is empty", "[net]") {
  const TinyServer server(TinyServer::serving([](const std::string&) { return http_answer(200, "{}"); }));
  Client client;
  auto request = get_of(server);
  request.method = "POST";
  REQUIRE(client.send(request));
  CHECK(header_in(server.requests().at(0), "content-length") == "0");
  CHECK(header_in(server.requests().at(0), "content-type") == "(none)");
}

TEST_CASE("curl: a big file is streamed with its Content-Length and without waiting for 100-continue",
          "[net]") {
  atb::Bytes content(5'000'003);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  const atb::MemoryBytes file(content);
  const TinyServer server(TinyServer::serving([](const std::string&) { return http_answer(200, "done"); }));
  Client client;
  auto request = get_of(server);
  request.method = "POST";
  request.content_type = "application/vnd.ipld.car";
  request.body_file = &file;
  REQUIRE(client.send(request));
  const auto sent = server.requests().at(0);
  CHECK(header_in(sent, "content-length") == "5000003");
  CHECK(header_in(sent, "transfer-encoding") == "(none)");
  CHECK(header_in(sent, "expect") == "(none)");
  CHECK(sent.substr(sent.find("\r\n\r\n") + 4) == std::string(atb::as_text(content)));
}

TEST_CASE("curl: a file that cannot be read ends the upload with its own error", "[net]") {
  struct Broken final : atb::RandomAccess {
    std::uint64_t size() const override { return 1'000'000; }
    atb::Result<std::size_t> read_at(std::uint64_t offset, atb::MutableByteView buffer) const override {
      if (offset > 100'000) return atb::fail(ErrorKind::io, "file.read", "the disk is gone");
      return buffer.size();
    }
  } const broken;
  struct Shrunk final : atb::RandomAccess {
    std::uint64_t size() const override { return 1'000'000; }
    atb::Result<std::size_t> read_at(std::uint64_t offset, atb::MutableByteView buffer) const override {
      return offset > 100'000 ? 0 : buffer.size();
    }
  } const shrunk;
  const TinyServer server([](Connection& peer) { peer.hang(); });
  Client client;
  auto request = get_of(server);
  request.method = "POST";
  request.body_file = &broken;
  CHECK(id_of(client.send(request)) == "file.read");
  request.body_file = &shrunk;
  CHECK(id_of(client.send(request)) == "input.cut");
}

TEST_CASE("curl: an upload on a connection that died meanwhile is sent whole on a new one", "[net]") {
  // The first connection answers once and is then closed in the client's back.
  const TinyServer server([](Connection& peer) {
    peer.read_request();
    peer.answer(200, "first");
    if (peer.number() > 0) peer.hang();
  });
  Client client;
  REQUIRE(client.send(get_of(server)));
  std::this_thread::sleep_for(50ms);
  const atb::MemoryBytes file(atb::Bytes(300'000, 'x'));
  auto request = get_of(server);
  request.method = "POST";
  request.body_file = &file;
  REQUIRE(client.send(request));
  CHECK(server.requests().at(1).size() > 300'000);
}

TEST_CASE("curl: a request that must not arrive twice gets a connection of its own", "[net]") {
  const TinyServer server(TinyServer::serving([](const std::string&) { return http_answer(200, ""); }));
  Client client;
  REQUIRE(client.send(get_of(server)));
  REQUIRE(client.send(get_of(server)));
  CHECK(server.connections() == 1);
  auto request = get_of(server);
  request.method = "POST";
  request.repeatable = false;
  REQUIRE(client.send(request));
  CHECK(server.connections() == 2);
}

TEST_CASE("curl: a request that must not arrive twice does not, when the reply is lost", "[net]") {
  const TinyServer server([](Connection& peer) {
    peer.read_request();
    if (peer.number() == 0) {
      peer.answer(200, "");
      peer.read_request();
    }
    peer.reset();
  });
  Client client;
  REQUIRE(client.send(get_of(server)));
  auto request = get_of(server);
  request.method = "POST";
  request.repeatable = false;
  request.body = "create";
  CHECK(id_of(client.send(request)) == "http.reset");
  CHECK(server.requests().size() == 2);
}

TEST_CASE("curl: the body of an error is kept apart from the sink, up to 64 KiB", "[net]") {
  const TinyServer server([](Connection& peer) {
    const auto request = peer.read_request();
    if (request.starts_with("GET /long")) {
      peer.write("HTTP/1.1 400 x\r\n\r\n");
      while (peer.write(std::string(10'000, 'e'))) {
      }
      return;
    }
    peer.answer(404, R"({"error":"NotFound"})");
  });
  Client client;
  const auto small = client.get(server.url("/"));
  REQUIRE(small);
  CHECK(small->status == 404);
  CHECK(small->error_body == R"({"error":"NotFound"})");
  CHECK(client.body.text().empty());
  const auto infinite = client.get(server.url("/long"));
  REQUIRE(infinite);
  CHECK(infinite->status == 400);
  CHECK(infinite->error_body.size() == 65536);
}

TEST_CASE("curl: an error told before the upload is over is heard", "[net]") {
  const TinyServer server([](Connection& peer) {
    peer.read_head();
    peer.answer(413, "too big", "Connection: close\r\n");
    peer.sleep(100ms);
    peer.reset();
  });
  Client client;
  const atb::MemoryBytes file(atb::Bytes(20'000'000, 'x'));
  auto request = get_of(server);
  request.method = "POST";
  request.body_file = &file;
  const auto response = client.send(request);
  REQUIRE(response);
  CHECK(response->status == 413);
}

TEST_CASE("curl: 1xx answers are passed over", "[net]") {
  const TinyServer server(once("HTTP/1.1 103 Early\r\nX-A: 1\r\n\r\n" + http_answer(200, "real")));
  Client client;
  const auto response = client.send(get_of(server));
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->header("x-a") == nullptr);
  CHECK(client.body.text() == "real");
}

TEST_CASE("curl: bodies that end too early are errors", "[net]") {
  Client client;
  SECTION("a length that is not kept") {
    const TinyServer server(once("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"));
    const auto result = client.send(get_of(server));
    CHECK(id_of(result) == "http.cut");
    CHECK(result.error().kind == ErrorKind::network);
  }
  SECTION("no body at all") {
    const TinyServer server(once("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"));
    CHECK(id_of(client.send(get_of(server))) == "http.cut");
  }
  SECTION("chunks without the last one") {
    const TinyServer server(once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"));
    CHECK(id_of(client.send(get_of(server))) == "http.cut");
  }
  SECTION("a chunk that is cut") {
    const TinyServer server(once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nhello"));
    CHECK(id_of(client.send(get_of(server))) == "http.cut");
  }
}

TEST_CASE("curl: chunks are put together, trailers ignored", "[net]") {
  const TinyServer server(
      once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-T: "
           "1\r\n\r\n"));
  Client client;
  const auto response = client.send(get_of(server));
  REQUIRE(response);
  CHECK(client.body.text() == "hello world");
  CHECK(response->header("x-t") == nullptr);
}

TEST_CASE("curl: a reset is an error wherever it happens", "[net]") {
  Client client;
  SECTION("before the answer") {
    const TinyServer server([](Connection& peer) {
      peer.read_request();
      peer.reset();
    });
    CHECK(id_of(client.send(get_of(server))) == "http.reset");
  }
  SECTION("in mid-head") {
    const TinyServer server([](Connection& peer) {
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nX-A: ");
      peer.sleep(50ms);
      peer.reset();
    });
    CHECK(id_of(client.send(get_of(server))) == "http.reset");
  }
  SECTION("in mid-body") {
    const TinyServer server([](Connection& peer) {
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhello");
      peer.sleep(50ms);
      peer.reset();
    });
    CHECK(id_of(client.send(get_of(server))) == "http.reset");
    CHECK(client.body.text() == "hello");
  }
  SECTION("a clean end in place of an answer") {
    const TinyServer server([](Connection& peer) { peer.read_request(); });
    CHECK(id_of(client.send(get_of(server))) == "http.reset");
  }
}

TEST_CASE("curl: what is not HTTP is an error", "[net]") {
  const TinyServer server(once("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
  Client client;
  const auto result = client.send(get_of(server));
  CHECK(id_of(result) == "http.failed");
}

TEST_CASE("curl: silence is a stall, before the first byte and after it", "[net]") {
  Client client;
  SECTION("no answer") {
    const TinyServer server([](Connection& peer) { peer.hang(); });
    auto request = get_of(server);
    request.stall_timeout = 1s;
    const auto result = client.send(request);
    CHECK(id_of(result) == "http.stalled");
    CHECK(result.error().kind == ErrorKind::timeout);
  }
  SECTION("in mid-body") {
    const TinyServer server([](Connection& peer) {
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
      peer.hang();
    });
    auto request = get_of(server);
    request.stall_timeout = 1s;
    CHECK(id_of(client.send(request)) == "http.stalled");
  }
  SECTION("an upload that nobody reads") {
    const TinyServer server([](Connection& peer) { peer.sleep(5s); });
    const atb::MemoryBytes file(atb::Bytes(20'000'000, 'x'));
    auto request = get_of(server);
    request.method = "POST";
    request.body_file = &file;
    request.stall_timeout = 1s;
    CHECK(id_of(client.send(request)) == "http.stalled");
  }
}

TEST_CASE("curl: slow is not stalled", "[net]") {
  const TinyServer server([](Connection& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
    for (int i = 0; i < 8; ++i) {
      peer.sleep(250ms);
      peer.write("x");
    }
  });
  Client client;
  auto request = get_of(server);
  request.stall_timeout = 1s;
  REQUIRE(client.send(request));
  CHECK(client.body.text() == "xxxxxxxx");
}

TEST_CASE("curl: asking to stop ends a silent transfer within 200 ms", "[net]") {
  const TinyServer server([](Connection& peer) { peer.hang(); });
  Client client;
  std::stop_source stop;
  std::chrono::steady_clock::time_point asked;
  std::thread asker([&] {
    std::this_thread::sleep_for(150ms);
    asked = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  const auto result = client.send(get_of(server), stop.get_token());
  const auto late = std::chrono::steady_clock::now() - asked;
  asker.join();
  CHECK(id_of(result) == "stopped");
  CHECK(result.error().kind == ErrorKind::cancelled);
  CHECK(late < 200ms);
  CHECK(id_of(client.send(get_of(server), stop.get_token())) == "stopped");
}

TEST_CASE("curl: headers are bounded at 64 KiB", "[net]") {
  Client client;
  const auto answer = [](std::size_t size) {
    // "HTTP/1.1 200 OK\r\n" 17, "Content-Length: 0\r\n" 19, the last line 2
    std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
    while (head.size() + 2 < size) {
      const std::size_t room = std::min<std::size_t>(size - 2 - head.size(), 1000);
      const std::size_t line =
          size - 2 - head.size() - room < 6 && room < size - 2 - head.size() ? room - 6 : room;
      head += "A: " + std::string(line - 5, 'x') + "\r\n";
    }
    return head + "\r\n";
  };
  REQUIRE(answer(65536).size() == 65536);
  const TinyServer fits(once(answer(65536)));
  CHECK(client.send(get_of(fits)));
  const TinyServer over(once(answer(65537)));
  const auto result = client.send(get_of(over));
  CHECK(id_of(result) == "http.headers");
  CHECK(result.error().kind == ErrorKind::limit_exceeded);
  const TinyServer endless([](Connection& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\n");
    while (peer.write("X-More: of the same\r\n")) {
    }
  });
  CHECK(id_of(client.send(get_of(endless))) == "http.headers");
  const TinyServer hundreds([](Connection& peer) {
    peer.read_request();
    while (peer.write("HTTP/1.1 103 Early\r\nX: y\r\n\r\n")) {
    }
  });
  CHECK(id_of(client.send(get_of(hundreds))) == "http.headers");
}

TEST_CASE("curl: a body is bounded, whether its length is told or not", "[net]") {
  Client client;
  const TinyServer server([](Connection& peer) {
    const auto request = peer.read_request();
    if (request.starts_with("GET /told")) peer.answer(200, std::string(1001, 'x'));
    if (request.starts_with("GET /fits")) peer.answer(200, std::string(1000, 'x'));
    if (!request.starts_with("GET /endless")) return;
    peer.write("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.write(std::string(700, 'x'))) {
    }
  });
  auto request = get_of(server);
  request.max_body = 1000;
  request.url.path = "/fits";
  REQUIRE(client.send(request));
  CHECK(client.body.text().size() == 1000);
  request.url.path = "/told";
  CHECK(id_of(client.send(request)) == "http.too_large");
  CHECK(client.body.text().empty());
  request.url.path = "/endless";
  const auto result = client.send(request);
  CHECK(id_of(result) == "http.too_large");
  CHECK(result.error().kind == ErrorKind::limit_exceeded);
  CHECK(client.body.text().size() <= 1000);
}

TEST_CASE("curl: the sink's error comes back as it is", "[net]") {
  struct Sink final : atb::net::BodySink {
    bool at_begin = false;
    Status begin(const atb::net::Response&) override {
      if (at_begin) return atb::fail(ErrorKind::unsupported, "test.begin", "no");
      return {};
    }
    Status write(ByteView) override { return atb::fail(ErrorKind::no_space, "file.no_space", "full"); }
  } sink;
  const TinyServer server(TinyServer::serving([](const std::string&) { return http_answer(200, "hello"); }));
  Client client;
  const auto request = get_of(server);
  const auto full = client.http->send(request, sink, {});
  CHECK(id_of(full) == "file.no_space");
  CHECK(full.error().kind == ErrorKind::no_space);
  sink.at_begin = true;
  CHECK(id_of(client.http->send(request, sink, {})) == "test.begin");
}

TEST_CASE("curl: begin is called once for each 2xx answer, empty ones too, and never for errors", "[net]") {
  struct Sink final : atb::net::BodySink {
    int begun = 0;
    Status begin(const atb::net::Response& head) override {
      CHECK(head.status / 100 == 2);
      ++begun;
      return {};
    }
    Status write(ByteView) override { return {}; }
  } sink;
  const TinyServer server(TinyServer::serving([](const std::string& request) {
    if (request.starts_with("GET /204")) return std::string("HTTP/1.1 204 x\r\n\r\n");
    return http_answer(request.starts_with("GET /500") ? 500 : 200,
                       request.starts_with("GET /empty") ? "" : "body");
  }));
  Client client;
  auto request = get_of(server);
  for (const auto& [path, expected] :
       std::vector<std::pair<std::string, int>>{{"/", 1}, {"/empty", 2}, {"/204", 3}, {"/500", 3}}) {
    request.url.path = path;
    REQUIRE(client.http->send(request, sink, {}));
    CHECK(sink.begun == expected);
  }
}

TEST_CASE("curl: other methods are sent as they are", "[net]") {
  const TinyServer server([](Connection& peer) {
    const auto request = peer.read_request();
    if (request.starts_with("HEAD")) peer.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
    if (request.starts_with("PUT")) peer.answer(200, "put");
    if (request.starts_with("DELETE")) peer.answer(200, "deleted");
  });
  Client client;
  auto request = get_of(server);
  request.method = "HEAD";
  REQUIRE(client.send(request));
  request.method = "DELETE";
  REQUIRE(client.send(request));
  CHECK(client.body.text() == "deleted");
  request.method = "PUT";
  request.body = "x";
  REQUIRE(client.send(request));
  CHECK(server.requests().back().ends_with("\r\n\r\nx"));
}

TEST_CASE("curl: redirects are answers, not followed", "[net]") {
  const TinyServer server(once(http_answer(302, "", "Location: http://127.0.0.1:1/\r\n")));
  Client client;
  const auto response = client.send(get_of(server));
  REQUIRE(response);
  CHECK(response->status == 302);
  CHECK(*response->header("location") == "http://127.0.0.1:1/");
}

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

TEST_CASE("curl: many threads share one client", "[net]") {
  const TinyServer server(
      TinyServer::serving([](const std::string& request) { return http_answer(200, request.substr(4, 8)); }));
  Client client;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 20; ++i) {
        MemoryBody body;
        Request request = get_of(server);
        request.url.path = "/" + std::to_string(1000 + thread) + "-" + std::to_string(10 + i);
        if (client.http->send(request, body, {}) && body.text() == request.url.path) ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(good == 160);
  CHECK(server.connections() <= 8);
}

TEST_CASE("curl: what was done is logged without secrets", "[net]") {
  const TinyServer server(TinyServer::serving([](const std::string&) { return http_answer(200, "hello"); }));
  Client client;
  REQUIRE(client.get(server.url("/x")));
  CHECK(client.log.contains("GET " + server.url("/x") + ": 200, 5 bytes"));
}
