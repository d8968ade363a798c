// Inside crypto only: what keys.cpp needs of each curve, one namespace and one .cpp for each library.
// Points are 33 bytes, compressed. Signatures come with r and s already checked against the order.
#pragma once

#include "core/base/secret.h"
#include "core/crypto/keys.h"
#include "core/crypto/sha256.h"

#include <array>

namespace atb::crypto {

using Point = std::array<std::uint8_t, 33>;

// 32 bytes of a private key or nonce; wiped when it dies, and not copied by mistake.
class Scalar {
 public:
  Scalar() = default;
  Scalar(const Scalar&) = delete;
  Scalar& operator=(const Scalar&) = delete;
  ~Scalar() { wipe(bytes_.data(), bytes_.size()); }
  std::array<std::uint8_t, 32>& bytes() { return bytes_; }
  const std::array<std::uint8_t, 32>& bytes() const { return bytes_; }

 private:
  std::array<std::uint8_t, 32> bytes_{};
};

namespace k256 {
// `encoded` is a SEC1 point, compressed or not; "key.not_on_curve".
Result<Point> point_of(ByteView encoded);
// The public point of a scalar between 1 and the order.
Result<Point> public_point(ByteView scalar);
bool verify(const Point& point, const Digest& digest, ByteView signature);
// RFC 6979, low S.
Result<Signature> sign(ByteView scalar, const Digest& digest);
}  // namespace k256

namespace p256 {
Result<Point> point_of(ByteView encoded);
Result<Point> public_point(ByteView scalar);
bool verify(const Point& point, const Digest& digest, ByteView signature);
Result<Signature> sign(ByteView scalar, const Digest& digest);
}  // namespace p256

}  // namespace atb::crypto
