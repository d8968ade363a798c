#include "core/net/address_policy.h"

#include "tests/support/catch.h"

#include <arpa/inet.h>

using atb::Bytes;
using atb::net::AddressPolicy;

namespace {

bool is_public(const std::string& text) {
  Bytes address(text.find(':') == std::string::npos ? 4 : 16);
  REQUIRE(::inet_pton(address.size() == 4 ? AF_INET : AF_INET6, text.c_str(), address.data()) == 1);
  return AddressPolicy::is_public(address);
}

struct Range {
  const char* before;  // nullptr: what lies before is special too
  const char* first;
  const char* last;
  const char* after;
};

}  // namespace

TEST_CASE("address policy: every special range is closed, and its neighbours are open", "[net]") {
  constexpr Range ranges[] = {
      {nullptr, "0.0.0.0", "0.255.255.255", "1.0.0.0"},
      {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
      {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
      {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
      {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
      {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
      {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
      {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
      {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
      {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
      {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
      {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
      {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
      {"223.255.255.255", "224.0.0.0", "239.255.255.255", nullptr},
      {nullptr, "240.0.0.0", "255.255.255.255", nullptr},
      {nullptr, "::", "::1", nullptr},
      {nullptr, "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", nullptr},
      {nullptr, "100::", "100::ffff:ffff:ffff:ffff", nullptr},
      {nullptr, "1fff:ffff::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"},
      {"2000:ffff::", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
      {"2001:db7:ffff::", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
      {"3ffe:ffff::", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
      {"3fff:ffff::", "4000::", "fbff::", nullptr},
      {nullptr, "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
      {nullptr, "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
      {nullptr, "fec0::", "feff::", nullptr},
      {nullptr, "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
  };
  for (const auto& range : ranges) {
    INFO(range.first);
    CHECK_FALSE(is_public(range.first));
    CHECK_FALSE(is_public(range.last));
    if (range.before != nullptr) CHECK(is_public(range.before));
    if (range.after != nullptr) CHECK(is_public(range.after));
  }
}

TEST_CASE("address policy: an IPv4 address inside an IPv6 one decides", "[net]") {
  CHECK(is_public("::ffff:8.8.8.8"));
  CHECK_FALSE(is_public("::ffff:127.0.0.1"));
  CHECK_FALSE(is_public("::ffff:10.0.0.1"));
  CHECK_FALSE(is_public("::127.0.0.1"));
  CHECK_FALSE(is_public("::8.8.8.8"));
  CHECK(is_public("64:ff9b::8.8.8.8"));
  CHECK_FALSE(is_public("64:ff9b::192.168.1.1"));
  CHECK_FALSE(is_public("64:ff9b::1:808:808"));  // outside the /96
  CHECK(is_public("2002:808:808::1"));
  CHECK_FALSE(is_public("2002:7f00:1::1"));
  CHECK_FALSE(is_public("2002:c0a8:101::1"));
}

TEST_CASE("address policy: well-known public addresses are open, other lengths closed", "[net]") {
  CHECK(is_public("8.8.8.8"));
  CHECK(is_public("1.1.1.1"));
  CHECK(is_public("2606:4700:4700::1111"));
  CHECK(is_public("2a00:1450:4001::1"));
  CHECK_FALSE(AddressPolicy::is_public(Bytes{}));
  CHECK_FALSE(AddressPolicy::is_public(Bytes{8, 8, 8}));
  CHECK_FALSE(AddressPolicy::is_public(Bytes(5, 8)));
}

TEST_CASE("address policy: hosts named by the user are allowed, in every spelling of one name", "[net]") {
  const auto policy = AddressPolicy::allowing({"LocalHost:2583", "pds.test", "192.168.1.5:80", "::1",
                                               "[fd00:0::2]:443", "[fd00::3]"})
                          .value();
  CHECK(policy.allows_private("localhost", 2583));
  CHECK(policy.allows_private("LOCALHOST", 2583));
  CHECK_FALSE(policy.allows_private("localhost", 2584));
  CHECK(policy.allows_private("pds.test", 1));
  CHECK(policy.allows_private("pds.test", 65535));
  CHECK_FALSE(policy.allows_private("a.pds.test", 1));
  CHECK_FALSE(policy.allows_private("pds.test.example", 1));
  CHECK(policy.allows_private("192.168.1.5", 80));
  CHECK_FALSE(policy.allows_private("192.168.1.5", 81));
  CHECK(policy.allows_private("[::1]", 7));
  CHECK(policy.allows_private("[fd00::2]", 443));
  CHECK_FALSE(policy.allows_private("[fd00::2]", 444));
  CHECK(policy.allows_private("[fd00::3]", 444));
  CHECK_FALSE(policy.allows_private("127.0.0.1", 2583));
  CHECK_FALSE(policy.allows_private("", 2583));
  CHECK_FALSE(AddressPolicy().allows_private("localhost", 80));
}

TEST_CASE("address policy: what is not HOST or HOST:PORT is refused", "[net]") {
  for (const std::string text : {"", ":80", "a:", "a:0", "a:65536", "a:x", "a b", "http://a", "a/b", "*",
                                 "127.1", "0x7f000001", "[::1", "[::1]:", "::1::", "a@b", "-a"}) {
    INFO(text);
    const auto policy = AddressPolicy::allowing({text});
    REQUIRE_FALSE(policy);
    CHECK(policy.error().id == "option.private_host");
    CHECK(policy.error().kind == atb::ErrorKind::invalid_input);
  }
}
