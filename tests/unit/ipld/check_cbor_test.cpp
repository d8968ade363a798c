#include "core/ipld/cbor_reader.h"
#include "core/ipld/cbor_rule.h"
#include "tests/support/catch.h"
#include "tests/unit/ipld/bytes_of.h"

using atb::Bytes;
using atb::ErrorKind;
using atb::Limits;
using atb::ipld::check_cbor;
using atb::test::hex;
using atb::test::repeat;

namespace {

// "" when all is well; else the id, with '!' in front when the bytes are malformed.
std::string verdict(const Bytes& bytes, const Limits& limits = {}) {
  const auto status = check_cbor(bytes, limits);
  if (status) return "";
  const auto& error = status.error();
  CHECK((error.kind == ErrorKind::corrupt || error.kind == ErrorKind::unsupported));
  CHECK(error.offset.has_value());
  CHECK_FALSE(error.message.empty());
  return (error.kind == ErrorKind::corrupt ? "!" : "") + error.id;
}
std::string verdict(std::string_view digits) { return verdict(hex(digits)); }

constexpr std::string_view kLink =
    "d82a 5825 00 01711220 0000000000000000000000000000000000000000000000000000000000000000";

}  // namespace

TEST_CASE("check_cbor: takes each type of the data model", "[cbor]") {
  for (const std::string_view good : {"00",
                                      "17",
                                      "1818",
                                      "1901 00",
                                      "1a00010000",
                                      "1b0000000100000000",
                                      "1b7fffffffffffffff",
                                      "20",
                                      "37",
                                      "3818",
                                      "3b7fffffffffffffff",
                                      "40",
                                      "43010203",
                                      "60",
                                      "63616263",
                                      "80",
                                      "820102",
                                      "a0",
                                      "a16161f6",
                                      "a2616101 626161 02",
                                      "f4",
                                      "f5",
                                      "f6",
                                      "a1600 0",
                                      "62c3bc",
                                      "64f09f9880"}) {
    CAPTURE(good);
    CHECK(verdict(good).empty());
  }
  CHECK(verdict(kLink).empty());
}

TEST_CASE("check_cbor: bytes that end early are malformed", "[cbor]") {
  for (const std::string_view cut : {"",
                                     "18",
                                     "19 01",
                                     "1a 000000",
                                     "1b 00000000000000",
                                     "41",
                                     "58",
                                     "5820 00",
                                     "61",
                                     "7bffffffffffffffff",
                                     "7b8000000000000000 61",
                                     "5b7fffffffffffffff 61",
                                     "81",
                                     "a1",
                                     "a1 6161",
                                     "a2 6161 00",
                                     "9b0000010000000000",
                                     "9b8000000000000000 00",
                                     "bb0000010000000000 6161 00",
                                     "bb8000000000000000 6161 00",
                                     "bbffffffffffffffff",
                                     "83 01 02",
                                     "c1",
                                     "d82a",
                                     "d82a 5825 00",
                                     "9f",
                                     "bf",
                                     "9f 01",
                                     "5f",
                                     "5f 41 00",
                                     "7f 61 61",
                                     "f8",
                                     "f9 00",
                                     "fb 00000000000000"}) {
    CAPTURE(cut);
    CHECK(verdict(cut) == "!cbor.cut");
  }
}

TEST_CASE("check_cbor: codes that CBOR does not have are malformed", "[cbor]") {
  for (unsigned major = 0; major < 8; ++major) {
    for (unsigned info = 28; info < 31; ++info) {
      const auto first = static_cast<std::uint8_t>(major << 5U | info);
      CHECK(verdict(Bytes{first, 0, 0, 0, 0}) == "!cbor.malformed");
    }
  }
  for (const std::string_view bad :
       {"1f", "3f", "df 00", "ff", "81 ff", "a1 ff 00", "a1 6161 ff", "bf 6161 ff", "c1 ff", "9f c1 ff",
        "5f 61 61 ff", "5f 5f ff ff", "7f 41 61 ff", "7f 01 ff", "f800", "f81f", "f814", "9f ff ff 1f"}) {
    CAPTURE(bad);
    if (bad == "9f ff ff 1f") {
      CHECK(verdict(bad) == "cbor.indefinite");  // what follows the item is never read as CBOR
    } else {
      CHECK(verdict(bad) == "!cbor.malformed");
    }
  }
}

