#include "tests/unit/net/curl_fixture.h"

#include <atomic>
#include <thread>

using namespace std::chrono_literals;
using namespace atb::test;
using atb::ByteView;
using atb::Secret;
using atb::Status;

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
