#include "core/crypto/keys.h"

#include "core/base/encoding.h"
#include "tests/support/catch.h"

#include <random>
#include <type_traits>

using namespace atb;
using namespace atb::crypto;

static_assert(!std::is_copy_constructible_v<PrivateKey>);
static_assert(!std::is_copy_assignable_v<PrivateKey>);

namespace {

constexpr std::string_view kK256Order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
constexpr std::string_view kP256Order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

struct FixedRandom {
  std::mt19937 engine{3};
  int zeros_first = 0;
  void fill(MutableByteView buffer) {
    const bool zero = zeros_first-- > 0;
    for (auto& byte : buffer) byte = zero ? 0 : static_cast<std::uint8_t>(engine());
  }
};

Bytes from_hex(std::string_view text) { return hex_decode(text).value(); }

// a - b, both 32 bytes, big-endian, a > b.
Bytes minus(const Bytes& a, ByteView b) {
  Bytes out(32);
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int digit = a[i] - b[i] - borrow;
    borrow = digit < 0 ? 1 : 0;
    out[i] = static_cast<std::uint8_t>(digit + 256 * borrow);
  }
  return out;
}

Bytes order_of(Curve curve) { return from_hex(curve == Curve::k256 ? kK256Order : kP256Order); }

PrivateKey key_of(Curve curve, std::string_view scalar) {
  return PrivateKey::from_scalar(curve, from_hex(scalar)).value();
}

std::string id_of(const Status& status) { return status ? "" : status.error().id; }

template <class T>
std::string id_of(const Result<T>& result) {
  return result ? "" : result.error().id;
}

}  // namespace

