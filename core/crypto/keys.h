// The two curves of the protocol (https://atproto.com/specs/cryptography): ECDSA over secp256k1 ("k256") and
// NIST P-256 ("p256"), keys as did:key / multikey text, signatures as 64 bytes r||s with low S only.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/secret.h"

#include <array>
#include <compare>
#include <string>
#include <string_view>

namespace atb::crypto {

enum class Curve : std::uint8_t { k256, p256 };
std::string_view name_of(Curve curve);

using Signature = std::array<std::uint8_t, 64>;

class PublicKey {
 public:
  // "did:key:z…". Ids "key.syntax", "key.unknown_curve" (kind unsupported), "key.not_on_curve".
  static Result<PublicKey> parse_did_key(std::string_view text);
  // "z…" as in publicKeyMultibase of a Multikey.
  static Result<PublicKey> parse_multibase(std::string_view text);
  // Compressed or uncompressed SEC1 point (verification methods of the older kinds hold the latter).
  static Result<PublicKey> from_point(Curve curve, ByteView point);

  Curve curve() const { return curve_; }
  ByteView compressed() const { return point_; }
  std::string did_key() const;
  std::string multibase() const;

  // `message` is hashed with SHA-256 here. Fails (kind untrusted) with "signature.length",
  // "signature.high_s", "signature.malformed" (DER, zero or too large r or s) or "signature.wrong".
  Status verify(ByteView message, ByteView signature) const;

  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;

 private:
  PublicKey(Curve curve, std::array<std::uint8_t, 33> point) : curve_(curve), point_(point) {}
  Curve curve_;
  std::array<std::uint8_t, 33> point_;
};

// A private key of 32 bytes, wiped when it dies.
class PrivateKey {
 public:
  // `scalar` is 32 bytes; "key.scalar" when zero or not below the order.
  static Result<PrivateKey> from_scalar(Curve curve, ByteView scalar);
  // Draws until valid; `random` fills 32 bytes a draw.
  template <class RandomT>
  static Result<PrivateKey> generate(Curve curve, RandomT& random) {
    for (int attempt = 0; attempt < 100; ++attempt) {
      std::array<std::uint8_t, 32> scalar{};
      random.fill(scalar);
      auto key = from_scalar(curve, scalar);
      wipe(scalar.data(), scalar.size());
      if (key) return key;
    }
    return fail(ErrorKind::internal, "key.random", "the random source gives no usable key");
  }

  PrivateKey(PrivateKey&&) noexcept = default;
  PrivateKey& operator=(PrivateKey&&) noexcept = default;

  Curve curve() const { return curve_; }
  const PublicKey& public_key() const { return public_; }
  // Deterministic (RFC 6979), low S. `message` is hashed here.
  Result<Signature> sign(ByteView message) const;
  // 64 hex digits, to be written to a sealed file or shown once.
  Secret scalar_hex() const;

 private:
  PrivateKey(Curve curve, Secret scalar, PublicKey public_key)
      : curve_(curve), scalar_(std::move(scalar)), public_(public_key) {}
  Curve curve_;
  Secret scalar_;  // 32 raw bytes
  PublicKey public_;
};

}  // namespace atb::crypto
