#include "core/crypto/keys.h"

#include "core/base/cursor.h"
#include "core/base/encoding.h"
#include "core/crypto/curves.h"
#include "core/crypto/sha256.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::crypto {
namespace {

// Multicodec codes of compressed public keys.
constexpr std::uint64_t kK256Code = 0xe7;
constexpr std::uint64_t kP256Code = 0x1200;

constexpr std::string_view kDidKey = "did:key:";
constexpr std::size_t kUncompressedBytes = 65;

using Bytes32 = std::array<std::uint8_t, 32>;

// The order of the curve's group, and the largest S that is low: half of it.
struct Bounds {
  Bytes32 order;
  Bytes32 half;
};

constexpr Bytes32 from_hex(std::string_view hex) {
  Bytes32 bytes{};
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const int value = hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10;
    const auto digit = static_cast<unsigned>(value);
    bytes[i / 2] = static_cast<std::uint8_t>(unsigned{bytes[i / 2]} << 4U | digit);
  }
  return bytes;
}

consteval Bounds bounds_of_order(std::string_view hex) {
  Bounds bounds{from_hex(hex), {}};
  unsigned carry = 0;
  for (std::size_t i = 0; i < bounds.order.size(); ++i) {
    bounds.half[i] = static_cast<std::uint8_t>(bounds.order[i] >> 1U | carry << 7U);
    carry = bounds.order[i] & 1U;
  }
  return bounds;
}

constexpr Bounds kK256Bounds =
    bounds_of_order("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
constexpr Bounds kP256Bounds =
    bounds_of_order("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

const Bounds& bounds_of(Curve curve) { return curve == Curve::k256 ? kK256Bounds : kP256Bounds; }

bool is_zero(ByteView number) {
  return std::ranges::all_of(number, [](std::uint8_t byte) { return byte == 0; });
}

// Both 32 bytes, big-endian.
bool is_below(ByteView a, ByteView b) { return std::ranges::lexicographical_compare(a, b); }

bool in_range(ByteView number, const Bounds& bounds) {
  return !is_zero(number) && is_below(number, bounds.order);
}

bool looks_like_der(ByteView signature) {
  return signature.size() >= 8 && signature[0] == 0x30 && signature[1] == signature.size() - 2;
}

Error syntax(std::string_view why) {
  return {ErrorKind::invalid_input, "key.syntax", fmt::format("not a public key: {}", why)};
}

Failure untrusted(std::string_view id, std::string message) {
  return fail(ErrorKind::untrusted, id, std::move(message));
}

Status check_form(const Bounds& bounds, ByteView signature) {
  if (looks_like_der(signature) && signature.size() != Signature().size()) {
    return untrusted("signature.malformed",
                     "the signature is written as DER, which the protocol does not allow");
  }
  if (signature.size() != Signature().size()) {
    return untrusted("signature.length",
                     fmt::format("the signature has {} bytes instead of 64", signature.size()));
  }
  const ByteView s = signature.subspan(32);
  if (!in_range(signature.first(32), bounds) || !in_range(s, bounds)) {
    return untrusted("signature.malformed", "the signature holds a number that is zero or too large");
  }
  if (is_below(bounds.half, s)) {
    return untrusted("signature.high_s",
                     "the signature is in its high-S form, which the protocol does not allow");
  }
  return {};
}

}  // namespace

std::string_view name_of(Curve curve) { return curve == Curve::k256 ? "k256" : "p256"; }

Result<PublicKey> PublicKey::parse_did_key(std::string_view text) {
  if (!text.starts_with(kDidKey)) return syntax("it does not begin with did:key:");
  return parse_multibase(text.substr(kDidKey.size()));
}

Result<PublicKey> PublicKey::parse_multibase(std::string_view text) {
  if (!text.starts_with('z')) return syntax("it is not in base58 (multibase z)");
  const auto decoded = base58_decode(text.substr(1));
  if (!decoded) return syntax(decoded.error().message);
  Cursor cursor(*decoded);
  const auto code = cursor.varint();
  if (!code) return syntax("it does not say its kind");
  if (*code != kK256Code && *code != kP256Code) {
    return fail(ErrorKind::unsupported, "key.unknown_curve",
                fmt::format("a public key of kind 0x{:x}, neither k256 nor p256", *code));
  }
  if (cursor.left() != std::tuple_size_v<Point>)
    return syntax(fmt::format("{} bytes instead of 33", cursor.left()));
  return from_point(*code == kK256Code ? Curve::k256 : Curve::p256, TRY(cursor.take(cursor.left())));
}

Result<PublicKey> PublicKey::from_point(Curve curve, ByteView point) {
  const bool compressed = point.size() == std::tuple_size_v<Point> && (point[0] == 0x02 || point[0] == 0x03);
  const bool uncompressed = point.size() == kUncompressedBytes && point[0] == 0x04;
  if (!compressed && !uncompressed) return syntax("neither a compressed nor an uncompressed point");
  return PublicKey(curve, TRY(curve == Curve::k256 ? k256::point_of(point) : p256::point_of(point)));
}

std::string PublicKey::multibase() const {
  Bytes bytes;
  append_varint(bytes, curve_ == Curve::k256 ? kK256Code : kP256Code);
  bytes.insert(bytes.end(), point_.begin(), point_.end());
  return "z" + base58_encode(bytes);
}

std::string PublicKey::did_key() const { return std::string(kDidKey) + multibase(); }

Status PublicKey::verify(ByteView message, ByteView signature) const {
  TRY(check_form(bounds_of(curve_), signature));
  const Digest digest = sha256(message);
  const bool right = curve_ == Curve::k256 ? k256::verify(point_, digest, signature)
                                           : p256::verify(point_, digest, signature);
  if (!right)
    return untrusted("signature.wrong", fmt::format("the signature is not by the key {}", did_key()));
  return {};
}

Result<PrivateKey> PrivateKey::from_scalar(Curve curve, ByteView scalar) {
  if (scalar.size() != 32 || !in_range(scalar, bounds_of(curve))) {
    return fail(ErrorKind::invalid_input, "key.scalar",
                fmt::format("not a private key of {}: not 32 bytes, zero, or too large", name_of(curve)));
  }
  const Point point = TRY(curve == Curve::k256 ? k256::public_point(scalar) : p256::public_point(scalar));
  return PrivateKey(curve, Secret::copy_of(as_text(scalar)), TRY(PublicKey::from_point(curve, point)));
}

Result<Signature> PrivateKey::sign(ByteView message) const {
  const ByteView scalar = as_bytes(scalar_.reveal());
  if (scalar.empty())
    return fail(ErrorKind::internal, "key.moved", "a private key that was handed on is used");
  const Digest digest = sha256(message);
  const Signature signature =
      TRY(curve_ == Curve::k256 ? k256::sign(scalar, digest) : p256::sign(scalar, digest));
  // A signature spoilt by faulty memory can give the key away; it must not leave.
  TRY_CONTEXT("while checking a signature just made", public_.verify(message, signature));
  return signature;
}

Secret PrivateKey::scalar_hex() const { return Secret(hex_encode(as_bytes(scalar_.reveal()))); }

}  // namespace atb::crypto
