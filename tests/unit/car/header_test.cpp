// What stands at the start of a file: a header, or something that is no CAR at all.
#include "core/base/cursor.h"
#include "core/ipld/cbor_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/car/read_back.h"

#include <algorithm>
#include <string>

namespace atb {
namespace {

using test::block_of;
using test::error_id;
using test::header_with_roots;
using test::read_bytes;
using test::ReadBack;

ReadBack read_text(std::string_view text) { return read_bytes(as_bytes(text)); }

Bytes with_header(const ipld::CborWriter& header) {
  Bytes out;
  append_varint(out, header.written().size());
  out.insert(out.end(), header.written().begin(), header.written().end());
  return out;
}

TEST_CASE("car: a server's error page is recognised and quoted", "[car]") {
  const ReadBack html = read_text("\n <!DOCTYPE html><html><title>502 Bad Gateway</title></html>");
  CHECK(error_id(html) == "car.not_car");
  CHECK(html.error->message.find("HTML") != std::string::npos);
  CHECK(html.error->message.find("502 Bad Gateway") != std::string::npos);

  const ReadBack json = read_text(R"({"error":"RepoNotFound","message":"Could not find repo"})");
  CHECK(error_id(json) == "car.not_car");
  CHECK(json.error->message.find("JSON") != std::string::npos);
  CHECK(json.error->message.find("RepoNotFound") != std::string::npos);

  const ReadBack words = read_text("upstream connect error or disconnect/reset before headers");
  CHECK(error_id(words) == "car.not_car");
  CHECK(words.error->message.find("plain text") != std::string::npos);
}

TEST_CASE("car: an error page cannot smuggle escape sequences into the message", "[car]") {
  const ReadBack html = read_text("<html>\x1b[2J\x1b]0;owned\x07</html>");
  CHECK(error_id(html) == "car.not_car");
  CHECK(html.error->message.find('\x1b') == std::string::npos);
  CHECK(html.error->message.find('\x07') == std::string::npos);
}

TEST_CASE("car: other files are not taken for a CAR", "[car]") {
  CHECK(error_id(read_bytes(Bytes{0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00})) == "car.not_car");
  CHECK(error_id(read_bytes(Bytes{'P', 'K', 3, 4, 20, 0, 0, 0})) == "car.not_car");
  CHECK(error_id(read_bytes(Bytes{0x28, 0xb5, 0x2f, 0xfd, 0, 0})) == "car.not_car");
  CHECK(error_id(read_bytes(Bytes{0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0})) ==
        "car.not_car");
  CHECK(error_id(read_bytes(Bytes(600, 0))) == "car.not_car");
  CHECK(error_id(read_bytes(Bytes(600, 0xff))) == "car.not_car");
}

TEST_CASE("car: a header must have version 1", "[car]") {
  ipld::CborWriter second;
  second.map(1);
  second.key("version");
  second.integer(2);
  const ReadBack read = read_bytes(with_header(second));
  CHECK(error_id(read) == "car.version");
  CHECK(read.error->kind == ErrorKind::unsupported);

  ipld::CborWriter none;
  none.map(1);
  none.key("roots");
  none.array(1);
  none.link(block_of("x").first);
  CHECK(error_id(read_bytes(with_header(none))) == "car.header");
}

TEST_CASE("car: a header with other fields, or that is no CBOR, is refused", "[car]") {
  ipld::CborWriter extra;
  extra.map(3);
  extra.key("more");
  extra.integer(1);
  extra.key("roots");
  extra.array(0);
  extra.key("version");
  extra.integer(1);
  CHECK(error_id(read_bytes(with_header(extra))) == "car.header");
  CHECK(error_id(read_bytes(Bytes{3, 0xa2, 0x65, 0x72})) == "car.header");
  Bytes trailing = header_with_roots(1);
  trailing[0] = static_cast<std::uint8_t>(trailing[0] + 1);
  trailing.push_back(0);
  CHECK(error_id(read_bytes(trailing)) == "car.header");
}

TEST_CASE("car: a header needs at least one root, and each must be a CID we know", "[car]") {
  CHECK(error_id(read_bytes(header_with_roots(0))) == "car.roots");
  ipld::CborWriter missing;
  missing.map(1);
  missing.key("version");
  missing.integer(1);
  CHECK(error_id(read_bytes(with_header(missing))) == "car.roots");
  Bytes other = header_with_roots(1);
  // The codec of the root: after varint, map, "roots", array, tag 42 and the byte string's head and zero.
  const auto at = static_cast<std::size_t>(std::ranges::find(other, std::uint8_t{0x71}) - other.begin());
  REQUIRE(at < other.size());
  other[at] = 0x70;
  CHECK(error_id(read_bytes(other)) == "car.roots");
}

TEST_CASE("car: as many roots as the limit are read, one more is refused", "[car]") {
  const Limits limits;
  CHECK(error_id(read_bytes(header_with_roots(limits.car_roots), limits)) == "none");
  const ReadBack read = read_bytes(header_with_roots(limits.car_roots + 1), limits);
  CHECK(error_id(read) == "car.roots");
  CHECK(read.error->kind == ErrorKind::limit_exceeded);
}

TEST_CASE("car: a header at the limit of bytes is read, one byte more is refused", "[car]") {
  const Bytes header = header_with_roots(1);
  Limits limits;
  limits.car_header_bytes = header.size() - 1;  // without its varint
  CHECK(error_id(read_bytes(header, limits)) == "none");
  --limits.car_header_bytes;
  const ReadBack read = read_bytes(header, limits);
  CHECK(error_id(read) == "car.header");
  CHECK(read.error->kind == ErrorKind::limit_exceeded);
}

}  // namespace
}  // namespace atb
