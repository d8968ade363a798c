// Inside crypto only: the nonces of RFC 6979, section 3.2, for a 256-bit curve and SHA-256. libsecp256k1 has
// its own; OpenSSL 3.0 has none, and a random nonce is one bad random source away from giving the key away.
#pragma once

#include "core/base/bytes.h"
#include "core/crypto/curves.h"

#include <array>

namespace atb::crypto {

class NonceSource {
 public:
  // `scalar` is the private key, `reduced_digest` the digest modulo the order; 32 bytes each.
  NonceSource(ByteView scalar, ByteView reduced_digest);
  // The next candidate. The caller takes the first that lies between 1 and the order and gives a signature.
  void next(Scalar& nonce);

 private:
  void mix(std::uint8_t separator, ByteView scalar, ByteView reduced_digest);
  Scalar key_;
  Scalar value_;
  bool first_ = true;
};

}  // namespace atb::crypto
