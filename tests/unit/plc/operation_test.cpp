#include "core/plc/operation.h"

#include "core/base/encoding.h"
#include "core/data/json.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/plc_fixture.h"

#include <algorithm>

namespace atb::plc {
namespace {

using crypto::Curve;
using test::error_id;

constexpr std::string_view kEd25519 = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

State some_state(Curve curve = Curve::k256) {
  return test::plc_state({test::plc_did_key(1, curve), test::plc_did_key(2, curve)}, test::plc_did_key(3),
                         "alice.example", "https://pds.example");
}

Operation signed_genesis(Curve curve = Curve::k256) {
  Operation operation = Operation::make(some_state(curve), {});
  operation.sign(test::plc_key(2, curve)).value();
  return operation;
}

Result<Operation> parse_text(std::string_view json) {
  return Operation::parse(*data::parse_json(json, Limits{}), Limits{});
}

Result<Operation> parse_with(const Operation& operation, std::string key, data::Value value) {
  data::Value json = operation.json();
  json.object()->set(std::move(key), std::move(value));
  return Operation::parse(json, Limits{});
}

// The order of the curve minus s: the other signature over the same message.
Bytes with_high_s(Curve curve, Bytes signature) {
  const Bytes order =
      *hex_decode(curve == Curve::k256 ? "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
                                       : "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    int digit = order[i] - signature[32 + i] - borrow;
    borrow = digit < 0 ? 1 : 0;
    if (digit < 0) digit += 256;
    signature[32 + i] = static_cast<std::uint8_t>(digit);
  }
  return signature;
}

Bytes as_der(const Bytes& signature) {
  const auto integer = [](ByteView digits) {
    while (digits.size() > 1 && digits.front() == 0) digits = digits.subspan(1);
    Bytes out = {2, 0};
    if (digits.front() >= 0x80) out.push_back(0);
    out.insert(out.end(), digits.begin(), digits.end());
    out[1] = static_cast<std::uint8_t>(out.size() - 2);
    return out;
  };
  const Bytes r = integer(ByteView(signature).first(32));
  const Bytes s = integer(ByteView(signature).last(32));
  Bytes der = {0x30, static_cast<std::uint8_t>(r.size() + s.size())};
  der.insert(der.end(), r.begin(), r.end());
  der.insert(der.end(), s.begin(), s.end());
  return der;
}

TEST_CASE("plc: an operation goes to JSON and back with the same CID, DID and state", "[plc]") {
  for (const Curve curve : {Curve::k256, Curve::p256}) {
    const Operation genesis = signed_genesis(curve);
    const auto again = parse_text(data::to_json(genesis.json()));
    REQUIRE(again);
    CHECK(again->cid() == genesis.cid());
    CHECK(again->derived_did() == genesis.derived_did());
    CHECK(again->state() == some_state(curve));
    CHECK(again->kind() == Kind::operation);
    CHECK_FALSE(again->prev());
    CHECK(again->signature_text() == genesis.signature_text());
  }
}

TEST_CASE("plc: the order of JSON members does not matter, the signed bytes are canonical", "[plc]") {
  const Operation genesis = signed_genesis();
  data::Object turned;
  const data::Value json = genesis.json();
  const auto& entries = json.object()->entries();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
    turned.set(entry->first, entry->second);
  const auto again = Operation::parse(turned, Limits{});
  REQUIRE(again);
  CHECK(again->cid() == genesis.cid());
  CHECK(again->unsigned_cbor() == genesis.unsigned_cbor());
}

TEST_CASE("plc: a tombstone is a map of prev and type, prev a text", "[plc]") {
  const ipld::Cid prev = signed_genesis().cid();
  const Operation tombstone = Operation::make_tombstone(prev);
  const std::string expected = std::string("\xa2\x64prev\x78\x3b") + prev.str() + "\x64type\x6dplc_tombstone";
  CHECK(as_text(tombstone.unsigned_cbor()) == expected);
  CHECK(tombstone.kind() == Kind::tombstone);
  CHECK(tombstone.state() == State{});
}

TEST_CASE("plc: keys of the signed map stand shortest first", "[plc]") {
  const Bytes cbor = signed_genesis().signed_cbor();
  const std::string_view text = as_text(cbor);
  std::size_t last = 0;
  for (std::string_view key : {"\x63sig", "\x64prev", "\x64type", "\x68services",
                               "\x6b"
                               "alsoKnownAs",
                               "\x6crotationKeys", "\x73verificationMethods"}) {
    const std::size_t at = text.find(key);
    REQUIRE(at != std::string_view::npos);
    CHECK(at >= last);
    last = at;
  }
}

TEST_CASE("plc: the signer is the best rank that holds, duplicates included", "[plc]") {
  const Operation genesis = signed_genesis();
  const std::string signer = test::plc_did_key(2);
  CHECK(genesis.signer({test::plc_did_key(1), signer}).value() == 1);
  CHECK(genesis.signer({signer, test::plc_did_key(1), signer}).value() == 0);
  CHECK(error_id(genesis.signer({test::plc_did_key(1)})) == "plc.signature");
  CHECK(error_id(genesis.signer({})) == "plc.signature");
  CHECK(error_id(Operation::make(some_state(), {}).signer({signer})) == "plc.signature");
}

TEST_CASE("plc: keys that cannot be read signed nothing and harm nothing", "[plc]") {
  const Operation genesis = signed_genesis();
  const std::vector<std::string> odd = {
      std::string(kEd25519), "", "did:key:", "did:key:z", "garbage", "did:key:" + std::string(5000, 'z')};
  CHECK(error_id(genesis.signer(odd)) == "plc.signature");
  std::vector<std::string> mixed = odd;
  mixed.push_back(test::plc_did_key(2));
  CHECK(genesis.signer(mixed).value() == odd.size());
}

TEST_CASE("plc: of the two signatures that ECDSA allows only the low one counts", "[plc]") {
  for (const Curve curve : {Curve::k256, Curve::p256}) {
    const Operation genesis = signed_genesis(curve);
    const std::vector<std::string> keys = genesis.state().rotation_keys;
    CHECK(genesis.signer(keys).value() == 1);
    const Bytes signature = *base64url_decode(genesis.signature_text());
    const auto high = parse_with(genesis, "sig", base64url_encode(with_high_s(curve, signature)));
    REQUIRE(high);
    CHECK(error_id(high->signer(keys)) == "plc.signature");
    const auto der = parse_with(genesis, "sig", base64url_encode(as_der(signature)));
    REQUIRE(der);
    CHECK(error_id(der->signer(keys)) == "plc.signature");
    const auto longer = parse_with(genesis, "sig", genesis.signature_text() + "A");
    REQUIRE(longer);
    CHECK(error_id(longer->signer(keys)) == "plc.signature");
    const auto zero = parse_with(genesis, "sig", base64url_encode(Bytes(64)));
    REQUIRE(zero);
    CHECK(error_id(zero->signer(keys)) == "plc.signature");
  }
}

TEST_CASE("plc: a signature has one text", "[plc]") {
  const Operation genesis = signed_genesis();
  const std::string good = genesis.signature_text();
  REQUIRE(good.size() == 86);
  std::string stray = good;
  stray.back() = static_cast<char>(stray.back() + 1);  // of AQgw, the four that end on zero bits
  for (const std::string& text :
       {std::string(), good + "==", good + "=", good + "\n", " " + good, good.substr(0, 85), stray,
        "+" + good.substr(1), "\u00e9" + good.substr(2)}) {
    INFO(text);
    CHECK(error_id(parse_with(genesis, "sig", text)) == "plc.signature_encoding");
  }
}

TEST_CASE("plc: a legacy genesis is signed over its own form", "[plc]") {
  const Operation legacy =
      test::plc_legacy_genesis(test::plc_did_key(1), test::plc_key(2), "alice.example", "pds.example");
  CHECK(legacy.kind() == Kind::legacy_create);
  CHECK(legacy.state() == test::plc_state({test::plc_did_key(1), test::plc_did_key(2)}, test::plc_did_key(2),
                                          "alice.example", "https://pds.example"));
  CHECK(legacy.signer(legacy.state().rotation_keys).value() == 1);
  CHECK(legacy.json().find("handle") != nullptr);
  const Operation modern = Operation::make(legacy.state(), {});
  CHECK(modern.unsigned_cbor() != legacy.unsigned_cbor());
  const Operation prefixed = test::plc_legacy_genesis(test::plc_did_key(1), test::plc_key(2),
                                                      "https://alice.example", "http://pds.example");
  CHECK(prefixed.state().handle() == "alice.example");
  CHECK(prefixed.state().service("atproto_pds")->endpoint == "http://pds.example");
  const Operation named = test::plc_legacy_genesis(test::plc_did_key(1), test::plc_key(2),
                                                   "at://alice.example", "http://pds.example");
  CHECK(named.state().also_known_as == std::vector<std::string>{"at://alice.example"});
}

TEST_CASE("plc: what is no operation is told so", "[plc]") {
  for (std::string_view json : {"null", "[]", "3", "\"plc_operation\"", "{}", R"({"type":null})",
                                R"({"type":3})", R"({"type":"plc_operation2"})", R"({"type":""})"}) {
    INFO(json);
    CHECK(error_id(parse_text(json)) == "plc.operation");
  }
}

TEST_CASE("plc: every field must be there, and no other", "[plc]") {
  const ipld::Cid prev = signed_genesis().cid();
  Operation tombstone = Operation::make_tombstone(prev);
  tombstone.sign(test::plc_key(1)).value();
  const Operation legacy =
      test::plc_legacy_genesis(test::plc_did_key(1), test::plc_key(2), "a.example", "b.example");
  for (const Operation& operation : {signed_genesis(), tombstone, legacy}) {
    const data::Value json = operation.json();
    REQUIRE(Operation::parse(json, Limits{}));
    for (const auto& [name, value] : json.object()->entries()) {
      if (name == "type") continue;
      INFO(name);
      data::Value less = json;
      less.object()->remove(name);
      CHECK(error_id(Operation::parse(less, Limits{})) == "plc.field");
      const std::string expected = name == "prev" ? "plc.prev" : "plc.field";
      CHECK(error_id(parse_with(operation, name, 7)) == expected);
    }
    CHECK(error_id(parse_with(operation, "extra", "x")) == "plc.field");
    CHECK(error_id(parse_with(operation, "\x1b[31m", nullptr)) == "plc.field");
  }
}

TEST_CASE("plc: lists and maps hold texts, services exactly two", "[plc]") {
  const Operation genesis = signed_genesis();
  const auto service = [](data::Object entry) { return data::Object().set("x", std::move(entry)); };
  for (const auto& [name, value] : std::vector<std::pair<std::string, data::Value>>{
           {"rotationKeys", data::Array{data::Value(1)}},
           {"rotationKeys", data::Object()},
           {"alsoKnownAs", data::Array{data::Value()}},
           {"verificationMethods", data::Array()},
           {"verificationMethods", data::Object().set("atproto", data::Value())},
           {"services", data::Array()},
           {"services", data::Object().set("x", "https://pds.example")},
           {"services", service(data::Object().set("type", "T"))},
           {"services", service(data::Object().set("type", "T").set("endpoint", 1))},
           {"services", service(data::Object().set("type", false).set("endpoint", "e"))},
           {"services", service(data::Object().set("type", "T").set("endpoint", "e").set("more", "m"))}}) {
    INFO(name << " " << data::to_json(value));
    CHECK(error_id(parse_with(genesis, name, value)) == "plc.field");
  }
}

TEST_CASE("plc: prev is null or the CID of an operation, as its kind asks", "[plc]") {
  const Operation genesis = signed_genesis();
  const std::string cid = genesis.cid().str();
  const auto linked = parse_with(genesis, "prev", cid);
  REQUIRE(linked);
  CHECK(linked->prev() == genesis.cid());
  for (const std::string& text :
       {std::string(), std::string("bafy"), cid + "a", "B" + cid.substr(1), cid + "\n"})
    CHECK(error_id(parse_with(genesis, "prev", text)) == "plc.prev");
  Operation tombstone = Operation::make_tombstone(genesis.cid());
  tombstone.sign(test::plc_key(1)).value();
  CHECK(error_id(parse_with(tombstone, "prev", nullptr)) == "plc.prev");
  const Operation legacy =
      test::plc_legacy_genesis(test::plc_did_key(1), test::plc_key(2), "a.example", "b.example");
  CHECK(error_id(parse_with(legacy, "prev", cid)) == "plc.prev");
}

TEST_CASE("plc: an operation is read up to the limit of bytes and not one past it", "[plc][limits]") {
  const Operation genesis = signed_genesis();
  Limits limits;
  limits.plc_operation_bytes = genesis.signed_cbor().size();
  CHECK(error_id(Operation::parse(genesis.json(), limits)) == "none");
  --limits.plc_operation_bytes;
  const auto result = Operation::parse(genesis.json(), limits);
  CHECK(error_id(result) == "plc.too_large");
  CHECK(result.error().kind == ErrorKind::limit_exceeded);
}

TEST_CASE("plc: states compare their maps as maps and their lists as lists", "[plc]") {
  State a = some_state();
  a.services.emplace_back("bsky_fg", Service{"BskyFeedGenerator", "https://feed.example"});
  a.verification_methods.emplace_back("label", test::plc_did_key(9));
  State b = a;
  std::ranges::reverse(b.services);
  std::ranges::reverse(b.verification_methods);
  CHECK(a == b);
  std::ranges::reverse(b.rotation_keys);
  CHECK_FALSE(a == b);
}

TEST_CASE("plc: a state finds its handle, keys and services", "[plc]") {
  State state = some_state();
  state.also_known_as = {"https://alice.example", "at://alice.example", "at://other.example"};
  CHECK(state.handle() == "alice.example");
  CHECK(State{}.handle().empty());
  CHECK(*state.verification_method("atproto") == test::plc_did_key(3));
  CHECK(state.verification_method("other") == nullptr);
  CHECK(state.service("atproto_pds")->type == "AtprotoPersonalDataServer");
  CHECK(state.service("other") == nullptr);
}

}  // namespace
}  // namespace atb::plc
