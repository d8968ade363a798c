#include "core/net/url.h"

#include "tests/support/catch.h"

using atb::net::Url;

namespace {

std::string id_of(std::string_view text) {
  const auto url = Url::parse(text);
  return url ? "taken: " + url->str() : url.error().id;
}

}  // namespace

TEST_CASE("url: parts are taken apart and put together again", "[net]") {
  const auto url = Url::parse("HTTPS://PDS.Example.com:8443/xrpc/a.b?did=did:plc:x&c=1#frag");
  REQUIRE(url);
  CHECK(url->scheme == "https");
  CHECK(url->host == "pds.example.com");
  CHECK(url->port == 8443);
  CHECK(url->path == "/xrpc/a.b?did=did:plc:x&c=1");
  CHECK(url->str() == "https://pds.example.com:8443/xrpc/a.b?did=did:plc:x&c=1");
  CHECK(url->origin() == "https://pds.example.com:8443");
}

TEST_CASE("url: default ports are left out and a path is made", "[net]") {
  CHECK(id_of("https://a.example") == "taken: https://a.example/");
  CHECK(id_of("https://a.example:443/") == "taken: https://a.example/");
  CHECK(id_of("http://a.example:80?q=1") == "taken: http://a.example/?q=1");
  CHECK(id_of("http://a.example:443") == "taken: http://a.example:443/");
  CHECK(id_of("https://a.example#x") == "taken: https://a.example/");
  CHECK(id_of("https://[2001:DB8:0:0::1]:8080/x") == "taken: https://[2001:db8::1]:8080/x");
  CHECK(id_of("https://a.example/xrpc/b?uri=at://did:plc:x/y") ==
        "taken: https://a.example/xrpc/b?uri=at://did:plc:x/y");
}

TEST_CASE("url: what is not an address is refused with the rule it breaks", "[net]") {
  for (const std::string text : {"",
                                 "a.example",
                                 "https:",
                                 "https:/a",
                                 "https://",
                                 "https:///x",
                                 "//a.example",
                                 "https://a example/",
                                 "https://a.example/ ",
                                 "https://a.example/\n",
                                 "https://a.example/\x01",
                                 "https://a.example/\x7f",
                                 "https://\xc3\xa4.example/",
                                 "https://a.example/\xff",
                                 "https://a.example\\@b.example/",
                                 "https://a..example/",
                                 "https://.a/",
                                 "https://a./",
                                 "https://-a.example/",
                                 "https://a-.example/",
                                 "https://a.example:/",
                                 "https://a.example:0/",
                                 "https://a.example:65536/",
                                 "https://a.example:080/",
                                 "https://a.example:8x/",
                                 "https://a.example:-1/",
                                 "https://[::1/",
                                 "https://::1/",
                                 "https://[1.2.3.4]/",
                                 "https://[fe80::1%25eth0]/",
                                 "https://[]/",
                                 "https://a%2eexample/",
                                 "https://a.example:99999999999999999999/"}) {
    INFO(text);
    CHECK(id_of(text) == "url.syntax");
  }
  CHECK(id_of("https://a" + std::string(1, '\0') + ".example/") == "url.syntax");
  for (const auto* text :
       {"ftp://a.example/", "file:///etc/passwd", "javascript:alert(1)", "at://did:plc:x", "gopher://a/"}) {
    INFO(text);
    CHECK(id_of(text) == "url.scheme");
  }
  CHECK(id_of("https://user:pw@a.example/") == "url.userinfo");
  CHECK(id_of("https://a.example@b.example/") == "url.userinfo");
}

TEST_CASE("url: addresses written as numbers in disguise are refused", "[net]") {
  for (const auto* text : {"https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/",
                           "https://0177.0.0.1/", "https://127.0.0.0x1/", "https://1.2.3.4.5/",
                           "https://256.1.1.1/", "https://a.123/", "https://1/"}) {
    INFO(text);
    CHECK(id_of(text) == "url.syntax");
  }
  CHECK(id_of("https://127.0.0.1/") == "taken: https://127.0.0.1/");
}

