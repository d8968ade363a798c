#include "core/ipld/cbor_reader.h"

#include "core/ipld/cbor_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/ipld/bytes_of.h"

using atb::Bytes;
using atb::ByteView;
using atb::ErrorKind;
using atb::ipld::CborReader;
using atb::ipld::CborType;
using atb::ipld::CborWriter;
using atb::ipld::Cid;
using atb::ipld::Codec;
using atb::test::hex;

namespace {

template <class Call>
std::string failure(std::string_view digits, Call call) {
  const Bytes bytes = hex(digits);
  CborReader reader(bytes);
  const auto result = call(reader);
  if (result) return "";
  CHECK(reader.offset() == 0);  // a call that fails consumes nothing
  return (result.error().kind == ErrorKind::corrupt ? "!" : "") + result.error().id;
}

}  // namespace

TEST_CASE("cbor reader: reads what the writer wrote, item by item", "[cbor]") {
  const Cid cid = Cid::of(Codec::raw, Bytes{1, 2, 3});
  CborWriter writer;
  writer.map(3);
  writer.key("n");
  writer.array(4);
  writer.integer(INT64_MAX);
  writer.integer(INT64_MIN);
  writer.null();
  writer.boolean(true);
  writer.key("t");
  writer.text("grün");
  writer.key("bl");
  writer.array(2);
  writer.bytes(Bytes(300, 7));
  writer.link(cid);
  const Bytes bytes = writer.take();

  CborReader reader(bytes);
  REQUIRE(reader.peek() == CborType::map);
  REQUIRE(reader.map() == 3U);
  auto key = reader.map_key({});
  REQUIRE(key == "n");
  REQUIRE(reader.array() == 4U);
  REQUIRE(reader.peek() == CborType::unsigned_int);
  REQUIRE(reader.integer() == INT64_MAX);
  REQUIRE(reader.peek() == CborType::negative_int);
  REQUIRE(reader.integer() == INT64_MIN);
  REQUIRE(reader.peek() == CborType::null);
  REQUIRE(reader.null());
  REQUIRE(reader.peek() == CborType::boolean);
  REQUIRE(reader.boolean() == true);
  key = reader.map_key(*key);
  REQUIRE(key == "t");
  REQUIRE(reader.text() == "grün");
  key = reader.map_key(*key);
  REQUIRE(key == "bl");
  REQUIRE(reader.array() == 2U);
  REQUIRE(reader.peek() == CborType::bytes);
  REQUIRE(reader.bytes()->size() == 300);
  REQUIRE(reader.peek() == CborType::link);
  REQUIRE_FALSE(reader.finish());
  CHECK(reader.finish().error().id == "cbor.trailing");
  CHECK(reader.finish().error().kind == ErrorKind::unsupported);
  REQUIRE(reader.link() == cid);
  REQUIRE(reader.finish());
  CHECK(reader.at_end());
}

TEST_CASE("cbor reader: another type than asked for is told, and nothing is consumed", "[cbor]") {
  CHECK(failure("60", [](auto& r) { return r.integer(); }) == "cbor.type");
  CHECK(failure("40", [](auto& r) { return r.text(); }) == "cbor.type");
  CHECK(failure("60", [](auto& r) { return r.bytes(); }) == "cbor.type");
  CHECK(failure("f6", [](auto& r) { return r.boolean(); }) == "cbor.type");
  CHECK(failure("f4", [](auto& r) { return r.null(); }) == "cbor.type");
  CHECK(failure("40", [](auto& r) { return r.link(); }) == "cbor.type");
  CHECK(failure("a0", [](auto& r) { return r.array(); }) == "cbor.type");
  CHECK(failure("80", [](auto& r) { return r.map(); }) == "cbor.type");
}

TEST_CASE("cbor reader: each rule broken has its id, and its kind tells damage from deviation", "[cbor]") {
  const auto integer = [](auto& r) { return r.integer(); };
  CHECK(failure("", integer) == "!cbor.cut");
  CHECK(failure("1900", integer) == "!cbor.cut");
  CHECK(failure("1c", integer) == "!cbor.malformed");
  CHECK(failure("1f", integer) == "!cbor.malformed");
  CHECK(failure("ff", integer) == "!cbor.malformed");
  CHECK(failure("f817", integer) == "!cbor.malformed");
  CHECK(failure("1817", integer) == "cbor.non_minimal_int");
  CHECK(failure("1b8000000000000000", integer) == "cbor.integer_range");
  CHECK(failure("3b8000000000000000", integer) == "cbor.integer_range");
  CHECK(failure("f90000", integer) == "cbor.float");
  CHECK(failure("f7", integer) == "cbor.simple");
  CHECK(failure("f820", integer) == "cbor.simple");
  CHECK(failure("c100", integer) == "cbor.tag");
  const auto text = [](auto& r) { return r.text(); };
  CHECK(failure("7f6161ff", text) == "cbor.indefinite");
  CHECK(failure("61ff", text) == "cbor.utf8");
  CHECK(failure("6261", text) == "!cbor.cut");
  CHECK(failure("7bffffffffffffffff61", text) == "!cbor.cut");
  const auto bytes = [](auto& r) { return r.bytes(); };
  CHECK(failure("5b8000000000000000", bytes) == "!cbor.cut");
  const auto link = [](auto& r) { return r.link(); };
  CHECK(failure("d82a", link) == "!cbor.cut");
  CHECK(failure("d82a60", link) == "cbor.link");
  CHECK(failure("d82a40", link) == "cbor.link");
  CHECK(failure("d82a5825", link) == "!cbor.cut");
}

TEST_CASE("cbor reader: a count that the bytes left cannot hold is refused before anyone allocates",
          "[cbor]") {
  const auto array = [](auto& r) { return r.array(); };
  const auto map = [](auto& r) { return r.map(); };
  CHECK(failure("820102", array).empty());
  CHECK(failure("8301 02", array) == "!cbor.cut");
  CHECK(failure("9b0000010000000000", array) == "!cbor.cut");
  CHECK(failure("9bffffffffffffffff", array) == "!cbor.cut");
  CHECK(failure("a1 6000", map).empty());
  CHECK(failure("a2 6000 60", map) == "!cbor.cut");
  CHECK(failure("bb0000010000000000", map) == "!cbor.cut");
  CHECK(failure("bb8000000000000000 6000", map) == "!cbor.cut");
}

TEST_CASE("cbor reader: map keys are text, in canonical order, each once", "[cbor]") {
  CHECK(failure("01", [](auto& r) { return r.map_key({}); }) == "cbor.key_type");
  CHECK(failure("6161", [](auto& r) { return r.map_key({}); }).empty());
  CHECK(failure("60", [](auto& r) { return r.map_key({}); }).empty());
  CHECK(failure("6161", [](auto& r) { return r.map_key("a"); }) == "cbor.duplicate_key");
  CHECK(failure("60", [](auto& r) { return r.map_key(""); }) == "cbor.duplicate_key");
  CHECK(failure("6161", [](auto& r) { return r.map_key("b"); }) == "cbor.key_order");
  CHECK(failure("617a", [](auto& r) { return r.map_key("aa"); }) == "cbor.key_order");
  CHECK(failure("626161", [](auto& r) { return r.map_key("z"); }).empty());
  CHECK(failure("61ff", [](auto& r) { return r.map_key("A"); }) == "cbor.utf8");
}
