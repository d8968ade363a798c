// Inside mst only: a short name for a digest, 16 bytes instead of 32, that stands for it in one run of the
// program. Two digests that differ get the same mark with a chance below 2^-120, whoever chose them, as long
// as he did not know the salt: the mark is their four words times four secret factors, in the numbers modulo
// 2^127 - 1 (multilinear hashing; at most one value of the factor of a word that differs makes them equal).
#pragma once

#include "core/crypto/sha256.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace atb::mst {

struct DigestMark {
  std::array<std::uint32_t, 4> words{};
  friend bool operator==(const DigestMark& a, const DigestMark& b) {
    return ((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1]) | (a.words[2] ^ b.words[2]) |
            (a.words[3] ^ b.words[3])) == 0;
  }
};

class DigestMarks {
 public:
  // Random; of each second number the four highest bits are not used.
  using Salt = std::array<std::uint64_t, 8>;
  explicit DigestMarks(const Salt& salt) : salt_(salt) {
    for (std::size_t i = 1; i < salt_.size(); i += 2) salt_[i] &= ~std::uint64_t{0} >> 4U;
  }
  DigestMark of(const std::uint8_t* digest) const;

 private:
  Salt salt_;  // factors: low half, high half
};

inline DigestMark DigestMarks::of(const std::uint8_t* digest) const {
  __extension__ typedef unsigned __int128 Wide;  // NOLINT(modernize-use-using): only so is it no error
  std::array<std::uint64_t, 4> words;
  std::memcpy(words.data(), digest, sizeof words);
  // The sum of factor * word, as low + high * 2^64: high stays below 2^127, as the factors are below 2^124.
  Wide low = 0;
  Wide high = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Wide product = Wide{salt_[2 * i]} * words[i];
    low += static_cast<std::uint64_t>(product);
    high += product >> 64U;
    high += Wide{salt_[2 * i + 1]} * words[i];
  }
  // 2^127 is 1. Not reduced to the end: the same digest gives the same words all the same.
  constexpr std::uint64_t kLow63 = ~std::uint64_t{0} >> 1U;
  const Wide sum = low + (high >> 63U) + (Wide{static_cast<std::uint64_t>(high) & kLow63} << 64U);
  DigestMark mark;
  std::memcpy(mark.words.data(), &sum, sizeof sum);
  return mark;
}

}  // namespace atb::mst
