#include "tests/unit/net/curl_fixture.h"

#include <chrono>
#include <thread>

using namespace std::chrono_literals;
using namespace atb::test;
using atb::ByteView;
using atb::ErrorKind;
using atb::Status;

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
