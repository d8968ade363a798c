#include "core/mst/seen_blocks.h"

#include "tests/support/catch.h"

#include <array>
#include <cstring>
#include <vector>

namespace atb {
namespace {

constexpr mst::SeenBlocks::Salt kSalt = {0x243f'6a88'85a3'08d3, 0x1319'8a2e'0370'7344, 0xa409'3822'299f'31d0,
                                         0x082e'fa98'ec4e'6c89};

crypto::Digest digest_of(std::uint32_t i) {
  const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8U),
                                          static_cast<std::uint8_t>(i >> 16U),
                                          static_cast<std::uint8_t>(i >> 24U)};
  return crypto::sha256(bytes);
}

TEST_CASE("mst: blocks keep their numbers and states while the table of them grows", "[mst]") {
  constexpr std::uint32_t kBlocks = 40'000;  // several times what it begins with
  mst::SeenBlocks seen(kSalt, 0);
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    seen.fetch_place(digest_of(i));
    seen.fetch_digest(digest_of(i));
    REQUIRE(seen.number_of(digest_of(i)) == i);
    CHECK(seen.state(i) == 0);
    seen.state(i) = i * 3;
  }
  CHECK(seen.count() == kBlocks);
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    seen.fetch_digest(digest_of(i));
    REQUIRE(seen.number_of(digest_of(i)) == i);
    CHECK(seen.state(i) == i * 3);
  }
  CHECK(seen.count() == kBlocks);
}

TEST_CASE("mst: digests that were made alike on purpose are told apart without holding each against all",
          "[mst]") {
  constexpr std::uint64_t kBlocks = 20'000;
  for (const unsigned shift : {0U, 44U}) {  // in the lowest or the highest bits
    for (std::size_t word = 0; word < 4; ++word) {
      for (const bool two : {false, true}) {
        mst::SeenBlocks seen(kSalt, 0);
        for (std::uint64_t i = 0; i < kBlocks; ++i) {
          crypto::Digest digest{};
          const std::uint64_t value = i << shift;
          std::memcpy(digest.data() + 8 * word, &value, sizeof value);
          if (two) std::memcpy(digest.data() + 8 * (word ^ 1U), &value, sizeof value);
          REQUIRE(seen.number_of(digest) == i);
        }
        CHECK(seen.compared() < kBlocks);
      }
    }
  }
}

}  // namespace
}  // namespace atb