TEST_CASE("check_cbor: what is well-formed and outside the data model is told by its rule", "[cbor]") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"f90000", "cbor.float"},
      {"fa00000000", "cbor.float"},
      {"fb3ff0000000000000", "cbor.float"},
      {"1800", "cbor.non_minimal_int"},
      {"1817", "cbor.non_minimal_int"},
      {"1900ff", "cbor.non_minimal_int"},
      {"1a0000ffff", "cbor.non_minimal_int"},
      {"1b00000000ffffffff", "cbor.non_minimal_int"},
      {"3817", "cbor.non_minimal_int"},
      {"580100", "cbor.non_minimal_int"},
      {"780161", "cbor.non_minimal_int"},
      {"980100", "cbor.non_minimal_int"},
      {"b801616100", "cbor.non_minimal_int"},
      {"a178016100", "cbor.non_minimal_int"},
      {"1b8000000000000000", "cbor.integer_range"},
      {"1bffffffffffffffff", "cbor.integer_range"},
      {"3b8000000000000000", "cbor.integer_range"},
      {"a2 6162 01 6161 02", "cbor.key_order"},
      {"a2 626161 01 6162 02", "cbor.key_order"},
      {"a2 6161 01 60 02", "cbor.key_order"},
      {"a2 6161 01 6161 02", "cbor.duplicate_key"},
      {"a2 60 01 60 02", "cbor.duplicate_key"},
      {"a1 01 01", "cbor.key_type"},
      {"a1 4161 01", "cbor.key_type"},
      {"a1 80 01", "cbor.key_type"},
      {"a1 a10101 01", "cbor.key_type"},
      {"a1 c16161 01", "cbor.key_type"},
      {"a1 7f6161ff 01", "cbor.key_type"},
      {"a1 f6 01", "cbor.key_type"},
      {"9fff", "cbor.indefinite"},
      {"9f0102ff", "cbor.indefinite"},
      {"bfff", "cbor.indefinite"},
      {"bf6161 01ff", "cbor.indefinite"},
      {"5f41004101ff", "cbor.indefinite"},
      {"7f6161ff", "cbor.indefinite"},
      {"7fff", "cbor.indefinite"},
      {"c000", "cbor.tag"},
      {"c1c1c100", "cbor.tag"},
      {"d829 00", "cbor.tag"},
      {"61ff", "cbor.utf8"},
      {"62c080", "cbor.utf8"},
      {"63eda080", "cbor.utf8"},
      {"64f4908080", "cbor.utf8"},
      {"61c3", "cbor.utf8"},
      {"6a6161616161616161c328", "cbor.utf8"},
      {"a161ff00", "cbor.utf8"},
      {"d82a 00", "cbor.link"},
      {"d82a 40", "cbor.link"},
      {"d82a 6161", "cbor.link"},
      {"d82a d82a 40", "cbor.link"},
      {"d82a 5f4100ff", "cbor.link"},
      {"f7", "cbor.simple"},
      {"e0", "cbor.simple"},
      {"f3", "cbor.simple"},
      {"f820", "cbor.simple"},
      {"f8ff", "cbor.simple"},
      {"0000", "cbor.trailing"},
      {"00ff", "cbor.trailing"},
      {"a000", "cbor.trailing"},
  };
  for (const auto& [bytes, id] : cases) {
    CAPTURE(bytes);
    CHECK(verdict(bytes) == id);
  }
}

TEST_CASE("check_cbor: a link has 36 bytes of version 1, SHA-256, dag-cbor or raw", "[cbor]") {
  const Bytes good = hex(kLink);
  REQUIRE(verdict(good).empty());
  Bytes raw = good;
  raw[6] = 0x55;
  CHECK(verdict(raw).empty());
  for (std::size_t at = 4; at < 9; ++at) {  // the zero, the version, the codec, the hash, its length
    Bytes bad = good;
    bad[at] ^= 0x10U;
    CAPTURE(at);
    CHECK(verdict(bad) == "cbor.link");
  }
  Bytes longer = good;
  longer[3] = 0x26;
  longer.push_back(0);
  CHECK(verdict(longer) == "cbor.link");
  Bytes wide_tag = hex("d9002a");  // tag 42 in three bytes
  wide_tag.insert(wide_tag.end(), good.begin() + 2, good.end());
  CHECK(verdict(wide_tag) == "cbor.non_minimal_int");
}

