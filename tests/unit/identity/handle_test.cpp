#include "tests/unit/identity/world.h"

using namespace atb;
using namespace atb::test;

namespace {

const std::string kOther = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
const std::string kWellKnown = "https://" + kHandle + "/.well-known/atproto-did";

}  // namespace

TEST_CASE("identity: a handle is looked up in the DNS first, and then nowhere else", "[identity]") {
  World world;
  world.put(kWellKnown, kOther);
  CHECK(world.resolve_handle(kHandle)->str() == world.did);
  CHECK(world.dns.asked() == std::vector<std::string>{"_atproto." + kHandle});
  CHECK(world.http.requests().empty());
}

TEST_CASE("identity: TXT records that are something else are passed over", "[identity]") {
  World world;
  world.dns.set("_atproto." + kHandle, {"v=spf1 -all", "did=", "did=nonsense", "DID=" + kOther,
                                        "did= " + world.did + " ", "did=" + world.did});
  CHECK(world.resolve_handle(kHandle)->str() == world.did);
}

TEST_CASE("identity: two different DIDs in the DNS are a conflict, and the web is not asked", "[identity]") {
  World world;
  world.dns.set("_atproto." + kHandle, {"did=" + world.did, "did=" + kOther});
  world.put(kWellKnown, world.did);
  const Error error = error_from(world.resolve_handle(kHandle));
  CHECK(error.id == "handle.conflict");
  CHECK(error.kind == ErrorKind::untrusted);
  CHECK(world.http.requests().empty());
}

TEST_CASE("identity: without a TXT record the web is asked, and white space around the DID allowed",
          "[identity]") {
  World world;
  world.dns.set("_atproto." + kHandle, {});
  world.put(kWellKnown, "  " + kOther + "\r\n");
  CHECK(world.resolve_handle(kHandle)->str() == kOther);
  REQUIRE(world.http.requests().size() == 1);
  CHECK(world.http.requests()[0].request.max_body == 2048);
  CHECK(world.http.requests()[0].request.follow_redirects);
  CHECK(world.http.requests()[0].bearer.empty());
}

TEST_CASE("identity: a web answer that is no DID is none", "[identity]") {
  World world;
  world.dns.set("_atproto." + kHandle, {});
  SECTION("a page") { world.put(kWellKnown, "<html>did:plc:aaaaaaaaaaaaaaaaaaaaaaaa</html>"); }
  SECTION("nothing") { world.put(kWellKnown, ""); }
  SECTION("two of them") { world.put(kWellKnown, kOther + "\n" + world.did); }
  SECTION("404") { world.put(kWellKnown, "", 404); }
  SECTION("403") { world.put(kWellKnown, "", 403); }
  SECTION("too long") { world.put(kWellKnown, "did:web:" + std::string(2041, 'a')); }
  SECTION("no such host") {}
  SECTION("nobody there") {
    world.answers.insert_or_assign(kWellKnown,
                                   fail(ErrorKind::network, "http.connect", "connection refused"));
  }
  SECTION("a private address") {
    world.answers.insert_or_assign(kWellKnown,
                                   fail(ErrorKind::refused, "http.private_address", "it is private"));
  }
  const Error error = error_from(world.resolve_handle(kHandle));
  CHECK(error.id == "handle.not_found");
  CHECK(error.kind == ErrorKind::not_found);
  CHECK(error.message.find(kHandle) != std::string::npos);
}

TEST_CASE("identity: a look-up that may work in a minute is not a no", "[identity]") {
  World world;
  world.dns.set("_atproto." + kHandle, {});
  SECTION("the host stalls") {
    world.answers.insert_or_assign(kWellKnown,
                                   fail(ErrorKind::timeout, "http.stalled", "no byte for a minute"));
    CHECK(error_from(world.resolve_handle(kHandle)).id == "http.stalled");
  }
  SECTION("the host is out of order") {
    world.put(kWellKnown, "oops", 503);
    const Error error = error_from(world.resolve_handle(kHandle));
    CHECK(error.id == "identity.status");
    CHECK(error.kind == ErrorKind::network);
    CHECK(error.http_status == 503);
  }
  SECTION("too many questions") {
    world.put(kWellKnown, "", 429);
    CHECK(error_from(world.resolve_handle(kHandle)).kind == ErrorKind::rate_limited);
  }
  SECTION("the DNS is down, and the web has nothing") {
    world.dns.set_error("_atproto." + kHandle, Error(ErrorKind::network, "dns.failed", "SERVFAIL"));
    const Error error = error_from(world.resolve_handle(kHandle));
    CHECK(error.id == "dns.failed");
    CHECK(error.context.back() == "resolving the handle " + kHandle);
  }
}

TEST_CASE("identity: when the DNS is down the web's word counts", "[identity]") {
  World world;
  world.dns.set_error("_atproto." + kHandle, Error(ErrorKind::timeout, "dns.timeout", "no answer"));
  world.put(kWellKnown, world.did);
  CHECK(world.resolve_handle(kHandle)->str() == world.did);
  CHECK(world.lines.contains("DNS failed"));
}

TEST_CASE("identity: reserved names are not looked up at all", "[identity]") {
  World world;
  const Error error = error_from(world.resolve_handle("handle.invalid"));
  CHECK(error.id == "handle.reserved");
  CHECK(error.kind == ErrorKind::invalid_input);
  CHECK(world.dns.asked().empty());
}

TEST_CASE("identity: a stop while looking up is passed on", "[identity]") {
  World world;
  std::stop_source source;
  source.request_stop();
  const auto handle = *syntax::Handle::parse(kHandle);
  CHECK(error_from(world.resolver.resolve_handle(handle, source.get_token())).kind == ErrorKind::cancelled);
  world.dns.set("_atproto." + kHandle, {});
  CHECK(error_from(world.resolver.resolve_handle(handle, source.get_token())).kind == ErrorKind::cancelled);
}
