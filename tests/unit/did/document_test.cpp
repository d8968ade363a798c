#include "core/did/document.h"

#include "core/base/encoding.h"
#include "core/data/json.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/plc_fixture.h"

namespace atb::did {
namespace {

using Catch::Matchers::Contains;
using crypto::Curve;
using test::error_id;

constexpr std::string_view kDid = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";

syntax::Did some_did() { return *syntax::Did::parse(kDid); }

data::Object method(std::string id, std::string type, std::string multibase) {
  data::Object object;
  object.set("id", std::move(id)).set("type", std::move(type)).set("controller", kDid);
  object.set("publicKeyMultibase", std::move(multibase));
  return object;
}

data::Object service(std::string id, std::string endpoint, std::string type = "AtprotoPersonalDataServer") {
  data::Object object;
  object.set("id", std::move(id)).set("type", std::move(type)).set("serviceEndpoint", std::move(endpoint));
  return object;
}

crypto::PublicKey public_key(std::uint32_t number, Curve curve = Curve::k256) {
  return test::plc_key(number, curve).public_key();
}

data::Object plain() {
  data::Object object;
  object.set("@context", data::Array{data::Value("https://www.w3.org/ns/did/v1")})
      .set("id", kDid)
      .set("alsoKnownAs", data::Array{data::Value("at://alice.example")})
      .set("verificationMethod",
           data::Array{data::Value(method("#atproto", "Multikey", public_key(1).multibase()))})
      .set("service", data::Array{data::Value(service("#atproto_pds", "https://pds.example"))});
  return object;
}

Result<Document> parse(const data::Value& json) {
  return parse_document(data::to_json(json), some_did(), Limits{});
}

Document with_methods(data::Array methods) {
  return parse(plain().set("verificationMethod", std::move(methods))).value();
}
Document with_services(data::Array services) {
  return parse(plain().set("service", std::move(services))).value();
}

// The generators of both curves: points everyone knows in their uncompressed form.
constexpr std::string_view kK256Point =
    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
constexpr std::string_view kP256Point =
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

std::string bare(std::string_view point_hex) { return "z" + base58_encode(*hex_decode(point_hex)); }

TEST_CASE("did: a plain document gives key, host and handle", "[did]") {
  const auto document = parse(plain());
  REQUIRE(document);
  CHECK(document->did == some_did());
  CHECK(document->signing_key == public_key(1));
  CHECK(document->signing_key_problem.empty());
  CHECK(document->host == "https://pds.example");
  CHECK(document->host_problem.empty());
  REQUIRE(document->handle());
  CHECK(document->handle()->str() == "alice.example");
  CHECK(document->json.find("@context") != nullptr);
}

TEST_CASE("did: ids may be fragments or whole", "[did]") {
  const std::string did(kDid);
  const Document document =
      parse(plain()
                .set("verificationMethod",
                     data::Array{data::Value(
                         method(did + "#atproto", "Multikey", public_key(2, Curve::p256).multibase()))})
                .set("service", data::Array{data::Value(service(did + "#atproto_pds", "https://b.example"))}))
          .value();
  CHECK(document.signing_key == public_key(2, Curve::p256));
  CHECK(document.host == "https://b.example");
}

TEST_CASE("did: the fragment of another DID, or no fragment, is not ours", "[did]") {
  for (const std::string id :
       {"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa#atproto", "atproto", "#atproto2", "##atproto", "",
        "did:plc:ewvi7nxzyoun6zhxrhs64oizdid:plc:ewvi7nxzyoun6zhxrhs64oiz#atproto"}) {
    INFO(id);
    const Document document = with_methods({method(id, "Multikey", public_key(1).multibase())});
    CHECK_FALSE(document.signing_key);
    CHECK_THAT(document.signing_key_problem, Contains("names no key"));
  }
}

TEST_CASE("did: of several keys or hosts the first counts, even when it is of no use", "[did]") {
  const std::string did(kDid);
  const data::Value first = method("#atproto", "Multikey", public_key(1).multibase());
  const data::Value second = method(did + "#atproto", "Multikey", public_key(2).multibase());
  const data::Value broken = method("#atproto", "Multikey", "zBroken0");
  const data::Value other = method("#label", "Multikey", public_key(3).multibase());
  CHECK(with_methods({other, first, second}).signing_key == public_key(1));
  CHECK(with_methods({second, first}).signing_key == public_key(2));
  CHECK_FALSE(with_methods({broken, first}).signing_key);
  const Document document = with_services({service("#bsky_fg", "https://feed.example", "BskyFeedGenerator"),
                                           service("#atproto_pds", "https://a.example"),
                                           service("#atproto_pds", "https://b.example")});
  CHECK(document.host == "https://a.example");
  CHECK_FALSE(
      with_services({service("#atproto_pds", "nonsense"), service("#atproto_pds", "https://b.example")})
          .host);
}

TEST_CASE("did: the two key types of before Multikey hold bare points", "[did]") {
  const auto k256 = crypto::PublicKey::from_point(Curve::k256, *hex_decode(kK256Point));
  const auto p256 = crypto::PublicKey::from_point(Curve::p256, *hex_decode(kP256Point));
  REQUIRE(k256);
  REQUIRE(p256);
  CHECK(
      with_methods({method("#atproto", "EcdsaSecp256k1VerificationKey2019", bare(kK256Point))}).signing_key ==
      *k256);
  CHECK(
      with_methods({method("#atproto", "EcdsaSecp256r1VerificationKey2019", bare(kP256Point))}).signing_key ==
      *p256);
  const std::string compressed = "z" + base58_encode(k256->compressed());
  CHECK(with_methods({method("#atproto", "EcdsaSecp256k1VerificationKey2019", compressed)}).signing_key ==
        *k256);
  // The point of one curve is none of the other.
  CHECK_FALSE(
      with_methods({method("#atproto", "EcdsaSecp256r1VerificationKey2019", bare(kK256Point))}).signing_key);
}

TEST_CASE("did: a key that cannot be used says why, and the document is read", "[did]") {
  const std::string good = public_key(1).multibase();
  for (const auto& [type, key] : std::vector<std::pair<std::string, std::string>>{
           {"Multikey", ""},
           {"Multikey", good.substr(1)},
           {"Multikey", good + "1"},
           {"Multikey", "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"},
           {"Multikey", "\x1b[31m"},
           {"EcdsaSecp256k1VerificationKey2019", good},
           {"EcdsaSecp256k1VerificationKey2019", "u" + bare(kK256Point).substr(1)},
           {"EcdsaSecp256k1VerificationKey2019", "z"},
           {"Ed25519VerificationKey2020", good},
           {"", good},
           {"multikey", good}}) {
    INFO(type << " " << key);
    const Document document = with_methods({method("#atproto", type, key)});
    CHECK_FALSE(document.signing_key);
    CHECK_THAT(document.signing_key_problem, Contains("cannot be used"));
    CHECK(document.host == "https://pds.example");
  }
}

TEST_CASE("did: a document of any shape is read as long as its id is right", "[did]") {
  for (const data::Value& odd :
       {data::Value(), data::Value(3), data::Value("text"), data::Value(data::Object()),
        data::Value(data::Array()),
        data::Value(data::Array{data::Value(), data::Value(1), data::Value(data::Object().set("id", 5))})}) {
    data::Object json = plain();
    json.set("alsoKnownAs", odd).set("verificationMethod", odd).set("service", odd);
    const auto document = parse(json);
    REQUIRE(document);
    CHECK_FALSE(document->signing_key);
    CHECK_FALSE(document->host);
    CHECK_FALSE(document->handle());
    CHECK_FALSE(document->signing_key_problem.empty());
    CHECK_FALSE(document->host_problem.empty());
  }
  CHECK(error_id(parse(data::Object().set("id", kDid))) == "none");
  CHECK(error_id(parse_document(R"({"id":"did:plc:ewvi7nxzyoun6zhxrhs64oiz","x":1.5})", some_did(),
                                Limits{})) == "none");
}

TEST_CASE("did: what is no document is told so", "[did]") {
  for (std::string_view json :
       {"", "<html>", "null", "[]", "3", "{}", R"({"id":3})", R"({"id":null})", "{",
        R"({"id":"did:plc:ewvi7nxzyoun6zhxrhs64oiz","id":"did:plc:ewvi7nxzyoun6zhxrhs64oiz"})"}) {
    INFO(json);
    const auto result = parse_document(json, some_did(), Limits{});
    CHECK(error_id(result) == "did.document");
    CHECK(result.error().kind == ErrorKind::corrupt);
  }
}

TEST_CASE("did: the document of another DID is not trusted", "[did]") {
  for (const std::string id : {"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", "", "did:plc:EWVI7NXZYOUN6ZHXRHS64OIZ",
                               "did:plc:ewvi7nxzyoun6zhxrhs64oiz#", "did:plc:ewvi7nxzyoun6zhxrhs64oiz "}) {
    const auto result = parse(plain().set("id", id));
    CHECK(error_id(result) == "did.mismatch");
    CHECK(result.error().kind == ErrorKind::untrusted);
  }
}

TEST_CASE("did: the host is of the right type and its address a text", "[did]") {
  const Document typed =
      with_services({service("#atproto_pds", "https://pds.example", "BskyNotificationService")});
  CHECK_FALSE(typed.host);
  CHECK_THAT(typed.host_problem, Contains("BskyNotificationService"));
  data::Object listed = service("#atproto_pds", "");
  listed.set("serviceEndpoint", data::Array{data::Value("https://pds.example")});
  CHECK_FALSE(with_services({listed}).host);
  const Document none = with_services({});
  CHECK_THAT(none.host_problem, Contains("names no host"));
  const Document pathed = with_services({service("#atproto_pds", "https://pds.example/")});
  CHECK_FALSE(pathed.host);
  CHECK_THAT(pathed.host_problem, Contains("something after"));
}

TEST_CASE("did: the first at:// name that is a handle counts", "[did]") {
  const auto handle_of = [](data::Array names) {
    const auto handle = parse(plain().set("alsoKnownAs", std::move(names))).value().handle();
    return handle ? handle->str() : "none";
  };
  CHECK(handle_of({"https://alice.example", "at://b.example", "at://c.example"}) == "b.example");
  CHECK(handle_of({"at://not a handle", 3, "at://", "at://c.example"}) == "c.example");
  CHECK(handle_of({"at://Alice.Example"}) == "alice.example");
  CHECK(handle_of({"b.example", "AT://b.example", "at://b.example/path"}) == "none");
  CHECK(handle_of({}) == "none");
}

}  // namespace
}  // namespace atb::did
