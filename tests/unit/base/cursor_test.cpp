#include "core/base/cursor.h"

#include "tests/support/catch.h"

using namespace atb;

namespace {

template <class T>
void fails(Cursor& cursor, const Result<T>& result, std::string_view id, std::size_t still_at) {
  REQUIRE_FALSE(result);
  CHECK(result.error().id == id);
  CHECK(cursor.offset() == still_at);
}

}  // namespace

TEST_CASE("cursor: reads bytes, views and big-endian integers in order", "[cursor]") {
  const Bytes bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
  Cursor cursor(bytes);
  CHECK(cursor.peek().value() == 1);
  CHECK(cursor.byte().value() == 1);
  CHECK(equal(cursor.take(2).value(), Bytes{2, 3}));
  CHECK(cursor.big_endian(1).value() == 4);
  CHECK(cursor.big_endian(2).value() == 0x0506);
  CHECK(cursor.big_endian(4).value() == 0x0708090a);
  CHECK(cursor.left() == 8);
  CHECK(cursor.big_endian(8).value() == 0x0b0c0d0e0f101112);
  CHECK(cursor.at_end());
  CHECK(cursor.take(0).value().empty());
}

TEST_CASE("cursor: what is cut short fails and does not move", "[cursor]") {
  const Bytes bytes{1, 2, 3};
  Cursor cursor(bytes);
  fails(cursor, cursor.take(4), "input.cut", 0);
  fails(cursor, cursor.take(~std::uint64_t{0}), "input.cut", 0);
  fails(cursor, cursor.big_endian(4), "input.cut", 0);
  fails(cursor, cursor.big_endian(3), "input.width", 0);
  CHECK(cursor.take(3));
  fails(cursor, cursor.byte(), "input.cut", 3);
  fails(cursor, cursor.peek(), "input.cut", 3);
  CHECK(cursor.byte().error().kind == ErrorKind::corrupt);
  CHECK(cursor.byte().error().offset == 3U);
}

TEST_CASE("cursor: varints round-trip at every width", "[cursor]") {
  for (unsigned bit = 0; bit < 63; ++bit) {
    for (const std::uint64_t value : {std::uint64_t{1} << bit, (std::uint64_t{1} << bit) - 1}) {
      Bytes bytes;
      append_varint(bytes, value);
      Cursor cursor(bytes);
      CHECK(cursor.varint().value() == value);
      CHECK(cursor.at_end());
      Cursor cut(ByteView(bytes).first(bytes.size() - 1));
      fails(cut, cut.varint(), "input.cut", 0);
    }
  }
  Bytes most;
  append_varint(most, ~std::uint64_t{0} >> 1U);
  CHECK(most.size() == 9);
}

TEST_CASE("cursor: varints that are too long or not minimal are refused", "[cursor]") {
  Bytes long_one(9, 0x80);
  long_one.push_back(1);
  Cursor too_long(long_one);
  fails(too_long, too_long.varint(), "varint.too_long", 0);
  const Bytes padded{0x81, 0x00};
  Cursor non_minimal(padded);
  fails(non_minimal, non_minimal.varint(), "varint.non_minimal", 0);
  const Bytes zero{0x00};
  CHECK(Cursor(zero).varint().value() == 0);
}
