#include "core/car/reader.h"

#include "core/base/cursor.h"
#include "core/base/text.h"
#include "core/car/writer.h"
#include "core/ipld/cbor_writer.h"
#include "tests/support/catch.h"
#include "tests/support/memory_blocks.h"

#include <random>
#include <string>

namespace atb {
namespace {

using test::NamedBlock;

NamedBlock block_of(std::string_view text, ipld::Codec codec = ipld::Codec::dag_cbor) {
  return {ipld::Cid::of(codec, as_bytes(text)), to_bytes(as_bytes(text))};
}

// Hands out a few bytes a call, as a network does.
class Drip final : public ByteSource {
 public:
  Drip(ByteView bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  Result<std::size_t> read(MutableByteView buffer) override {
    const std::size_t count = std::min({step_, buffer.size(), bytes_.size()});
    std::copy_n(bytes_.begin(), count, buffer.begin());
    bytes_ = bytes_.subspan(count);
    return count;
  }

 private:
  ByteView bytes_;
  std::size_t step_;
};

class FailingSource final : public ByteSource {
 public:
  explicit FailingSource(ByteView bytes) : first_(bytes, bytes.size()) {}
  Result<std::size_t> read(MutableByteView buffer) override {
    auto got = first_.read(buffer);
    if (got && *got > 0) return got;
    return fail(ErrorKind::network, "test.reset", "the connection was reset");
  }

