#include "core/crypto/curves.h"

#include <secp256k1.h>
#include <sodium.h>

#include <algorithm>

namespace atb::crypto::k256 {
namespace {

// Made once and never freed. Blinded, which hides from side channels what is signed with.
const secp256k1_context* signing_context() {
  static const secp256k1_context* const context = [] {
    secp256k1_context* made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    Scalar seed;
    randombytes_buf(seed.bytes().data(), seed.bytes().size());
    // Fails for the static context only; and unblinded signing is correct all the same.
    [[maybe_unused]] const int blinded = secp256k1_context_randomize(made, seed.bytes().data());
    return made;
  }();
  return context;
}

Point compress(const secp256k1_pubkey& key) {
  Point point{};
  std::size_t size = point.size();
  secp256k1_ec_pubkey_serialize(secp256k1_context_static, point.data(), &size, &key, SECP256K1_EC_COMPRESSED);
  return point;
}

}  // namespace

Result<Point> point_of(ByteView encoded) {
  secp256k1_pubkey key;
  if (secp256k1_ec_pubkey_parse(secp256k1_context_static, &key, encoded.data(), encoded.size()) != 1) {
    return fail(ErrorKind::invalid_input, "key.not_on_curve", "the public key is not a point of secp256k1");
  }
  return compress(key);
}

Result<Point> public_point(ByteView scalar) {
  secp256k1_pubkey key;
  if (secp256k1_ec_pubkey_create(signing_context(), &key, scalar.data()) != 1) {
    return fail(ErrorKind::invalid_input, "key.scalar", "the private key is zero or too large");
  }
  return compress(key);
}

bool verify(const Point& point, const Digest& digest, ByteView signature) {
  secp256k1_pubkey key;
  secp256k1_ecdsa_signature parsed;
  return secp256k1_ec_pubkey_parse(secp256k1_context_static, &key, point.data(), point.size()) == 1 &&
         secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static, &parsed, signature.data()) == 1 &&
         secp256k1_ecdsa_verify(secp256k1_context_static, &parsed, digest.data(), &key) == 1;
}

Result<Signature> sign(ByteView scalar, const Digest& digest) {
  secp256k1_ecdsa_signature made;
  if (secp256k1_ecdsa_sign(signing_context(), &made, digest.data(), scalar.data(),
                           secp256k1_nonce_function_rfc6979, nullptr) != 1) {
    return fail(ErrorKind::internal, "key.sign", "secp256k1 cannot sign with this key");
  }
  Signature signature{};
  secp256k1_ecdsa_signature_serialize_compact(secp256k1_context_static, signature.data(), &made);
  return signature;
}

}  // namespace atb::crypto::k256
