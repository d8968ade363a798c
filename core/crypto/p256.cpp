#include "core/crypto/curves.h"
#include "core/crypto/nonce.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <memory>

namespace atb::crypto::p256 {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* thing) const {
    kFree(thing);
  }
};

using Number = std::unique_ptr<BIGNUM, Free<BN_clear_free>>;
using NumberContext = std::unique_ptr<BN_CTX, Free<BN_CTX_free>>;
using GroupPoint = std::unique_ptr<EC_POINT, Free<EC_POINT_clear_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

// Made once and never freed.
const EC_GROUP* group() {
  static const EC_GROUP* const made = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  return made;
}

Error broken() { return {ErrorKind::internal, "key.openssl", "OpenSSL cannot compute on the curve P-256"}; }

Number number_of(ByteView bytes) {
  return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

// The code paths of OpenSSL that take the same time for every value.
Number secret_number_of(ByteView bytes) {
  Number number = number_of(bytes);
  if (number) BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

bool write_number(const Number& number, MutableByteView out) {
  return BN_bn2binpad(number.get(), out.data(), static_cast<int>(out.size())) == static_cast<int>(out.size());
}

Result<Point> compress(const GroupPoint& point) {
  Point out{};
  if (EC_POINT_point2oct(group(), point.get(), POINT_CONVERSION_COMPRESSED, out.data(), out.size(),
                         nullptr) != out.size()) {
    return broken();
  }
  return out;
}

// A public key as EVP wants it.
Key key_of(const Point& point) {
  // OSSL_PARAM takes pointers to what it will not change as pointers to what it may.
  char curve[] = "P-256";
  Point encoded = point;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()),
      OSSL_PARAM_construct_end(),
  };
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    return nullptr;
  }
  return Key(key);
}

// OpenSSL reads signatures as DER.
Bytes der_of(ByteView signature) {
  const EcdsaSignature made(ECDSA_SIG_new());
  Number r = number_of(signature.first(32));
  Number s = number_of(signature.subspan(32));
  // The signature takes the numbers over; it refuses none that are there.
  if (!made || !r || !s || ECDSA_SIG_set0(made.get(), r.release(), s.release()) != 1) return {};
  unsigned char* encoded = nullptr;
  const int size = i2d_ECDSA_SIG(made.get(), &encoded);
  if (size <= 0) return {};
  Bytes der(encoded, encoded + size);
  OPENSSL_free(encoded);
  return der;
}

// What one signature is computed with.
struct Signing {
  NumberContext context{BN_CTX_secure_new()};
  Number key;
  Number digest;  // modulo the order
  Number order_less_2{BN_new()};
  Number half_order{BN_new()};
};

// One try with one nonce: r = x(kG) mod n, s = (digest + r key) / k mod n, made low. False if r or s is zero
// or the nonce is out of range: the next nonce is to be tried. (Chances are nil; the standard asks for it.)
Result<bool> sign_with(const Signing& use, const Scalar& nonce, Signature& signature) {
  const BIGNUM* order = EC_GROUP_get0_order(group());
  BN_CTX* context = use.context.get();
  const Number k = secret_number_of(nonce.bytes());
  const Number inverse(BN_secure_new());
  const Number x(BN_new());
  const Number r(BN_new());
  const Number s(BN_secure_new());
  const GroupPoint point(EC_POINT_new(group()));
  if (!k || !inverse || !x || !r || !s || !point) return broken();
  if (BN_is_zero(k.get()) || BN_cmp(k.get(), order) >= 0) return false;

  if (EC_POINT_mul(group(), point.get(), k.get(), nullptr, nullptr, context) != 1 ||
      EC_POINT_get_affine_coordinates(group(), point.get(), x.get(), nullptr, context) != 1 ||
      BN_nnmod(r.get(), x.get(), order, context) != 1) {
    return broken();
  }
  if (BN_is_zero(r.get())) return false;

  // By Fermat, in constant time: 1/k = k^(n-2).
  if (BN_mod_exp_mont_consttime(inverse.get(), k.get(), use.order_less_2.get(), order, context, nullptr) !=
          1 ||
      BN_mod_mul(s.get(), use.key.get(), r.get(), order, context) != 1 ||
      BN_mod_add(s.get(), s.get(), use.digest.get(), order, context) != 1 ||
      BN_mod_mul(s.get(), s.get(), inverse.get(), order, context) != 1) {
    return broken();
  }
  if (BN_is_zero(s.get())) return false;
  if (BN_cmp(s.get(), use.half_order.get()) > 0 && BN_sub(s.get(), order, s.get()) != 1) return broken();

  const MutableByteView out(signature);
  if (!write_number(r, out.first(32)) || !write_number(s, out.subspan(32))) return broken();
  return true;
}

}  // namespace

Result<Point> point_of(ByteView encoded) {
  const GroupPoint point(EC_POINT_new(group()));
  if (!point) return broken();
  // Also checks that the point lies on the curve.
  if (EC_POINT_oct2point(group(), point.get(), encoded.data(), encoded.size(), nullptr) != 1) {
    return fail(ErrorKind::invalid_input, "key.not_on_curve", "the public key is not a point of P-256");
  }
  return compress(point);
}

Result<Point> public_point(ByteView scalar) {
  const Number number = secret_number_of(scalar);
  const GroupPoint point(EC_POINT_new(group()));
  if (!number || !point || EC_POINT_mul(group(), point.get(), number.get(), nullptr, nullptr, nullptr) != 1) {
    return broken();
  }
  return compress(point);
}

bool verify(const Point& point, const Digest& digest, ByteView signature) {
  const Key key = key_of(point);
  const Bytes der = der_of(signature);
  if (!key || der.empty()) return false;
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  return context && EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.data(), digest.size()) == 1;
}

Result<Signature> sign(ByteView scalar, const Digest& digest) {
  const BIGNUM* order = EC_GROUP_get0_order(group());
  Signing use;
  use.key = secret_number_of(scalar);
  use.digest = number_of(digest);
  if (!use.context || !use.key || !use.digest || !use.order_less_2 || !use.half_order ||
      BN_nnmod(use.digest.get(), use.digest.get(), order, use.context.get()) != 1 ||
      BN_copy(use.order_less_2.get(), order) == nullptr || BN_sub_word(use.order_less_2.get(), 2) != 1 ||
      BN_rshift1(use.half_order.get(), order) != 1) {
    return broken();
  }
  Digest reduced{};
  if (!write_number(use.digest, reduced)) return broken();

  NonceSource nonces(scalar, reduced);
  Scalar nonce;
  Signature signature{};
  bool done = false;
  while (!done) {
    nonces.next(nonce);
    done = TRY(sign_with(use, nonce, signature));
  }
  return signature;
}

}  // namespace atb::crypto::p256