 private:
  Drip first_;
};

struct ReadBack {
  std::vector<NamedBlock> blocks;
  std::vector<car::Section> odd;  // their block views are dead
  std::optional<Error> error;
  std::uint64_t offset = 0;
};

ReadBack read_all_of(ByteSource& source, const Limits& limits = {}) {
  ReadBack out;
  auto reader = car::Reader::open(source, limits);
  if (!reader) {
    out.error = reader.error();
    return out;
  }
  while (true) {
    auto section = reader->next();
    out.offset = reader->offset();
    if (!section) {
      out.error = section.error();
      return out;
    }
    if (!*section) return out;
    if ((*section)->state == car::Section::State::good) {
      out.blocks.emplace_back(*(*section)->cid, to_bytes((*section)->block));
    } else {
      out.odd.push_back(**section);
    }
  }
}

ReadBack read_bytes(ByteView bytes, const Limits& limits = {}) {
  const auto source = stream_of(bytes);
  return read_all_of(*source, limits);
}

ReadBack read_text(std::string_view text) { return read_bytes(as_bytes(text)); }

std::string error_id(const ReadBack& read) { return read.error ? read.error->id : "none"; }

Bytes with_header(const ipld::CborWriter& header) {
  Bytes out;
  append_varint(out, header.written().size());
  out.insert(out.end(), header.written().begin(), header.written().end());
  return out;
}

Bytes header_with_roots(std::size_t count) {
  const std::vector<ipld::Cid> roots(count, block_of("root").first);
  return test::car_of(roots, {});
}

void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

TEST_CASE("car: what the writer wrote the reader reads", "[car]") {
  std::vector<NamedBlock> blocks = {block_of("one"), block_of("two", ipld::Codec::raw), block_of("")};
  blocks.push_back(block_of(std::string(300'000, 'x')));  // larger than what is left of a buffer
  for (int i = 0; i < 2000; ++i) blocks.push_back(block_of(std::string(900, 'y') + std::to_string(i)));
  const Bytes car = test::car_of(std::array{blocks[0].first}, blocks);

  for (const std::size_t step : {std::size_t{4099}, std::size_t{1} << 24}) {
    Drip source(car, step);
    const ReadBack read = read_all_of(source);
    CHECK(error_id(read) == "none");
    CHECK(read.blocks == blocks);
    CHECK(read.odd.empty());
    CHECK(read.offset == car.size());
  }
}

TEST_CASE("car: offsets point at the block's first byte", "[car]") {
  const auto one = block_of("first block");
  const auto two = block_of("second block");
  const Bytes car = test::car_of(std::array{one.first}, std::array{one, two});
  const auto source = stream_of(car);
  auto reader = car::Reader::open(*source, {});
  REQUIRE(reader);
  CHECK(reader->header().roots == std::vector{one.first});
  CHECK(reader->offset() == reader->header().bytes);
  for (const auto& expected : {one, two}) {
    auto section = reader->next();
    REQUIRE(section);
    REQUIRE(section->has_value());
    CHECK((*section)->section_offset + 37 == (*section)->block_offset);
    CHECK(equal(ByteView(car).subspan((*section)->block_offset, expected.second.size()), expected.second));
  }
}

TEST_CASE("car: section_bytes tells what the writer writes", "[car]") {
  for (const std::size_t size : {0U, 1U, 90U, 91U, 92U, 16'000U, 16'346U, 16'347U, 16'348U, 70'000U}) {
    BytesSink out(1U << 20);
    const auto block = block_of(std::string(size, 'z'));
    auto writer = car::Writer::start(out, std::array{block.first});
    REQUIRE(writer);
    const auto before = writer->bytes_written();
    CHECK(before == out.bytes().size());
    REQUIRE(writer->put(block.first, block.second));
    CHECK(writer->bytes_written() - before == car::section_bytes(size));
    CHECK(writer->bytes_written() == out.bytes().size());
    CHECK(writer->blocks_written() == 1);
  }
}

TEST_CASE("car: a full output ends the writer", "[car]") {
  BytesSink tiny(10);
  CHECK_FALSE(car::Writer::start(tiny, std::array{block_of("x").first}));
  BytesSink small(70);
  auto writer = car::Writer::start(small, std::array{block_of("x").first});
  REQUIRE(writer);
  CHECK_FALSE(writer->put(block_of("x").first, as_bytes("x")));
  CHECK(writer->blocks_written() == 0);
}

TEST_CASE("car: a file cut at any byte is cut, or ends cleanly between sections", "[car]") {
  const std::vector<NamedBlock> blocks = {block_of("one"), block_of(std::string(200, 'b')),
                                          block_of("three")};
  const Bytes car = test::car_of(std::array{blocks[0].first}, blocks);
  const Bytes header = test::car_of(std::array{blocks[0].first}, {});
  std::vector<std::size_t> clean = {header.size()};
  for (const auto& [cid, block] : blocks) clean.push_back(clean.back() + car::section_bytes(block.size()));
  REQUIRE(clean.back() == car.size());

  for (std::size_t length = 0; length <= car.size(); ++length) {
    const ReadBack read = read_bytes(ByteView(car).first(length));
    const auto boundary = std::ranges::find(clean, length);
    INFO("cut after " << length << " bytes");
    if (length == 0) {
      CHECK(error_id(read) == "car.empty");
    } else if (boundary != clean.end()) {
      CHECK(error_id(read) == "none");
      CHECK(read.blocks.size() == static_cast<std::size_t>(boundary - clean.begin()));
    } else {
      CHECK(error_id(read) == "car.cut");
      CHECK(read.error->kind == ErrorKind::corrupt);
    }
  }
}

TEST_CASE("car: one flipped byte is always noticed", "[car]") {
  const std::vector<NamedBlock> blocks = {block_of("one"), block_of(std::string(200, 'b')),
                                          block_of("three")};
  const Bytes car = test::car_of(std::array{blocks[0].first}, blocks);
  for (std::size_t at = 0; at < car.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U}) {
      Bytes bad = car;
      bad[at] = static_cast<std::uint8_t>(bad[at] ^ flip);
      const auto source = stream_of(bad);
      auto reader = car::Reader::open(*source, {});
      // In the header only the root's CID can change unnoticed here: then the root is not among the blocks.
      const bool other_root = reader && reader->header().roots != std::vector{blocks[0].first};
      const ReadBack read = read_bytes(bad);
      INFO("byte " << at << " flipped by " << flip);
      CHECK((other_root || read.error || read.blocks != blocks));
    }
  }
}

TEST_CASE("car: a block whose hash differs is reported with its offset, and reading goes on", "[car]") {
  const auto one = block_of("one");
  auto two = block_of("two");
  const auto three = block_of("three");
  two.second[1] ^= 1U;
  const Bytes car = test::car_of(std::array{one.first}, std::array{one, two, three});
  const ReadBack read = read_bytes(car);
  CHECK(error_id(read) == "none");
  CHECK(read.blocks == std::vector{one, three});
  REQUIRE(read.odd.size() == 1);
  CHECK(read.odd[0].state == car::Section::State::wrong_hash);
  CHECK(read.odd[0].cid == two.first);
  CHECK(car[read.odd[0].block_offset] == 't');
}

TEST_CASE("car: a CID of another kind is told and skipped", "[car]") {
  const auto good = block_of("good");
  const crypto::Digest digest = good.first.digest();
  Bytes version_0 = {0x12, 0x20};
  append(version_0, digest);
  Bytes other_codec = {0x01, 0x70, 0x12, 0x20};
  append(other_codec, digest);
  const Bytes identity = {0x01, 0x55, 0x00, 0x03, 'a', 'b', 'c'};
  Bytes sha512 = {0x01, 0x71, 0x13, 0x40};
  append(sha512, digest);
  append(sha512, digest);
  Bytes version_9 = {0x09, 0x71, 0x12, 0x20};
  append(version_9, digest);

  for (const Bytes& cid : {version_0, other_codec, identity, sha512, version_9}) {
    Bytes car = test::car_of(std::array{good.first}, std::array{good});
    Bytes section = cid;
    append(section, as_bytes("good"));
    append_varint(car, section.size());
    append(car, section);
    const std::uint64_t end = car.size();
    Bytes tail;
    append_varint(tail, 40);
    append(tail, good.first.bytes());
    append(tail, good.second);
    append(car, tail);

    const ReadBack read = read_bytes(car);
    CHECK(error_id(read) == "none");
    CHECK(read.blocks.size() == 2);
    REQUIRE(read.odd.size() == 1);
    CHECK(read.odd[0].state == car::Section::State::unsupported_cid);
    CHECK_FALSE(read.odd[0].cid);
    if (cid != version_9) CHECK(read.odd[0].block_offset == end - 4);
  }
}

TEST_CASE("car: a section too short for a CID is an error", "[car]") {
  const auto good = block_of("good");
  for (const Bytes& section : {Bytes{0}, Bytes{1, 0x01}, Bytes{3, 0x01, 0x71, 0x12}, Bytes{4, 9, 9, 9, 9}}) {
    Bytes car = test::car_of(std::array{good.first}, std::array{good});
    append(car, section);
    const ReadBack read = read_bytes(car);
    CHECK(error_id(read) == "car.section");
    CHECK(read.error->kind == ErrorKind::corrupt);
    CHECK(read.blocks.size() == 1);
  }
}

TEST_CASE("car: a section length that is no varint is an error", "[car]") {
  const auto good = block_of("good");
  for (const Bytes& length : {Bytes{0x80, 0x00}, Bytes(12, 0xff)}) {
    Bytes car = test::car_of(std::array{good.first}, std::array{good});
    append(car, length);
    CHECK(error_id(read_bytes(car)) == "car.section");
  }
}

TEST_CASE("car: a block at the limit is read, one byte more is refused", "[car]") {
  Limits limits;
  limits.block_bytes = 1000;
  const auto at = block_of(std::string(1000, 'a'));
  const auto past = block_of(std::string(1001, 'a'));
  CHECK(error_id(read_bytes(test::car_of(std::array{at.first}, std::array{at}), limits)) == "none");
  const ReadBack read = read_bytes(test::car_of(std::array{past.first}, std::array{past}), limits);
  CHECK(error_id(read) == "car.block_too_large");
  CHECK(read.error->kind == ErrorKind::limit_exceeded);
}

TEST_CASE("car: a section of absurd length is refused before anything is allocated", "[car]") {
  const auto good = block_of("good");
  Bytes car = test::car_of(std::array{good.first}, std::array{good});
  append_varint(car, (1ULL << 62) + 5);
  const ReadBack read = read_bytes(car);
  CHECK(error_id(read) == "car.block_too_large");
}

TEST_CASE("car: a file at the limit of bytes is read, one byte more is refused", "[car]") {
  const std::vector<NamedBlock> blocks = {block_of("one"), block_of("two")};
  const Bytes car = test::car_of(std::array{blocks[0].first}, blocks);
  Limits limits;
  limits.repo_bytes = car.size();
  CHECK(error_id(read_bytes(car, limits)) == "none");
  limits.repo_bytes = car.size() - 1;
  CHECK(error_id(read_bytes(car, limits)) == "car.too_large");
}

TEST_CASE("car: a file at the limit of blocks is read, one block more is refused", "[car]") {
  const std::vector<NamedBlock> blocks = {block_of("one"), block_of("two")};
  const Bytes car = test::car_of(std::array{blocks[0].first}, blocks);
  Limits limits;
  limits.repo_blocks = 2;
  CHECK(error_id(read_bytes(car, limits)) == "none");
  limits.repo_blocks = 1;
  const ReadBack read = read_bytes(car, limits);
  CHECK(error_id(read) == "car.too_large");
  CHECK(read.error->kind == ErrorKind::limit_exceeded);
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

TEST_CASE("car: an error of the source passes through", "[car]") {
  const auto block = block_of("good");
  const Bytes car = test::car_of(std::array{block.first}, std::array{block});
  for (std::size_t length = 0; length <= car.size(); ++length) {
    FailingSource source(ByteView(car).first(length));
    CHECK(error_id(read_all_of(source)) == "test.reset");
  }
}

TEST_CASE("car: random bytes after a good header never crash the reader", "[car]") {
  std::mt19937_64 random(7);
  const Bytes header = header_with_roots(1);
  for (int round = 0; round < 2000; ++round) {
    Bytes car = header;
    const std::size_t length = random() % 300;
    for (std::size_t i = 0; i < length; ++i) car.push_back(static_cast<std::uint8_t>(random()));
    (void)read_bytes(car);
  }
}

}  // namespace
}  // namespace atb