TEST_CASE("check_cbor: malformed outranks outside the data model, and the first deviation is told",
          "[cbor]") {
  CHECK(verdict("82 f90000 ff") == "!cbor.malformed");
  CHECK(verdict("82 f90000") == "!cbor.cut");
  CHECK(verdict("82 f7 f90000") == "cbor.simple");
  CHECK(verdict("82 f90000 f7") == "cbor.float");
  CHECK(verdict("f9000000") == "cbor.float");
  const auto status = check_cbor(hex("83 00 00 f90000"), {});
  REQUIRE_FALSE(status);
  CHECK(status.error().offset == 3U);
}

TEST_CASE("check_cbor: nesting is taken at the limit and refused one past it", "[cbor]") {
  Limits limits;
  for (const std::size_t depth :
       {std::size_t{1}, std::size_t{31}, std::size_t{32}, std::size_t{33}, std::size_t{128}}) {
    limits.cbor_depth = depth;
    CAPTURE(depth);
    CHECK(verdict(repeat("81", depth, "00"), limits).empty());
    CHECK(verdict(repeat("81", depth - 1, "80"), limits).empty());
    CHECK(verdict(repeat("81", depth + 1, "00"), limits) == "!cbor.depth");
    CHECK(verdict(repeat("81", depth, "80"), limits) == "!cbor.depth");
    CHECK(verdict(repeat("a16161", depth, "00"), limits).empty());
    CHECK(verdict(repeat("a16161", depth + 1, "00"), limits) == "!cbor.depth");
  }
  limits.cbor_depth = 0;
  CHECK(verdict(hex("00"), limits).empty());
  CHECK(verdict(hex("80"), limits) == "!cbor.depth");
}

TEST_CASE("check_cbor: a million levels cost neither the stack nor time", "[cbor]") {
  constexpr std::size_t kLevels = 1'000'000;
  CHECK(verdict(repeat("81", kLevels, "00")) == "!cbor.depth");
  Limits limits;
  limits.cbor_depth = kLevels;
  CHECK(verdict(repeat("81", kLevels, "00"), limits).empty());
  CHECK(verdict(repeat("81", kLevels), limits) == "!cbor.cut");
  CHECK(verdict(repeat("c1", kLevels, "00"), limits) == "cbor.tag");
  CHECK(verdict(repeat("9f", kLevels), limits) == "!cbor.cut");
}

TEST_CASE("check_cbor: after any complete item of two bytes, a third is trailing", "[cbor]") {
  std::size_t complete = 0;
  for (std::uint32_t word = 0; word < (1U << 16U); ++word) {
    const Bytes item{static_cast<std::uint8_t>(word >> 8U), static_cast<std::uint8_t>(word)};
    if (!check_cbor(item, {})) continue;
    ++complete;
    Bytes more = item;
    more.push_back(0);
    if (verdict(more) != "cbor.trailing") FAIL(atb::hex_encode(item));
  }
  CHECK(complete > 300);
}

TEST_CASE("check_cbor: an item cut anywhere is cut", "[cbor]") {
  Bytes item = hex("a4 6161 8301 3818 f5 6162 43010203 6163 6568656c6c6f 626c6e");
  const Bytes link = hex(kLink);
  item.insert(item.end(), link.begin(), link.end());
  REQUIRE(verdict(item).empty());
  for (std::size_t size = 0; size < item.size(); ++size) {
    CAPTURE(size);
    CHECK(verdict(Bytes(item.begin(), item.begin() + static_cast<std::ptrdiff_t>(size))) == "!cbor.cut");
  }
}

TEST_CASE("cbor rules: each has an id of its own", "[cbor]") {
  std::vector<std::string_view> ids;
  for (int rule = 0; rule <= static_cast<int>(atb::ipld::CborRule::simple); ++rule) {
    ids.push_back(atb::ipld::id_of(static_cast<atb::ipld::CborRule>(rule)));
  }
  std::ranges::sort(ids);
  CHECK(std::ranges::adjacent_find(ids) == ids.end());
  CHECK(ids.size() == 15);
}
