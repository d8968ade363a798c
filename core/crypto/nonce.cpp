#include "core/crypto/nonce.h"

#include <sodium.h>

#include <initializer_list>

namespace atb::crypto {
namespace {

// out = HMAC-SHA-256(key, the parts in order). `out` may be the key or a part.
void hmac(const Scalar& key, std::initializer_list<ByteView> parts, Scalar& out) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.bytes().data(), key.bytes().size());
  for (const ByteView part : parts) crypto_auth_hmacsha256_update(&state, part.data(), part.size());
  crypto_auth_hmacsha256_final(&state, out.bytes().data());
  wipe(&state, sizeof state);
}

}  // namespace

NonceSource::NonceSource(ByteView scalar, ByteView reduced_digest) {
  value_.bytes().fill(0x01);
  mix(0x00, scalar, reduced_digest);
  mix(0x01, scalar, reduced_digest);
}

void NonceSource::next(Scalar& nonce) {
  if (!first_) mix(0x00, {}, {});
  first_ = false;
  hmac(key_, {value_.bytes()}, value_);
  nonce.bytes() = value_.bytes();
}

void NonceSource::mix(std::uint8_t separator, ByteView scalar, ByteView reduced_digest) {
  hmac(key_, {value_.bytes(), ByteView(&separator, 1), scalar, reduced_digest}, key_);
  hmac(key_, {value_.bytes()}, value_);
}

}  // namespace atb::crypto
