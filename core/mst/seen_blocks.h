// Inside mst only: the blocks that have passed, and those that were only named by a link so far, each by its
// digest under a number. A flat table: 36 bytes a block and four to eight for its place in it.
#pragma once

#include "core/crypto/sha256.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace atb::mst {

class SeenBlocks {
 public:
  using Number = std::uint32_t;

  // Random numbers: nobody who does not know them can make digests whose places fall together. A link can
  // name any 32 bytes, so it takes all of them.
  using Salt = std::array<std::uint64_t, 4>;
  // `expected` is a guess at how many there will be.
  SeenBlocks(const Salt& salt, std::uint64_t expected);
  // Made when it is not there, with a state of zero. Empty when there are more than it can number.
  std::optional<Number> number_of(const crypto::Digest& digest);
  // What is known of it: the owner's bits. Lives until the next number is made.
  std::uint32_t& state(Number number) { return states_[number]; }
  std::uint32_t state(Number number) const { return states_[number]; }
  Number count() const { return count_; }
  // Digests that were held against each other, of all times that one was looked for.
  std::uint64_t compared() const { return compared_; }

  // Fetches what number_of() will touch: first the place, some time later the digest that is there.
  void fetch_place(const crypto::Digest& digest) const;
  void fetch_digest(const crypto::Digest& digest) const;

 private:
  struct alignas(32) Aligned {  // in one line of the cache
    crypto::Digest digest;
  };
  static constexpr unsigned kChunkBits = 11;   // digests of a chunk: none is ever moved
  static constexpr unsigned kNumberBits = 27;  // the rest of a place is a tag, which spares most looks

  std::uint64_t mixed(const crypto::Digest& digest) const;
  std::size_t place_of(std::uint64_t mixed) const { return static_cast<std::size_t>(mixed >> shift_); }
  static std::uint32_t tag_of(std::uint64_t mixed) {
    return static_cast<std::uint32_t>(mixed) & ~((1U << kNumberBits) - 1);
  }
  crypto::Digest& digest_of(Number number) const {
    return chunks_[number >> kChunkBits][number & ((1U << kChunkBits) - 1)].digest;
  }
  void lay(unsigned bits);

  Salt salt_;
  unsigned shift_ = 0;
  std::vector<std::uint32_t> places_;  // a number plus one, under a tag; zero: none
  std::vector<std::unique_ptr<Aligned[]>> chunks_;
  std::vector<std::uint32_t> states_;
  Number count_ = 0;
  std::uint64_t compared_ = 0;
};

}  // namespace atb::mst
