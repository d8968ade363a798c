#include "core/mst/seen_blocks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace atb::mst {
namespace {

constexpr unsigned kFewest = 10;  // bits
constexpr unsigned kMost = 31;

// Of 128 bits, the two halves together: each bit of it depends on all of both factors.
std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
  __extension__ typedef unsigned __int128 Wide;  // NOLINT(modernize-use-using): only so is it no error
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

bool same(const crypto::Digest& a, const crypto::Digest& b) {
  std::array<std::uint64_t, 4> x;
  std::array<std::uint64_t, 4> y;
  std::memcpy(x.data(), a.data(), a.size());
  std::memcpy(y.data(), b.data(), b.size());
  return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}

}  // namespace

SeenBlocks::SeenBlocks(const Salt& salt, std::uint64_t expected) : salt_(salt) {
  // Three quarters full at most.
  const auto wanted = static_cast<unsigned>(std::bit_width(expected + expected / 3));
  lay(std::clamp(wanted, kFewest, 24U));
}

void SeenBlocks::lay(unsigned bits) {
  shift_ = 64 - bits;
  places_.assign(std::size_t{1} << bits, 0);
  const std::size_t last = places_.size() - 1;
  for (Number number = 0; number < count_; ++number) {
    const std::uint64_t hash = mixed(digest_of(number));
    std::size_t at = place_of(hash);
    while (places_[at] != 0) at = (at + 1) & last;
    places_[at] = tag_of(hash) | (number + 1);
  }
}

// A digest is uniform, unless someone chose it.
std::uint64_t SeenBlocks::mixed(const crypto::Digest& digest) const {
  std::array<std::uint64_t, 4> words;
  std::memcpy(words.data(), digest.data(), digest.size());
  return folded_product(words[0] ^ salt_[0], words[1] ^ salt_[1]) +
         folded_product(words[2] ^ salt_[2], words[3] ^ salt_[3]);
}

void SeenBlocks::fetch_place(const crypto::Digest& digest) const {
  __builtin_prefetch(&places_[place_of(mixed(digest))]);
}

void SeenBlocks::fetch_digest(const crypto::Digest& digest) const {
  const std::uint64_t hash = mixed(digest);
  const std::uint32_t place = places_[place_of(hash)];
  const Number number = (place & ((1U << kNumberBits) - 1)) - 1;
  if (place == 0) return;
  __builtin_prefetch(&digest_of(number));
  __builtin_prefetch(&states_[number]);
}

std::optional<SeenBlocks::Number> SeenBlocks::number_of(const crypto::Digest& digest) {
  const std::uint64_t hash = mixed(digest);
  const std::size_t last = places_.size() - 1;
  const std::uint32_t tag = tag_of(hash);
  std::size_t at = place_of(hash);
  for (; places_[at] != 0; at = (at + 1) & last) {
    if (((places_[at] ^ tag) >> kNumberBits) != 0) continue;
    const Number number = (places_[at] & ((1U << kNumberBits) - 1)) - 1;
    ++compared_;
    if (same(digest_of(number), digest)) return number;
  }
  if (count_ == (1U << kNumberBits) - 1) return std::nullopt;
  if (count_ >= places_.size() - places_.size() / 4 && shift_ > 64 - kMost) {
    lay(64 - shift_ + 1);
    return number_of(digest);
  }
  if ((count_ >> kChunkBits) == chunks_.size())
    chunks_.push_back(std::make_unique_for_overwrite<Aligned[]>(std::size_t{1} << kChunkBits));
  digest_of(count_) = digest;
  states_.push_back(0);
  places_[at] = tag | (count_ + 1);
  return count_++;
}

}  // namespace atb::mst
