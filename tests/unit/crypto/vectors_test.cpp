#include "tests/support/vectors.h"

#include "core/base/encoding.h"
#include "core/crypto/keys.h"
#include "tests/support/catch.h"

using namespace atb;
using namespace atb::crypto;

namespace {

// The older kind of publicKeyMultibase: a point without a code in front.
Result<PublicKey> parse_old_multibase(Curve curve, std::string_view text) {
  return PublicKey::from_point(curve, TRY(base58_decode(text.substr(1))));
}

}  // namespace

TEST_CASE("crypto: every public signature fixture is judged as it says", "[vectors]") {
  const auto folder = test::vectors("interop/crypto");
  if (!folder) return;
  for (const auto& [where, fields] : test::read_vector_objects(*folder / "signature-fixtures.json")) {
    CAPTURE(where, fields.at("comment"));
    const auto key = PublicKey::parse_did_key(fields.at("publicKeyDid"));
    REQUIRE(key);
    CHECK(key->curve() == (fields.at("algorithm") == "ES256K" ? Curve::k256 : Curve::p256));
    CHECK(parse_old_multibase(key->curve(), fields.at("publicKeyMultibase")).value() == *key);
    const Status status = key->verify(base64_decode(fields.at("messageBase64")).value(),
                                      base64_decode(fields.at("signatureBase64")).value());
    CHECK(status.has_value() == (fields.at("validSignature") == "true"));
    if (fields.at("tags").find("high-s") != std::string::npos) CHECK(status.error().id == "signature.high_s");
    if (fields.at("tags").find("der") != std::string::npos) CHECK(status.error().id == "signature.malformed");
  }
}

TEST_CASE("crypto: every public private key has the did:key it says", "[vectors]") {
  const auto folder = test::vectors("interop/crypto");
  if (!folder) return;
  for (const auto& [where, fields] : test::read_vector_objects(*folder / "w3c_didkey_K256.json")) {
    CAPTURE(where);
    const auto key =
        PrivateKey::from_scalar(Curve::k256, hex_decode(fields.at("privateKeyBytesHex")).value());
    CHECK(key.value().public_key().did_key() == fields.at("publicDidKey"));
  }
  for (const auto& [where, fields] : test::read_vector_objects(*folder / "w3c_didkey_P256.json")) {
    CAPTURE(where);
    const auto key =
        PrivateKey::from_scalar(Curve::p256, base58_decode(fields.at("privateKeyBytesBase58")).value());
    CHECK(key.value().public_key().did_key() == fields.at("publicDidKey"));
  }
}
