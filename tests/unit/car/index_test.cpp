#include "core/base/byte_source.h"
#include "core/car/block_index.h"
#include "core/car/indexed_car.h"
#include "core/car/spool.h"
#include "tests/support/catch.h"
#include "tests/support/memory_blocks.h"
#include "tests/support/repo_fixture.h"

#include <algorithm>
#include <random>
#include <string>
#include <unordered_map>

namespace atb {
namespace {

using test::NamedBlock;

ipld::Cid cid_of(std::uint64_t number, ipld::Codec codec = ipld::Codec::dag_cbor) {
  return ipld::Cid::of(codec, as_bytes("block " + std::to_string(number)));
}

NamedBlock block_of(std::string_view text) {
  return {ipld::Cid::of(ipld::Codec::dag_cbor, as_bytes(text)), to_bytes(as_bytes(text))};
}

std::vector<std::uint64_t> unmarked_offsets(const car::BlockIndex& index) {
  std::vector<std::uint64_t> offsets;
  REQUIRE(index.for_each_unmarked([&](const ipld::Cid&, car::Location place) -> Status {
    offsets.push_back(place.offset);
    return {};
  }));
  return offsets;
}

TEST_CASE("car: the index finds what was added, after sealing, again and again", "[car]") {
  car::BlockIndex index;
  std::uint64_t added = 0;
  // Many at first, then a few at a time, then many again: sorting and merging both.
  for (const std::uint64_t batch : {5000U, 1U, 10U, 100U, 1U, 6000U}) {
    const std::uint64_t from = added;
    for (; added < from + batch; ++added) {
      REQUIRE(index.add(cid_of(added), {added * 1000, static_cast<std::uint32_t>(added)}));
    }
    CHECK_FALSE(index.find(cid_of(from)));
    index.seal();
    CHECK(index.size() == added);
    for (std::uint64_t i = 0; i < added; ++i) {
      const auto place = index.find(cid_of(i));
      if (!place || place->offset != i * 1000 || place->length != i) FAIL("block " << i << " is lost");
    }
  }
  CHECK_FALSE(index.find(cid_of(added)));
  CHECK(index.duplicates() == 0);
}

TEST_CASE("car: a CID seen again keeps its first place and is counted", "[car]") {
  car::BlockIndex index;
  REQUIRE(index.add(cid_of(1), {10, 1}));
  REQUIRE(index.add(cid_of(2), {20, 1}));
  REQUIRE(index.add(cid_of(1), {30, 1}));
  index.seal();
  CHECK(index.size() == 2);
  CHECK(index.duplicates() == 1);
  REQUIRE(index.add(cid_of(2), {40, 1}));
  REQUIRE(index.add(cid_of(3), {50, 1}));
  index.seal();
  CHECK(index.size() == 3);
  CHECK(index.duplicates() == 2);
  CHECK(index.find(cid_of(1))->offset == 10);
  CHECK(index.find(cid_of(2))->offset == 20);
  CHECK(index.find(cid_of(3))->offset == 50);
}

TEST_CASE("car: the same digest under two codecs is two CIDs", "[car]") {
  car::BlockIndex index;
  REQUIRE(index.add(cid_of(1, ipld::Codec::raw), {10, 1}));
  index.seal();
  CHECK_FALSE(index.find(cid_of(1)));
  REQUIRE(index.add(cid_of(1), {20, 1}));
  index.seal();
  CHECK(index.size() == 2);
  CHECK(index.find(cid_of(1, ipld::Codec::raw))->offset == 10);
  CHECK(index.find(cid_of(1))->offset == 20);
}

TEST_CASE("car: marks tell what was reached, the rest comes in file order", "[car]") {
  car::BlockIndex index;
  for (std::uint64_t i = 0; i < 200; ++i) REQUIRE(index.add(cid_of(i), {i * 10, 5}));
  index.seal();
  for (std::uint64_t i = 0; i < 200; i += 2) CHECK(index.mark(cid_of(i)));
  CHECK_FALSE(index.mark(cid_of(0)));
  CHECK_FALSE(index.mark(cid_of(1000)));
  CHECK(index.marked() == 100);
  std::vector<std::uint64_t> odd;
  for (std::uint64_t i = 1; i < 200; i += 2) odd.push_back(i * 10);
  CHECK(unmarked_offsets(index) == odd);

  std::size_t visits = 0;
  const auto stopped = index.for_each_unmarked([&](const ipld::Cid& cid, car::Location) -> Status {
    ++visits;
    CHECK(cid == cid_of(1));
    return fail(ErrorKind::io, "test.stop", "enough");
  });
  CHECK_FALSE(stopped);
  CHECK(visits == 1);

  index.clear_marks();
  CHECK(index.marked() == 0);
  CHECK(index.mark(cid_of(0)));
}

TEST_CASE("car: sealing more blocks takes the marks away, sealing nothing leaves them", "[car]") {
  car::BlockIndex index;
  REQUIRE(index.add(cid_of(1), {1, 1}));
  index.seal();
  REQUIRE(index.mark(cid_of(1)));
  index.seal();
  CHECK(index.marked() == 1);
  REQUIRE(index.add(cid_of(2), {2, 1}));
  index.seal();
  CHECK(index.marked() == 0);
  CHECK(unmarked_offsets(index) == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("car: the index holds places up to its limits and refuses those past them", "[car]") {
  constexpr std::uint64_t kOffset = (1ULL << 39) - 1;
  constexpr std::uint32_t kLength = (1U << 23) - 1;
  car::BlockIndex index;
  REQUIRE(index.add(cid_of(1), {kOffset, kLength}));
  index.seal();
  CHECK(index.find(cid_of(1))->offset == kOffset);
  CHECK(index.find(cid_of(1))->length == kLength);
  for (const car::Location place : {car::Location{kOffset + 1, 1}, car::Location{1, kLength + 1}}) {
    const auto added = index.add(cid_of(2), place);
    REQUIRE_FALSE(added);
    CHECK(added.error().id == "car.too_large");
    CHECK(added.error().kind == ErrorKind::limit_exceeded);
  }
}

TEST_CASE("car: an empty index has nothing", "[car]") {
  car::BlockIndex index;
  CHECK_FALSE(index.find(cid_of(1)));
  index.seal();
  CHECK(index.size() == 0);
  CHECK_FALSE(index.mark(cid_of(1)));
  CHECK(unmarked_offsets(index).empty());
}

TEST_CASE("car: an indexed file gives its blocks by CID", "[car]") {
  std::vector<NamedBlock> blocks;
  for (int i = 0; i < 500; ++i)
    blocks.push_back(block_of(std::string(static_cast<std::size_t>(i), 'a') + std::to_string(i)));
  const MemoryBytes file(test::car_of(std::array{blocks[7].first}, blocks));
  Report report;
  auto car = car::IndexedCar::read(file, {}, report, no_progress(), {});
  REQUIRE(car);
  CHECK(car->facts().sections == 500);
  CHECK(car->facts().bytes == file.size());
  CHECK_FALSE(car->facts().broken);
  CHECK(car->facts().header.roots == std::vector{blocks[7].first});
  CHECK(report.findings().empty());

  car::IndexedCar moved = *std::move(car);  // as it leaves a function
  Bytes buffer;
  for (const auto& [cid, block] : blocks) {
    CHECK(moved.index().find(cid));
    const auto got = moved.get(cid, buffer);
    REQUIRE(got);
    CHECK(equal(*got, block));
  }
  CHECK_FALSE(moved.index().find(cid_of(1)));
  const auto missing = moved.get(cid_of(1), buffer);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::not_found);
  CHECK(missing.error().id == "block.missing");
}

TEST_CASE("car: what is odd about a file is found, and the rest is indexed", "[car]") {
  const auto one = block_of("one");
  auto two = block_of("two");
  const auto two_cid = two.first;
  two.second[0] ^= 1U;
  Bytes bytes = test::car_of(std::array{one.first, two.first}, std::array{one, two, one});
  bytes.insert(bytes.end(), {6, 0x01, 0x55, 0x00, 0x01, 'a', 'b'});  // an identity CID
  bytes.insert(bytes.end(), {40, 1, 2, 3});                          // cut
  const MemoryBytes file(bytes);
  Report report;
  auto car = car::IndexedCar::read(file, {}, report, no_progress(), {});
  REQUIRE(car);
  CHECK(car->index().find(one.first));
  CHECK_FALSE(car->index().find(two_cid));
  CHECK(car->facts().sections == 2);
  CHECK(car->facts().wrong_hashes == 1);
  CHECK(car->facts().unsupported == 1);
  REQUIRE(car->facts().broken);
  CHECK(car->facts().broken->id == "car.cut");
  CHECK(report.count("car.hash") == 1);
  CHECK(report.count("car.unsupported_cid") == 1);
  CHECK(report.count("car.cut") == 1);
  CHECK(report.count("car.extra_roots") == 1);
  CHECK(report.count("car.duplicate_blocks") == 1);
  for (const Finding& finding : report.findings()) {
    const bool harmless = finding.id == "car.extra_roots" || finding.id == "car.duplicate_blocks";
    CHECK(finding.severity == (harmless ? Severity::info : Severity::damage));
    if (finding.id == "car.hash") CHECK(finding.where == two_cid.str());
  }
}

TEST_CASE("car: a file without a header cannot be indexed", "[car]") {
  Report report;
  const MemoryBytes empty(Bytes{});
  const auto car = car::IndexedCar::read(empty, {}, report, no_progress(), {});
  REQUIRE_FALSE(car);
  CHECK(car.error().id == "car.empty");
}

TEST_CASE("car: indexing stops when asked", "[car]") {
  const auto one = block_of("one");
  const MemoryBytes file(test::car_of(std::array{one.first}, std::array{one}));
  std::stop_source source;
  source.request_stop();
  Report report;
  const auto car = car::IndexedCar::read(file, {}, report, no_progress(), source.get_token());
  REQUIRE_FALSE(car);
  CHECK(car.error().kind == ErrorKind::cancelled);
}

// A disk that fails after some reads.
class FailingDisk final : public RandomAccess {
 public:
  FailingDisk(const RandomAccess& file, std::uint64_t good_until) : file_(&file), good_until_(good_until) {}
  std::uint64_t size() const override { return file_->size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    if (offset >= good_until_) return fail(ErrorKind::io, "test.disk", "the disk fails");
    return file_->read_at(offset, buffer.first(std::min<std::size_t>(buffer.size(), good_until_ - offset)));
  }

 private:
  const RandomAccess* file_;
  std::uint64_t good_until_;
};

TEST_CASE("car: a failing disk is no damage of the file", "[car]") {
  const auto one = block_of("one");
  const MemoryBytes file(test::car_of(std::array{one.first}, std::array{one}));
  Report report;
  const FailingDisk disk(file, file.size() - 2);
  const auto car = car::IndexedCar::read(disk, {}, report, no_progress(), {});
  REQUIRE_FALSE(car);
  CHECK(car.error().kind == ErrorKind::io);
  CHECK(report.findings().empty());
}

// One scratch file with two faces.
class Scratch final : public ByteSink, public RandomAccess {
 public:
  Status write(ByteView bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    const ByteView rest = ByteView(bytes_).subspan(std::min<std::size_t>(offset, bytes_.size()));
    const std::size_t count = std::min(rest.size(), buffer.size());
    std::copy_n(rest.begin(), count, buffer.begin());
    return count;
  }

 private:
  Bytes bytes_;
};

TEST_CASE("car: a spool gives back what several answers brought", "[car]") {
  Scratch scratch;
  car::Spool spool(scratch, scratch, {}, 0);
  const auto one = block_of("one");
  const auto two = block_of("two");
  const auto empty = block_of("");
  REQUIRE(spool.put(one.first, one.second));
  REQUIRE(spool.put(empty.first, empty.second));
  spool.seal();
  REQUIRE(spool.put(one.first, one.second));  // skipped
  REQUIRE(spool.put(two.first, two.second));
  CHECK_FALSE(spool.has(two.first));
  spool.seal();
  CHECK(spool.bytes() == 6);
  CHECK(scratch.size() == 0);  // so little is not worth a write
  const auto large = block_of(std::string(300'000, 'l'));
  const auto last = block_of("last");
  REQUIRE(spool.put(large.first, large.second));
  REQUIRE(spool.put(last.first, last.second));
  spool.seal();
  CHECK(spool.bytes() == 300'010);
  CHECK(scratch.size() == 300'006);
  Bytes buffer;
  for (const auto& [cid, block] : {one, two, empty, large, last}) {
    const auto got = spool.get(cid, buffer);
    REQUIRE(got);
    CHECK(equal(*got, block));
  }
  const auto missing = spool.get(cid_of(9), buffer);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().id == "block.missing");
}

TEST_CASE("car: a spool holds what it may in memory, and all the rest goes to the disk", "[car]") {
  Scratch scratch;
  car::Spool spool(scratch, scratch, {}, 2'500'000);
  std::vector<NamedBlock> blocks;
  for (char letter = 'a'; letter < 'i'; ++letter) {
    blocks.push_back(block_of(std::string(500'000, letter)));
    REQUIRE(spool.put(blocks.back().first, blocks.back().second));
    CHECK(scratch.size() == (letter < 'e' ? 0 : spool.bytes()));
  }
  blocks.push_back(block_of("few"));
  REQUIRE(spool.put(blocks.back().first, blocks.back().second));
  CHECK(scratch.size() == spool.bytes() - 3);
  spool.seal();
  Bytes buffer;
  for (const auto& [cid, block] : blocks) {
    const auto got = spool.get(cid, buffer);
    REQUIRE(got);
    CHECK(equal(*got, block));
  }
}

TEST_CASE("car: what a spool gives of its memory stays while others are asked for", "[car]") {
  Scratch scratch;
  car::Spool spool(scratch, scratch);
  const test::RepoFixture repo = test::make_repo({.records = 300});
  for (const auto& [cid, block] : repo.blocks) REQUIRE(spool.put(cid, block));
  spool.seal();
  REQUIRE(scratch.size() == 0);
  Bytes buffer;
  std::vector<ByteView> given;
  for (const auto& [cid, block] : repo.blocks) given.push_back(spool.get(cid, buffer).value());
  for (std::size_t i = 0; i < given.size(); ++i) CHECK(equal(given[i], repo.blocks[i].second));
}

TEST_CASE("car: a scratch file that lost its end is told", "[car]") {
  Scratch scratch;
  BytesSink elsewhere(1'000'000);
  car::Spool spool(elsewhere, scratch, {}, 0);
  const auto one = block_of(std::string(300'000, '1'));
  REQUIRE(spool.put(one.first, one.second));
  spool.seal();
  Bytes buffer;
  const auto got = spool.get(one.first, buffer);
  REQUIRE_FALSE(got);
  CHECK(got.error().id == "input.cut");
}

TEST_CASE("car: a spool that cannot write says so", "[car]") {
  Scratch scratch;
  BytesSink full(2);
  car::Spool spool(full, scratch, {}, 0);
  const auto one = block_of(std::string(300'000, '1'));
  CHECK_FALSE(spool.put(one.first, one.second));
}

TEST_CASE("car: a spool notes which blocks a look found plain", "[car]") {
  Scratch scratch;
  car::Spool spool(scratch, scratch, [](ByteView block) { return block.size() == 3; });
  const auto one = block_of("one");
  const auto three = block_of("three");
  REQUIRE(spool.put(one.first, one.second));
  REQUIRE(spool.put(three.first, three.second));
  spool.seal();
  CHECK(spool.plain_bytes(one.first) == std::optional<std::size_t>(3));
  CHECK_FALSE(spool.plain_bytes(three.first));
  CHECK_FALSE(spool.plain_bytes(cid_of(1)));
  Bytes buffer;
  REQUIRE(spool.get(one.first, buffer));
  CHECK(spool.gave_plain());
  REQUIRE(spool.get(three.first, buffer));
  CHECK_FALSE(spool.gave_plain());
}

TEST_CASE("car: the same of blocks that lie on the disk", "[car]") {
  Scratch scratch;
  car::Spool spool(scratch, scratch, [](ByteView block) { return block.size() == 3; }, 0);
  const auto one = block_of("one");
  const auto large = block_of(std::string(300'000, 'l'));
  for (const auto& [cid, block] : {one, large}) REQUIRE(spool.put(cid, block));
  spool.seal();
  REQUIRE(scratch.size() == spool.bytes());
  Bytes buffer;
  REQUIRE(spool.get(one.first, buffer));
  CHECK(spool.gave_plain());
  REQUIRE(spool.get(large.first, buffer));
  CHECK_FALSE(spool.gave_plain());
}

// Counts how often it is read.
class CountedBytes final : public RandomAccess {
 public:
  explicit CountedBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    ++reads;
    return bytes_.read_at(offset, buffer);
  }
  mutable int reads = 0;

 private:
  MemoryBytes bytes_;
};

TEST_CASE("car: places near each other are read together, also where others lie between", "[car]") {
  const CountedBytes file(Bytes(4'000'000));
  car::NearReader reader(file);
  Bytes buffer(100);
  // A walk through nodes and records, each backwards.
  for (std::uint64_t step = 0; step < 1000; ++step) {
    REQUIRE(reader.read(3'900'000 - 300 * step, buffer));
    REQUIRE(reader.read(1'900'000 - 700 * step, buffer));
  }
  CHECK(file.reads < 40);
}

// Reads short, and fails now and then.
class UnsteadyBytes final : public RandomAccess {
 public:
  explicit UnsteadyBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    if (random_() % 4 == 0) return fail(ErrorKind::io, "file.read", "not now");
    return bytes_.read_at(offset, buffer.first(std::min<std::size_t>(buffer.size(), 1 + random_() % 50'000)));
  }

 private:
  MemoryBytes bytes_;
  mutable std::mt19937_64 random_{3};
};

TEST_CASE("car: after a read that failed the next gives the right bytes, or fails too", "[car]") {
  std::mt19937_64 random(12);
  Bytes bytes(300'000);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  const UnsteadyBytes file(bytes);
  car::NearReader reader(file);
  int failed = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t at = random() % (bytes.size() - 300);
    Bytes buffer(300);
    if (reader.read(at, buffer)) {
      REQUIRE(equal(buffer, ByteView(bytes).subspan(at, buffer.size())));
    } else {
      ++failed;
    }
  }
  CHECK(failed > 100);
  CHECK(failed < 4900);
}

TEST_CASE("car: places read near each other, far apart, forwards and backwards are the file's bytes",
          "[car]") {
  std::mt19937_64 random(11);
  Bytes bytes(700'001);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  const MemoryBytes file(bytes);
  car::NearReader reader(file);
  std::uint64_t at = bytes.size() / 2;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t size = i % 1000 == 0 ? 70'000 : random() % 600;
    switch (random() % 8) {
      case 0:
        at = random() % bytes.size();
        break;
      case 1:
      case 2:
        at += random() % 900;
        break;
      default:
        at -= std::min<std::uint64_t>(at, random() % 900);
    }
    at = std::min<std::uint64_t>(at, bytes.size() - size);
    Bytes buffer(size);
    REQUIRE(reader.read(at, buffer));
    REQUIRE(equal(buffer, ByteView(bytes).subspan(at, size)));
  }
  Bytes past(10);
  CHECK(reader.read(bytes.size() - 9, past).error().id == "input.cut");
  CHECK(reader.read(bytes.size() + 9, past).error().id == "input.cut");
}

}  // namespace
}  // namespace atb