TEST_CASE("url: a password in a refused address is not repeated", "[net]") {
  CHECK(Url::parse("https://user:hunter2@a.example/").error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("url: length is bounded at 8192", "[net]") {
  const std::string start = "https://a.example/";
  CHECK(Url::parse(start + std::string(8192 - start.size(), 'a')));
  CHECK(id_of(start + std::string(8193 - start.size(), 'a')) == "url.syntax");
  CHECK(Url::parse("https://" + std::string(63, 'a') + ".example/"));
  CHECK(id_of("https://" + std::string(64, 'a') + ".example/") == "url.syntax");
}

TEST_CASE("url: same origin means scheme, host and port", "[net]") {
  const auto url = Url::parse("https://a.example/x").value();
  CHECK(url.same_origin(Url::parse("https://A.example:443/y").value()));
  CHECK_FALSE(url.same_origin(Url::parse("http://a.example:443/").value()));
  CHECK_FALSE(url.same_origin(Url::parse("https://a.example:444/").value()));
  CHECK_FALSE(url.same_origin(Url::parse("https://b.example/").value()));
}

TEST_CASE("url: references are resolved as RFC 3986 says", "[net]") {
  const auto base = Url::parse("https://a.example/b/c/d?q").value();
  const auto resolved = [&](std::string_view reference) {
    const auto url = base.resolve(reference);
    return url ? url->str().substr(std::string("https://a.example").size()) : url.error().id;
  };
  CHECK(resolved("g") == "/b/c/g");
  CHECK(resolved("./g") == "/b/c/g");
  CHECK(resolved("g/") == "/b/c/g/");
  CHECK(resolved("/g") == "/g");
  CHECK(resolved("?y") == "/b/c/d?y");
  CHECK(resolved("g?y") == "/b/c/g?y");
  CHECK(resolved("g?y/../x") == "/b/c/g?y/../x");
  CHECK(resolved("#s") == "/b/c/d?q");
  CHECK(resolved("g#s") == "/b/c/g");
  CHECK(resolved("") == "/b/c/d?q");
  CHECK(resolved(".") == "/b/c/");
  CHECK(resolved("..") == "/b/");
  CHECK(resolved("../g") == "/b/g");
  CHECK(resolved("../..") == "/");
  CHECK(resolved("../../g") == "/g");
  CHECK(resolved("../../../../g") == "/g");
  CHECK(resolved("/./g/../h") == "/h");
  CHECK(resolved("g;x=1/../y") == "/b/c/y");
  CHECK(resolved("/xrpc/a?uri=at://did:plc:x") == "/xrpc/a?uri=at://did:plc:x");
  CHECK(resolved("x?uri=https://b.example") == "/b/c/x?uri=https://b.example");
}

TEST_CASE("url: a reference may name another host, and is held to the same rules", "[net]") {
  const auto base = Url::parse("https://a.example/b").value();
  CHECK(base.resolve("//b.example/c").value().str() == "https://b.example/c");
  CHECK(base.resolve("http://b.example:81/c").value().str() == "http://b.example:81/c");
  CHECK(base.resolve("HTTPS://b.example").value().str() == "https://b.example/");
  CHECK(base.resolve("file:///etc/passwd").error().id == "url.scheme");
  CHECK(base.resolve("javascript:x").error().id == "url.scheme");
  CHECK(base.resolve("https://u@b.example/").error().id == "url.userinfo");
  CHECK(base.resolve("//127.1/").error().id == "url.syntax");
  CHECK(base.resolve("/a b").error().id == "url.syntax");
  CHECK(base.resolve("/" + std::string(9000, 'a')).error().id == "url.syntax");
}

TEST_CASE("url: queries are encoded", "[net]") {
  CHECK(atb::net::percent_encode("aZ0-._~") == "aZ0-._~");
  CHECK(atb::net::percent_encode("did:plc:x/y z&\xc3\xa4") == "did%3Aplc%3Ax%2Fy%20z%26%C3%A4");
  CHECK(atb::net::query_string({}).empty());
  CHECK(atb::net::query_string({{"did", "did:web:a"}, {"cursor", ""}}) == "?did=did%3Aweb%3Aa&cursor=");
}
