#include "core/net/txt_resolver.h"
#include "tests/support/catch.h"
#include "tests/support/tiny_dns.h"

#include <atomic>
#include <chrono>
#include <thread>

using namespace std::chrono_literals;
using namespace std::string_literals;
using atb::net::make_cares_resolver;
using atb::test::TinyDns;
using Reply = TinyDns::Reply;
using Texts = std::vector<std::string>;

namespace {

atb::Result<Texts> ask(const TinyDns& dns, const std::string& name = "_atproto.alice.example") {
  return make_cares_resolver(dns.server()).value()->txt(name, {});
}

}  // namespace

TEST_CASE("dns: the strings of a record are joined, several records kept apart", "[net]") {
  const TinyDns dns([](const std::string& name) {
    CHECK(name == "_atproto.alice.example");
    return Reply{
        .records = {{"did=did:plc:", "abc"}, {"other"}, {""}, {std::string(255, 'x'), std::string(45, 'y')}}};
  });
  CHECK(ask(dns).value() ==
        Texts{"did=did:plc:abc", "other", "", std::string(255, 'x') + std::string(45, 'y')});
}

TEST_CASE("dns: no such name and no such record are empty lists", "[net]") {
  const TinyDns none([](const std::string&) { return Reply{.code = 3}; });
  CHECK(ask(none).value().empty());
  const TinyDns empty([](const std::string&) { return Reply{}; });
  CHECK(ask(empty).value().empty());
}

TEST_CASE("dns: a server that fails or refuses is a failure, not an empty answer", "[net]") {
  for (const int code : {1, 2, 5}) {
    const TinyDns dns([&](const std::string&) { return Reply{.code = code}; });
    const auto texts = ask(dns);
    REQUIRE_FALSE(texts);
    CHECK(texts.error().id == "dns.failed");
    CHECK(texts.error().kind == atb::ErrorKind::network);
  }
}

TEST_CASE("dns: an answer that is garbage does not become records", "[net]") {
  // The question is there, the one answer is cut off in its length.
  const TinyDns dns([](const std::string&) {
    return Reply{.raw = "\x85\x80\0\1\0\1\0\0\0\0\1a\0\0\x10\0\1\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\xff\x05"s};
  });
  const auto texts = ask(dns, "a");
  REQUIRE_FALSE(texts);
}

TEST_CASE("dns: a silent server is a timeout, within bounds", "[net][slow]") {
  const TinyDns dns([](const std::string&) { return Reply{.silent = true}; });
  const auto start = std::chrono::steady_clock::now();
  const auto texts = ask(dns);
  REQUIRE_FALSE(texts);
  CHECK(texts.error().id == "dns.timeout");
  CHECK(texts.error().kind == atb::ErrorKind::timeout);
  CHECK(std::chrono::steady_clock::now() - start < 16s);
  CHECK(dns.questions() >= 2);
}

TEST_CASE("dns: asking to stop ends the waiting", "[net]") {
  const TinyDns dns([](const std::string&) { return Reply{.silent = true}; });
  std::stop_source stop;
  const auto start = std::chrono::steady_clock::now();
  std::thread asker([&] {
    std::this_thread::sleep_for(100ms);
    stop.request_stop();
  });
  const auto texts = make_cares_resolver(dns.server()).value()->txt("a.example", stop.get_token());
  asker.join();
  REQUIRE_FALSE(texts);
  CHECK(texts.error().id == "stopped");
  CHECK(std::chrono::steady_clock::now() - start < 2s);
}

TEST_CASE("dns: what is not a domain name is not asked for", "[net]") {
  const TinyDns dns([](const std::string&) { return Reply{}; });
  for (const std::string name : {"", "a b", "a..b", "127.0.0.1", "a\\.b", "a\n", "[::1]"}) {
    INFO(name);
    CHECK(ask(dns, name).error().id == "dns.name");
  }
  CHECK(dns.questions() == 0);
}

TEST_CASE("dns: several threads ask at once", "[net]") {
  const TinyDns dns([](const std::string& name) { return Reply{.records = {{name}}}; });
  const auto resolver = make_cares_resolver(dns.server()).value();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const std::string name = "a" + std::to_string(i) + ".example";
      const auto texts = resolver->txt(name, {});
      if (texts && *texts == Texts{name}) ++good;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(good == 8);
}

TEST_CASE("dns: a server is an address and a port", "[net]") {
  for (const auto* server : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "dns.example:53",
                             ":53", "127.1:53", "[::1]", "::1:53"}) {
    INFO(server);
    const auto resolver = make_cares_resolver(server);
    REQUIRE_FALSE(resolver);
    CHECK(resolver.error().id == "option.dns_server");
  }
  CHECK(make_cares_resolver("[::1]:53"));
  CHECK(make_cares_resolver(""));
}
