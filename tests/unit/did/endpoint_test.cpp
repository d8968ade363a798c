#include "core/did/endpoint.h"

#include "core/did/document.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"

namespace atb::did {
namespace {

TEST_CASE("did: the address of a host is scheme, host and port", "[did]") {
  for (std::string_view url :
       {"https://pds.example", "http://pds.example", "https://pds.example:8443", "http://localhost:2583",
        "https://morel.us-east.host.bsky.network", "https://127.0.0.1", "http://127.0.0.1:1",
        "https://a.b:65535", "https://xn--e1afmkfd.example", "https://[::1]", "http://[2001:db8::1]:8080",
        "https://PDS.Example"}) {
    INFO(url);
    CHECK(endpoint_problem(url).empty());
  }
}

TEST_CASE("did: anything else in the address of a host is refused", "[did]") {
  const std::string long_label(64, 'a');
  for (const std::string& url : std::vector<std::string>{"",
                                                         "pds.example",
                                                         "https://",
                                                         "https:///",
                                                         "https://pds.example/",
                                                         "https://pds.example/path",
                                                         "https://pds.example?x",
                                                         "https://pds.example#x",
                                                         "https://user@pds.example",
                                                         "https://user:pw@pds.example",
                                                         "https://@pds.example",
                                                         "ftp://pds.example",
                                                         "HTTPS://pds.example",
                                                         "https:/pds.example",
                                                         "https://pds.example:",
                                                         "https://pds.example:0",
                                                         "https://pds.example:65536",
                                                         "https://pds.example:08",
                                                         "https://pds.example:+80",
                                                         "https://pds.example:80:80",
                                                         "https://pds.example:80/",
                                                         "https://pds .example",
                                                         " https://pds.example",
                                                         "https://pds.example ",
                                                         "https://pds.example\n",
                                                         "https://pds..example",
                                                         "https://.example",
                                                         "https://pds.example.",
                                                         "https://-a.example",
                                                         "https://a-.example",
                                                         "https://a_b.example",
                                                         "https://" + long_label + ".example",
                                                         "https://pds.example\\@evil.example",
                                                         "https://pds%2eexample",
                                                         "https://\u00e9.example",
                                                         "https://[::1",
                                                         "https://::1",
                                                         "https://[]",
                                                         "https://[::1]x",
                                                         "https://[::1]:",
                                                         "https://[::1%25eth0]",
                                                         "https://[::1]@evil.example",
                                                         "javascript://pds.example",
                                                         "https://" + std::string(600, 'a'),
                                                         std::string("https://a\0b", 11)}) {
    INFO(url);
    CHECK_FALSE(endpoint_problem(url).empty());
  }
}

TEST_CASE("did: what is wrong with an address is said", "[did]") {
  CHECK(endpoint_problem("ftp://a.example") == "the address of the host is no http(s) URL: ftp://a.example");
  CHECK(endpoint_problem("https://me@a.example") ==
        "the address of the host holds a user name: https://me@a.example");
  CHECK(endpoint_problem("https://a.example/x") ==
        "the address of the host has something after the host and port: https://a.example/x");
  CHECK(endpoint_problem("https://a.example:0") ==
        "the address of the host has a port that is none: https://a.example:0");
  CHECK(endpoint_problem("https://\x1b[2J") == "the address of the host names no host: https://\\x1b[2J");
}

TEST_CASE("did: host names and addresses stand at their limits", "[did][limits]") {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  REQUIRE(longest.size() == 253);
  CHECK(valid_host_name(longest));
  CHECK_FALSE(valid_host_name(longest + "a"));
  CHECK(valid_host_name(label));
  CHECK_FALSE(valid_host_name(label + "a"));
  CHECK(valid_port("1"));
  CHECK(valid_port("65535"));
  CHECK_FALSE(valid_port("65536"));
  CHECK_FALSE(valid_port("0"));
  CHECK_FALSE(valid_port(""));
}

Result<std::string> url_of(std::string_view did) { return web_document_url(*syntax::Did::parse(did)); }

TEST_CASE("did: a did:web is a whole host, a port by %3A", "[did]") {
  CHECK(url_of("did:web:alice.example").value() == "https://alice.example/.well-known/did.json");
  CHECK(url_of("did:web:alice.example%3A8443").value() == "https://alice.example:8443/.well-known/did.json");
  CHECK(url_of("did:web:localhost%3A2583").value() == "http://localhost:2583/.well-known/did.json");
  CHECK(url_of("did:web:localhost%3a2583").value() == "http://localhost:2583/.well-known/did.json");
  CHECK(url_of("did:web:localhost").value() == "http://localhost/.well-known/did.json");
  CHECK(url_of("did:web:127.0.0.1%3A80").value() == "https://127.0.0.1:80/.well-known/did.json");
}

TEST_CASE("did: paths, user names and stray escapes make no did:web", "[did]") {
  for (std::string_view did :
       {"did:web:alice.example:user:alice", "did:web:alice.example:8443", "did:web:alice.example%2Fpath",
        "did:web:user%40alice.example", "did:web:alice%2Eexample", "did:web:alice.example%3A",
        "did:web:%3A80", "did:web:alice.example%3A0", "did:web:alice.example%3A65536",
        "did:web:alice.example%3A80%3A80", "did:web:alice.example%3a80", "did:web:alice_x.example",
        "did:web:-a.example", "did:web:alice..example", "did:web:alice.example.",
        "did:plc:ewvi7nxzyoun6zhxrhs64oiz"}) {
    INFO(did);
    const auto result = url_of(did);
    CHECK(test::error_id(result) == "did.web");
    CHECK(result.error().kind == ErrorKind::invalid_input);
  }
}

}  // namespace
}  // namespace atb::did
