#include "core/mst/mark_pile.h"

#include "tests/support/catch.h"

#include <array>
#include <cstring>
#include <set>
#include <vector>

namespace atb {
namespace {

constexpr mst::DigestMarks::Salt kSalt = {0x243f'6a88'85a3'08d3, 0x1319'8a2e'0370'7344, 0xa409'3822'299f'31d0,
                                          0x082e'fa98'ec4e'6c89, 0x4528'21e6'38d0'1377, 0xbe54'66cf'34e9'0c6c,
                                          0xc0ac'29b7'c97c'50dd, 0x3f84'd5b5'b547'0917};

crypto::Digest digest_of(std::uint32_t i) {
  std::array<std::uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &i, bytes.size());
  return crypto::sha256(bytes);
}

TEST_CASE("mst: marks thrown on piles are found again, each with its number, and no others", "[mst]") {
  constexpr std::uint32_t kMarks = 40'000;  // many times what was expected
  const mst::DigestMarks marks(kSalt);
  for (const std::uint64_t expected : {std::uint64_t{0}, std::uint64_t{kMarks}, std::uint64_t{1} << 40U}) {
    mst::MarkPiles piles(expected);
    for (std::uint32_t i = 0; i < kMarks; ++i) piles.add(marks.of(digest_of(i).data()), i);
    std::size_t all = 0;
    std::size_t found = 0;
    for (std::size_t pile = 0; pile < mst::MarkPiles::kPiles; ++pile) {
      mst::MarkTable table;
      piles.copy_to(pile, table.marks());
      all += table.marks().size();
      REQUIRE(table.lay());
      for (const mst::NumberedMark& each : table.marks()) {
        CHECK(each.mark == marks.of(digest_of(each.number).data()));
        found += table.marks()[table.find(each.mark)].number == each.number ? 1U : 0U;
        CHECK(table.find(marks.of(digest_of(each.number + kMarks).data())) == mst::MarkTable::kNone);
      }
      if (table.marks().empty()) continue;
      table.marks().push_back(table.marks().front());
      CHECK_FALSE(table.lay());
    }
    CHECK(all == kMarks);
    CHECK(found == kMarks);
  }
}

TEST_CASE("mst: digests that differ in one bit have other marks, and other salts make other ones", "[mst]") {
  const mst::DigestMarks marks(kSalt);
  mst::DigestMarks::Salt other_salt = kSalt;
  other_salt[5] ^= 1U;
  const mst::DigestMarks others(other_salt);
  std::set<std::array<std::uint32_t, 4>> seen;
  for (std::uint32_t i = 0; i < 20; ++i) {
    crypto::Digest digest = digest_of(i);
    CHECK(seen.insert(marks.of(digest.data()).words).second);
    CHECK(seen.insert(others.of(digest.data()).words).second);
    for (std::size_t bit = 0; bit < 256; ++bit) {
      digest[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      CHECK(seen.insert(marks.of(digest.data()).words).second);
      digest[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    }
  }
  // The extremes of the arithmetic.
  mst::DigestMarks::Salt most;
  most.fill(~std::uint64_t{0});
  crypto::Digest ones;
  ones.fill(0xff);
  CHECK_FALSE(mst::DigestMarks(most).of(ones.data()) == mst::DigestMarks(most).of(crypto::Digest{}.data()));
}

TEST_CASE("mst: digests that were made alike on purpose do not fall on one place", "[mst]") {
  constexpr std::uint64_t kMarks = 20'000;
  const mst::DigestMarks marks(kSalt);
  for (const unsigned shift : {0U, 44U}) {  // in the lowest or the highest bits
    for (std::size_t word = 0; word < 4; ++word) {
      for (const bool two : {false, true}) {
        std::array<std::size_t, mst::MarkPiles::kPiles> piles{};
        std::array<std::size_t, 4096> places{};
        for (std::uint64_t i = 0; i < kMarks; ++i) {
          crypto::Digest digest{};
          const std::uint64_t value = i << shift;
          std::memcpy(digest.data() + 8 * word, &value, sizeof value);
          if (two) std::memcpy(digest.data() + 8 * (word ^ 1U), &value, sizeof value);
          const mst::DigestMark mark = marks.of(digest.data());
          ++piles[mst::MarkPiles::pile_of(mark)];
          ++places[mst::MarkTable::place_of(mark) % places.size()];
        }
        INFO("word " << word << ", shift " << shift << ", two " << two);
        CHECK(std::ranges::max(piles) < 10 * kMarks / piles.size());
        CHECK(std::ranges::max(places) < 60);
      }
    }
  }
}

}  // namespace
}  // namespace atb
