#include "tests/unit/identity/world.h"

using namespace atb;
using namespace atb::test;

TEST_CASE("identity: a did:plc is resolved with its audited log and its proven handle", "[identity]") {
  World world;
  const auto found = world.resolve(world.did);
  REQUIRE(found);
  CHECK(found->did().str() == world.did);
  CHECK(found->document.host == kHost);
  REQUIRE(found->document.signing_key);
  CHECK(found->document.signing_key->did_key() == plc_did_key(2));
  REQUIRE(found->handle);
  CHECK(found->handle->str() == kHandle);
  CHECK(found->handle_problem.empty());
  REQUIRE(found->log);
  CHECK(found->log->entries.size() == 1);
  CHECK(found->log_json == world.log.audit_json());
  CHECK(found->document_json == world.answers.at("https://plc.test/" + world.did)->body);
}

TEST_CASE("identity: a handle leads to its account, when the account says so too", "[identity]") {
  World world;
  const auto found = world.resolve(kHandle);
  REQUIRE(found);
  CHECK(found->did().str() == world.did);
  CHECK(found->handle->str() == kHandle);
}

TEST_CASE("identity: a handle that points to somebody else's account is refused", "[identity]") {
  World world;
  world.dns.set("_atproto.mallory.example.com", {"did=" + world.did});
  const Error error = error_from(world.resolve("mallory.example.com"));
  CHECK(error.id == "handle.mismatch");
  CHECK(error.kind == ErrorKind::untrusted);
  CHECK(error.message.find(kHandle) != std::string::npos);
}

TEST_CASE("identity: a handle that does not point back is told, not failed", "[identity]") {
  World world;
  SECTION("it points elsewhere") {
    world.dns.set("_atproto." + kHandle, {"did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"});
  }
  SECTION("it points nowhere") { world.dns.set("_atproto." + kHandle, {}); }
  SECTION("the DNS is down") {
    world.dns.set_error("_atproto." + kHandle, Error(ErrorKind::timeout, "dns.timeout", "no answer"));
  }
  const auto found = world.resolve(world.did);
  REQUIRE(found);
  CHECK_FALSE(found->handle);
  CHECK(found->handle_problem.find(kHandle) != std::string::npos);
}

TEST_CASE("identity: an account without a name has no handle", "[identity]") {
  World world;
  auto state = world.log.state();
  state.also_known_as.clear();
  world.log.update(state, plc_key(1), kPlcEpochUs + kPlcHourUs);
  world.put("https://plc.test/" + world.did + "/log/audit", world.log.audit_json());
  std::string document = document_json(world.did, World::multibase(2), kHost, "X");
  document.replace(document.find(R"(["X"])"), 5, "[]");
  world.put("https://plc.test/" + world.did, document);
  const auto found = world.resolve(world.did);
  REQUIRE(found);
  CHECK_FALSE(found->handle);
  CHECK(found->handle_problem == "the DID document names no handle");
}

TEST_CASE("identity: a document that the log does not bear out is refused after some patience",
          "[identity]") {
  World world;
  const std::string url = "https://plc.test/" + world.did;
  SECTION("another key") {
    world.put(url, document_json(world.did, World::multibase(3), kHost, "at://" + kHandle));
  }
  SECTION("another host") {
    world.put(url, document_json(world.did, World::multibase(2), "https://evil.example", "at://" + kHandle));
  }
  SECTION("another name") {
    world.put(url, document_json(world.did, World::multibase(2), kHost, "at://mallory.example.com"));
  }
  SECTION("no key, no host, no name") { world.put(url, R"({"id":")" + world.did + "\"}"); }
  const Error error = error_from(world.resolve(world.did));
  CHECK(error.id == "did.document_differs");
  CHECK(error.kind == ErrorKind::untrusted);
  CHECK(world.clock.sleeps().size() == 3);
  CHECK(world.http.requests().size() == 8);
}

TEST_CASE("identity: a replica that lags behind is given time", "[identity]") {
  World world;
  const std::string url = "https://plc.test/" + world.did;
  world.put(url, document_json(world.did, World::multibase(9), kHost, "at://" + kHandle));
  world.clock.on_sleep(
      [&] { world.put(url, document_json(world.did, World::multibase(2), kHost, "at://" + kHandle)); });
  CHECK(world.resolve(world.did));
  CHECK(world.clock.sleeps().size() == 1);
}

