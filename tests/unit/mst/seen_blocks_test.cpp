#include "core/mst/seen_blocks.h"

#include "tests/support/catch.h"

#include <array>
#include <vector>

namespace atb {
namespace {

crypto::Digest digest_of(std::uint32_t i) {
  const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8U),
                                          static_cast<std::uint8_t>(i >> 16U),
                                          static_cast<std::uint8_t>(i >> 24U)};
  return crypto::sha256(bytes);
}

TEST_CASE("mst: blocks keep their numbers and states while the table of them grows", "[mst]") {
  constexpr std::uint32_t kBlocks = 40'000;  // several times what it begins with
  mst::SeenBlocks seen(0x9e37'79b9'7f4a'7c15, 0);
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

TEST_CASE("mst: blocks whose digests differ in one byte only are told from each other", "[mst]") {
  // Eight of the bytes make the place, so these share it.
  mst::SeenBlocks seen(0, 0);
  const crypto::Digest one = digest_of(1);
  REQUIRE(seen.number_of(one) == 0U);
  std::uint32_t next = 1;
  for (std::size_t at = 0; at < one.size(); ++at) {
    crypto::Digest other = one;
    other.at(at) ^= 1U;
    CHECK(seen.number_of(other) == next++);
  }
  CHECK(seen.number_of(one) == 0U);
  CHECK(seen.count() == next);
}

}  // namespace
}  // namespace atb
