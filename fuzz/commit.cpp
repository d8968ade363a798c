// Commits.
#include "core/repo/commit.h"

#include "core/data/cbor.h"

#include <array>

#include "fuzz/target.h"

namespace atb::fuzz {
namespace {

crypto::PublicKey some_key(crypto::Curve curve) {
  std::array<std::uint8_t, 32> scalar{};
  scalar.fill(7);
  return crypto::PrivateKey::from_scalar(curve, scalar).value().public_key();
}

}  // namespace

void fuzz_one(std::span<const std::uint8_t> input) {
  static const std::array kKeys = {some_key(crypto::Curve::k256), some_key(crypto::Curve::p256)};
  const Limits limits;
  const auto commit = repo::decode_commit(input, limits);
  if (!commit) return;
  require(equal(repo::encode_commit(*commit), input), "a commit that is taken is written the same");

  auto whole = data::decode_cbor(input, limits);
  const auto without = data::decode_cbor(repo::unsigned_bytes(*commit), limits);
  require(whole && whole->object() != nullptr && without,
          "a commit is a map, with its signature and without");
  whole->object()->remove("sig");
  require(*whole == *without, "the signature is over all fields but itself");

  for (const crypto::PublicKey& key : kKeys) {
    const bool good = repo::check_signature(*commit, key).has_value();
    require(!good || commit->signature.size() == 64, "a good signature has 64 bytes");
  }
}

}  // namespace atb::fuzz