TEST_CASE("identity: a host that no document can show must be absent from the document", "[identity]") {
  World world;
  auto state = world.log.state();
  for (auto& [id, service] : state.services) service.endpoint = "https://pds.example/path";
  world.log.update(state, plc_key(1), kPlcEpochUs + kPlcHourUs);
  world.put("https://plc.test/" + world.did + "/log/audit", world.log.audit_json());
  world.put("https://plc.test/" + world.did,
            document_json(world.did, World::multibase(2), "https://pds.example/path", "at://" + kHandle));
  const auto found = world.resolve(world.did);
  REQUIRE(found);
  CHECK_FALSE(found->document.host);
}

TEST_CASE("identity: who may undo a tombstone sees the account as it was before", "[identity]") {
  World world;
  CHECK(error_from(world.resolver.resolve_given_up(world.log.did(), {})).id == "did.not_tombstoned");
  world.log.tombstone(plc_key(1), kPlcEpochUs + kPlcHourUs);
  world.put("https://plc.test/" + world.did + "/log/audit", world.log.audit_json());
  world.put("https://plc.test/" + world.did, "{}", 404);
  const auto seen = world.resolver.resolve_given_up(world.log.did(), {});
  REQUIRE(seen);
  CHECK(seen->document.host == kHost);
  REQUIRE(seen->document.signing_key);
  CHECK(seen->document.signing_key->did_key() == plc_did_key(2));
  REQUIRE(seen->handle);
  CHECK(seen->handle->str() == kHandle);
  REQUIRE(seen->log);
  CHECK(seen->log->tombstoned);
}

TEST_CASE("identity: a tombstoned account is gone", "[identity]") {
  World world;
  world.log.tombstone(plc_key(1), kPlcEpochUs + kPlcHourUs);
  world.put("https://plc.test/" + world.did + "/log/audit", world.log.audit_json());
  const Error error = error_from(world.resolve(world.did));
  CHECK(error.id == "did.tombstoned");
  CHECK(error.kind == ErrorKind::gone);
  World late;  // the log of one replica does not know yet
  late.put("https://plc.test/" + late.did, R"({"message":"gone"})", 410);
  CHECK(error_from(late.resolve(late.did)).id == "did.tombstoned");
}

TEST_CASE("identity: an account that the directory does not know is not found", "[identity]") {
  World world;
  const std::string unknown = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
  world.put("https://plc.test/" + unknown + "/log/audit", R"({"message":"DID not registered"})", 404);
  const Error error = error_from(world.resolve(unknown));
  CHECK(error.id == "did.not_found");
  CHECK(error.kind == ErrorKind::not_found);
  World half;
  half.put("https://plc.test/" + half.did, "", 404);
  CHECK(error_from(half.resolve(half.did)).id == "did.not_found");
}

TEST_CASE("identity: a directory that is out of order is told from one that says no", "[identity]") {
  World world;
  struct Case {
    int status;
    ErrorKind kind;
  };
  const auto each = GENERATE(values<Case>({{500, ErrorKind::network},
                                           {429, ErrorKind::rate_limited},
                                           {400, ErrorKind::remote},
                                           {302, ErrorKind::remote}}));
  world.put("https://plc.test/" + world.did + "/log/audit", R"({"message":"why"})", each.status);
  const Error error = error_from(world.resolve(world.did));
  CHECK(error.id == "identity.status");
  CHECK(error.kind == each.kind);
  CHECK(error.http_status == each.status);
  CHECK(error.message.find("\"why\"") != std::string::npos);
}

TEST_CASE("identity: a forged log is refused before anything else is believed", "[identity]") {
  World world;
  world.log.update(world.log.state(), plc_key(7), kPlcEpochUs + kPlcHourUs);
  world.put("https://plc.test/" + world.did + "/log/audit", world.log.audit_json());
  const Error error = error_from(world.resolve(world.did));
  CHECK(error.id == "plc.signature");
  CHECK(error.kind == ErrorKind::untrusted);
  CHECK(error.context.back() == "reading the log of " + world.did);
}

TEST_CASE("identity: a log or document that is not JSON is refused", "[identity]") {
  World world;
  world.put("https://plc.test/" + world.did + "/log/audit", "<html>");
  CHECK(error_from(world.resolve(world.did)).kind == ErrorKind::corrupt);
  World other;
  other.put("https://plc.test/" + other.did, "<html>");
  CHECK(error_from(other.resolve(other.did)).id == "did.document");
}

