#include "core/data/cbor.h"

#include "core/data/json.h"
#include "core/ipld/cbor_reader.h"
#include "tests/support/catch.h"
#include "tests/unit/ipld/bytes_of.h"

#include <random>

using atb::Bytes;
using atb::ErrorKind;
using atb::Limits;
using namespace atb::data;
using atb::ipld::Cid;
using atb::ipld::Codec;
using atb::test::hex;
using atb::test::repeat;

namespace {

// Values of every shape, from a seed that a failing test prints.
class Maker {
 public:
  explicit Maker(unsigned seed) : engine_(seed) {}
  Value value(int depth) {
    switch (below(depth > 0 ? 9 : 7)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return integer();
      case 3:
        return text();
      case 4:
        return Bytes(below(30), static_cast<std::uint8_t>(below(256)));
      case 5:
        return Cid::of(below(2) == 0 ? Codec::raw : Codec::dag_cbor, Bytes(below(4), 1));
      case 6:
        return std::int64_t{below(30)};
      case 7: {
        Array items;
        for (std::uint32_t i = below(5); i > 0; --i) items.push_back(value(depth - 1));
        return items;
      }
      default: {
        Object members;
        for (std::uint32_t i = below(30); i > 0; --i) members.set(text(), value(depth - 1));
        return members;
      }
    }
  }

 private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(engine_() % bound); }
  std::int64_t integer() {
    const std::uint64_t wide = std::uint64_t{below(1U << 31U)} << 32U | below(1U << 31U);
    const auto shifted = static_cast<std::int64_t>(wide >> (1 + below(63)));
    return below(2) == 0 ? shifted : -1 - shifted;
  }
  std::string text() {
    std::string out;
    for (std::uint32_t i = below(40); i > 0; --i)
      out += below(4) == 0 ? "ö" : std::string(1, static_cast<char>('a' + below(26)));
    return out;
  }
  std::mt19937 engine_;
};

}  // namespace

TEST_CASE("data cbor: what is encoded is canonical, and decodes to the same value and the same bytes",
          "[data]") {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    const Value value = Maker(seed).value(4);
    const auto bytes = encode_cbor(value);
    REQUIRE(bytes);
    REQUIRE(atb::ipld::check_cbor(*bytes, Limits{}));
    const auto decoded = decode_cbor(*bytes, Limits{});
    REQUIRE(decoded);
    REQUIRE(*decoded == value);
    REQUIRE(encode_cbor(*decoded) == *bytes);
  }
}

TEST_CASE("data cbor: one byte changed anywhere is another value, or refused", "[data]") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const auto bytes = encode_cbor(Maker(seed).value(3));
    REQUIRE(bytes);
    for (std::size_t at = 0; at < bytes->size() && at < 400; ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        Bytes changed = *bytes;
        changed[at] ^= static_cast<std::uint8_t>(1U << bit);
        const auto decoded = decode_cbor(changed, Limits{});
        REQUIRE(decoded.has_value() == atb::ipld::check_cbor(changed, Limits{}).has_value());
        if (decoded) REQUIRE(encode_cbor(*decoded) == changed);
      }
    }
  }
}

TEST_CASE("data cbor: all strings of two bytes, and a share of three, round-trip exactly or are refused",
          "[data]") {
  std::size_t taken = 0;
  const auto check = [&taken](const Bytes& bytes) {
    if (!atb::ipld::check_cbor(bytes, Limits{})) return;
    const auto decoded = decode_cbor(bytes, Limits{});
    if (!decoded || encode_cbor(*decoded) != bytes) FAIL(atb::hex_encode(bytes));
    ++taken;
  };
  const auto byte = [](std::uint32_t word, unsigned shift) {
    return static_cast<std::uint8_t>(word >> shift);
  };
  for (std::uint32_t word = 0; word < (1U << 16U); ++word) check({byte(word, 8), byte(word, 0)});
  // A stride without a factor of two comes by all values of each byte.
  for (std::uint32_t word = 0; word < (1U << 24U); word += 61)
    check({byte(word, 16), byte(word, 8), byte(word, 0)});
  CHECK(taken > 1000);
}

TEST_CASE("data cbor: keys are sorted on encoding", "[data]") {
  CHECK(encode_cbor(Object().set("b", 1).set("aa", 2).set("a", 3)) == hex("a3 6161 03 6162 01 626161 02"));
}

TEST_CASE("data cbor: floats and text that is not UTF-8 cannot be encoded", "[data]") {
  CHECK(encode_cbor(Array{Value(1.0)}).error().id == "data.float");
  CHECK(encode_cbor(Value("\xff")).error().id == "data.utf8");
  CHECK(encode_cbor(Object().set("\xff", 1)).error().id == "data.utf8");
}

TEST_CASE("data cbor: decoding fails as check_cbor does", "[data]") {
  const auto failure = [](const Bytes& bytes) {
    const auto value = decode_cbor(bytes, Limits{});
    const auto checked = atb::ipld::check_cbor(bytes, Limits{});
    REQUIRE_FALSE(value);
    REQUIRE_FALSE(checked);
    CHECK(value.error().kind == checked.error().kind);
    CHECK(value.error().id == checked.error().id);
    return value.error().id;
  };
  CHECK(failure(hex("a2 6161 f90000 6162 8102")) == "cbor.float");
  CHECK(failure(hex("a2 6161 f90000 6162 82")) == "cbor.cut");
  CHECK(failure(hex("a2 6161 01 6161 8102")) == "cbor.duplicate_key");
  CHECK(failure(hex("bf 6161 9f 01 ff ff")) == "cbor.indefinite");
  CHECK(failure(hex("9b0000010000000000")) == "cbor.cut");
  CHECK(failure(repeat("81", 129, "00")) == "cbor.depth");
  CHECK(failure(repeat("81", 1'000'000, "00")) == "cbor.depth");
  CHECK(decode_cbor(repeat("81", 128, "00"), Limits{}));
}

namespace {

std::string loosely(std::string_view digits) {
  const auto value = decode_loosely(hex(digits), Limits{});
  return value ? to_json(*value) : "none";
}

}  // namespace

TEST_CASE("decode_loosely: what says the same in another way is told in full", "[cbor]") {
  CHECK(loosely("a2 6161 01 6162 02") == R"({"a":1,"b":2})");
  CHECK(loosely("a1 6161 fb3ff8000000000000") == R"({"a":1.5})");
  CHECK(loosely("a1 6161 fa3fc00000") == R"({"a":1.5})");
  CHECK(loosely("83 f93e00 f98000 f90001") == "[1.5,-0.0,5.960464477539063e-08]");
  CHECK(loosely("a1 6161 1801") == R"({"a":1})");
  CHECK(loosely("a2 6162 01 6161 02") == R"({"b":1,"a":2})");
  CHECK(loosely("bf 6161 9f 01 ff ff") == R"({"a":[1]})");
}

TEST_CASE("decode_loosely: what a value cannot hold is told by its bytes alone", "[cbor]") {
  for (const char* digits :
       {"a2 6161 01 6161 02", "a3 6161 01 6162 01 6161 02", "a1 6161 c1 01", "a1 01 01", "a1 6161 61ff",
        "a1 61ff 01", "a1 6161 f97c00", "a1 6161 f97e00", "a1 6161 faff800000", "a1 6161 1bffffffffffffffff",
        "a1 6161 f7", "a1 6161 7f 6161 ff", "a1 6161 d82a 4100", "01 01", "a1 6161", "", "a1 6161 1c"}) {
    INFO(digits);
    CHECK(loosely(digits) == "none");
  }
}