TEST_CASE("keys: RFC 6979 gives the nonces and signatures of its appendix, S made low", "[keys]") {
  const PrivateKey key =
      key_of(Curve::p256, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
  CHECK(hex_encode(key.public_key().compressed()) ==
        "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
  const auto sample = key.sign(as_bytes("sample")).value();
  CHECK(hex_encode(ByteView(sample).first(32)) ==
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716");
  CHECK(Bytes(sample.begin() + 32, sample.end()) ==
        minus(order_of(Curve::p256),
              from_hex("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8")));
  CHECK(hex_encode(key.sign(as_bytes("test")).value()) ==
        "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
        "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083");
}

TEST_CASE("keys: k256 signs as other implementations of RFC 6979 do", "[keys]") {
  const PrivateKey key =
      key_of(Curve::k256, "0000000000000000000000000000000000000000000000000000000000000001");
  CHECK(hex_encode(key.sign(as_bytes("Satoshi Nakamoto")).value()) ==
        "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
        "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5");
}

TEST_CASE("keys: what one key signs only that key's public key verifies", "[keys]") {
  FixedRandom random;
  for (const Curve curve : {Curve::k256, Curve::p256}) {
    CAPTURE(name_of(curve));
    for (int round = 0; round < 30; ++round) {
      const PrivateKey key = PrivateKey::generate(curve, random).value();
      const PrivateKey other = PrivateKey::generate(curve, random).value();
      const auto signature = key.sign(as_bytes("hello")).value();
      CHECK(key.sign(as_bytes("hello")).value() == signature);
      CHECK(key.public_key().verify(as_bytes("hello"), signature));
      CHECK(id_of(key.public_key().verify(as_bytes("hellp"), signature)) == "signature.wrong");
      CHECK(id_of(other.public_key().verify(as_bytes("hello"), signature)) == "signature.wrong");
    }
  }
}

TEST_CASE("keys: the high-S twin of a valid signature is refused on both curves", "[keys]") {
  for (const Curve curve : {Curve::k256, Curve::p256}) {
    CAPTURE(name_of(curve));
    FixedRandom random;
    const PrivateKey key = PrivateKey::generate(curve, random).value();
    auto signature = key.sign(as_bytes("hello")).value();
    const Bytes twin = minus(order_of(curve), ByteView(signature).subspan(32));
    std::copy(twin.begin(), twin.end(), signature.begin() + 32);
    const Status status = key.public_key().verify(as_bytes("hello"), signature);
    REQUIRE_FALSE(status);
    CHECK(status.error().id == "signature.high_s");
    CHECK(status.error().kind == ErrorKind::untrusted);
  }
}

TEST_CASE("keys: half of the order is the last low S, one more is high", "[keys]") {
  for (const Curve curve : {Curve::k256, Curve::p256}) {
    CAPTURE(name_of(curve));
    FixedRandom random;
    const PrivateKey key = PrivateKey::generate(curve, random).value();
    Bytes half = order_of(curve);  // odd: half, rounded down
    for (std::size_t i = 32; i-- > 0;) {
      half[i] = static_cast<std::uint8_t>(half[i] >> 1U | (i > 0 ? unsigned{half[i - 1]} << 7U : 0U));
    }
    Bytes signature(64, 1);
    std::copy(half.begin(), half.end(), signature.begin() + 32);
    CHECK(id_of(key.public_key().verify({}, signature)) == "signature.wrong");
    ++signature[63];
    CHECK(id_of(key.public_key().verify({}, signature)) == "signature.high_s");
  }
}

TEST_CASE("keys: signatures that are no signatures are told apart", "[keys]") {
  for (const Curve curve : {Curve::k256, Curve::p256}) {
    CAPTURE(name_of(curve));
    FixedRandom random;
    const PrivateKey key = PrivateKey::generate(curve, random).value();
    const auto good = key.sign(as_bytes("hello")).value();
    const auto id = [&key](ByteView signature) {
      return id_of(key.public_key().verify(as_bytes("hello"), signature));
    };

    CHECK(id({}) == "signature.length");
    CHECK(id(ByteView(good).first(63)) == "signature.length");
    Bytes longer(good.begin(), good.end());
    longer.push_back(0);
    CHECK(id(longer) == "signature.length");
    CHECK(id(Bytes(64, 0)) == "signature.malformed");
    CHECK(id(Bytes(64, 0xff)) == "signature.malformed");

    Bytes zero_r(good.begin(), good.end());
    std::fill_n(zero_r.begin(), 32, std::uint8_t{0});
    CHECK(id(zero_r) == "signature.malformed");
    Bytes zero_s(good.begin(), good.end());
    std::fill_n(zero_s.begin() + 32, 32, std::uint8_t{0});
    CHECK(id(zero_s) == "signature.malformed");
    Bytes large_r(good.begin(), good.end());
    const Bytes order = order_of(curve);
    std::copy(order.begin(), order.end(), large_r.begin());
    CHECK(id(large_r) == "signature.malformed");

    Bytes der{0x30, 69, 0x02, 33, 0x00};
    der.insert(der.end(), good.begin(), good.begin() + 32);
    der.insert(der.end(), {0x02, 32});
    der.insert(der.end(), good.begin() + 32, good.end());
    CHECK(id(der) == "signature.malformed");
  }
}

TEST_CASE("keys: one flipped bit anywhere in a signature is found", "[keys]") {
  for (const Curve curve : {Curve::k256, Curve::p256}) {
    FixedRandom random;
    const PrivateKey key = PrivateKey::generate(curve, random).value();
    const auto good = key.sign(as_bytes("hello")).value();
    for (std::size_t bit = 0; bit < 512; bit += 5) {
      auto bad = good;
      bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << (bit % 8));
      CHECK_FALSE(key.public_key().verify(as_bytes("hello"), bad));
    }
  }
}

TEST_CASE("keys: text forms round-trip and are strict", "[keys]") {
  FixedRandom random;
  for (const Curve curve : {Curve::k256, Curve::p256}) {
    const PrivateKey pair = PrivateKey::generate(curve, random).value();
    const PublicKey& key = pair.public_key();
    CHECK(PublicKey::parse_did_key(key.did_key()).value() == key);
    CHECK(PublicKey::parse_multibase(key.multibase()).value() == key);
    CHECK(PublicKey::from_point(curve, key.compressed()).value() == key);
    CHECK(key.curve() == curve);
    CHECK(key.did_key().starts_with(curve == Curve::k256 ? "did:key:zQ3s" : "did:key:zDn"));
  }
  const std::string good = "zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc";
  CHECK(PublicKey::parse_multibase(good));
  for (const std::string& text :
       {std::string(), std::string("z"), good.substr(1), "u" + good.substr(1), good + "1", good.substr(0, 20),
        good + " ", "did:key:" + good, "z0" + good, std::string(600, 'z')}) {
    CAPTURE(text);
    CHECK(id_of(PublicKey::parse_multibase(text)) != "");
  }
  for (const std::string& text :
       {good, "did:key:" + good + "#" + good, "did:web:" + good, std::string("did:key:")}) {
    CAPTURE(text);
    CHECK(id_of(PublicKey::parse_did_key(text)) == "key.syntax");
  }
}

TEST_CASE("keys: other kinds of keys are named unsupported", "[keys]") {
  // Ed25519, from the did:key specification.
  const auto result = PublicKey::parse_did_key("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
  REQUIRE_FALSE(result);
  CHECK(result.error().id == "key.unknown_curve");
  CHECK(result.error().kind == ErrorKind::unsupported);
}

TEST_CASE("keys: only points of the curve are keys", "[keys]") {
  for (const Curve curve : {Curve::k256, Curve::p256}) {
    CAPTURE(name_of(curve));
    Bytes off(33, 0xff);
    off[0] = 0x02;
    CHECK(id_of(PublicKey::from_point(curve, off)) == "key.not_on_curve");
    Bytes uncompressed(65, 0x01);
    uncompressed[0] = 0x04;
    CHECK(id_of(PublicKey::from_point(curve, uncompressed)) == "key.not_on_curve");
    CHECK(id_of(PublicKey::from_point(curve, Bytes{0x00})) == "key.syntax");
    CHECK(id_of(PublicKey::from_point(curve, {})) == "key.syntax");
    for (const unsigned prefix : {0x00U, 0x01U, 0x04U, 0x05U, 0x06U, 0x07U}) {
      Bytes point(33, 0x01);
      point[0] = static_cast<std::uint8_t>(prefix);
      CHECK(id_of(PublicKey::from_point(curve, point)) == "key.syntax");
    }
    uncompressed[0] = 0x06;
    CHECK(id_of(PublicKey::from_point(curve, uncompressed)) == "key.syntax");
    for (const std::size_t size : {32U, 34U, 64U, 66U}) {
      Bytes point(size, 0x01);
      point[0] = size < 64 ? 0x02 : 0x04;
      CHECK(id_of(PublicKey::from_point(curve, point)) == "key.syntax");
    }
  }
}

TEST_CASE("keys: private keys lie between zero and the order", "[keys]") {
  for (const Curve curve : {Curve::k256, Curve::p256}) {
    CAPTURE(name_of(curve));
    const auto id = [curve](const Bytes& scalar) { return id_of(PrivateKey::from_scalar(curve, scalar)); };
    Bytes order = order_of(curve);
    CHECK(id(Bytes(32, 0)) == "key.scalar");
    CHECK(id(order) == "key.scalar");
    CHECK(id(Bytes(32, 0xff)) == "key.scalar");
    CHECK(id(Bytes(31, 1)) == "key.scalar");
    CHECK(id(Bytes(33, 1)) == "key.scalar");
    --order[31];
    CHECK(id(order).empty());
    Bytes one(32, 0);
    one[31] = 1;
    CHECK(id(one).empty());
  }
}

TEST_CASE("keys: a key is drawn until it is valid, and not for ever", "[keys]") {
  FixedRandom random;
  random.zeros_first = 3;
  CHECK(PrivateKey::generate(Curve::p256, random));
  random.zeros_first = 1000;
  CHECK(id_of(PrivateKey::generate(Curve::k256, random)) == "key.random");
}

TEST_CASE("keys: a private key moves, and shows itself only when asked", "[keys]") {
  const std::string scalar = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
  PrivateKey key = key_of(Curve::p256, scalar);
  CHECK(key.scalar_hex().reveal() == scalar);
  const PrivateKey moved = std::move(key);
  CHECK(moved.scalar_hex().reveal() == scalar);
  CHECK(id_of(key.sign({})) == "key.moved");  // NOLINT(bugprone-use-after-move): that is the question
}