TEST_CASE("identity: a did:web is read from its own host, without redirects", "[identity]") {
  World world;
  const std::string did = "did:web:web.example";
  const std::string url = "https://web.example/.well-known/did.json";
  world.put(url, document_json(did, World::multibase(5), kHost, "at://bob.example.com"));
  world.dns.set("_atproto.bob.example.com", {"did=" + did});
  const auto found = world.resolve("bob.example.com");
  REQUIRE(found);
  CHECK(found->did().str() == did);
  CHECK_FALSE(found->log);
  CHECK(found->log_json.empty());
  CHECK_FALSE(world.http.requests().back().request.follow_redirects);
  for (const int status : {404, 301, 410, 403}) {
    world.put(url, "", status);
    CHECK(error_from(world.resolve(did)).id == "did.not_found");
  }
  world.put(url, "", 502);
  CHECK(error_from(world.resolve(did)).id == "identity.status");
}

TEST_CASE("identity: a document of another DID is refused", "[identity]") {
  World world;
  world.put("https://web.example/.well-known/did.json",
            document_json("did:web:evil.example", World::multibase(5), kHost, "at://bob.example.com"));
  CHECK(error_from(world.resolve("did:web:web.example")).id == "did.mismatch");
}

TEST_CASE("identity: other methods, and DIDs that are no did:plc, are refused without a request",
          "[identity]") {
  World world;
  const Error method = error_from(world.resolve("did:key:zabc"));
  CHECK(method.id == "did.method");
  CHECK(method.kind == ErrorKind::unsupported);
  for (const char* text :
       {"did:plc:abc", "did:plc:..%2F..%2Fadmin..........", "did:plc:AAAAAAAAAAAAAAAAAAAAAAAA",
        "did:plc:aaaaaaaaaaaaaaaaaaaaaaa1", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    CHECK(error_from(world.resolve(text)).id == "did.syntax");
  }
  CHECK(world.http.requests().empty());
}

TEST_CASE("identity: an operation is posted once, and a refusal quoted", "[identity]") {
  World world;
  const auto did = *syntax::Did::parse(world.did);
  auto operation = plc::Operation::make(world.log.state(), world.log.cid(0));
  REQUIRE(operation.sign(plc_key(1)));
  const std::string url = "https://plc.test/" + world.did;
  world.put(url, "");
  REQUIRE(world.resolver.submit(did, operation, {}));
  const SentRequest sent = world.http.requests().back();
  CHECK(sent.method == "POST");
  CHECK(sent.content_type == "application/json");
  CHECK_FALSE(sent.request.repeatable);
  CHECK(sent.body == data::to_json(operation.json()));
  world.put(url, R"({"message":"Invalid prev"})", 400);
  const Error error = error_from(world.resolver.submit(did, operation, {}));
  CHECK(error.id == "plc.rejected");
  CHECK(error.kind == ErrorKind::remote);
  CHECK(error.message.find("Invalid prev") != std::string::npos);
  world.put(url, "", 500);
  CHECK(error_from(world.resolver.submit(did, operation, {})).id == "identity.status");
  world.answers.insert_or_assign(url, fail(ErrorKind::network, "http.reset", "cut off"));
  CHECK(error_from(world.resolver.submit(did, operation, {})).context.back() ==
        "submitting an operation to https://plc.test");
}

TEST_CASE("identity: a stop while waiting for a replica is passed on", "[identity]") {
  World world;
  world.put("https://plc.test/" + world.did,
            document_json(world.did, World::multibase(3), kHost, "at://" + kHandle));
  std::stop_source source;
  world.clock.on_sleep([&] { source.request_stop(); });
  const Error error =
      error_from(world.resolver.resolve(*syntax::AtIdentifier::parse(world.did), source.get_token()));
  CHECK(error.kind == ErrorKind::cancelled);
}

TEST_CASE("identity: escape sequences in the words of a directory do not survive", "[identity]") {
  World world;
  world.put("https://plc.test/" + world.did + "/log/audit", "\x1b[2Jhello" + std::string(5000, 'x'), 400);
  const Error error = error_from(world.resolve(world.did));
  CHECK(error.message.find('\x1b') == std::string::npos);
  CHECK(error.message.size() < 600);
}
