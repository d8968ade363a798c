#include "core/car/followed_car.h"
#include "tests/support/catch.h"
#include "tests/unit/car/read_back.h"

#include <algorithm>
#include <string>

namespace atb {
namespace {

using test::block_of;
using test::NamedBlock;

// Some hundred batches' worth of blocks.
std::vector<NamedBlock> many_blocks(std::size_t count) {
  std::vector<NamedBlock> blocks;
  for (std::size_t i = 0; i < count; ++i)
    blocks.push_back(block_of(std::string(i % 700, 'b') + std::to_string(i)));
  return blocks;
}

// Counts how often the file was opened for reading.
struct Opened {
  Report report;
  std::size_t passes = 0;
  MemoryBytes file;
  std::optional<car::FollowedCar> car;

  explicit Opened(Bytes bytes) : file(std::move(bytes)) {
    car::ReadOptions options;
    options.batches = [this](const RandomAccess& source, const Limits& limits, const car::LookAtBlock& look) {
      ++passes;
      return car::open_batches(source, limits, look);
    };
    options.look = [](ByteView block) { return block.size() % 2 == 0; };
    auto opened = car::FollowedCar::open(file, std::move(options), report, no_progress(), never_);
    REQUIRE(opened);
    car = *std::move(opened);
  }
  void take(const NamedBlock& wanted) {
    Bytes buffer;
    const auto got = car->get(wanted.first, buffer);
    REQUIRE(got);
    CHECK(equal(*got, wanted.second));
    car->reached(wanted.first);
  }

 private:
  StopToken never_;
};

TEST_CASE("car: a file asked for in its own order is read once, without an index", "[car]") {
  const auto blocks = many_blocks(3000);
  Opened opened(test::car_of(std::array{blocks[0].first}, blocks));
  opened.take(blocks[0]);
  for (const NamedBlock& block : blocks) opened.take(block);  // the root twice, as a proof does
  REQUIRE(opened.car->settle());
  CHECK(opened.passes == 1);
  CHECK(opened.car->facts().sections == blocks.size());
  CHECK(opened.car->facts().bytes == opened.file.size());
  CHECK(opened.car->blocks() == blocks.size());
  CHECK(opened.car->extra_blocks() == 0);
  CHECK(opened.report.findings().empty());
  // Whoever wants an index gets one, with everything marked.
  auto index = opened.car->index();
  REQUIRE(index);
  CHECK((*index)->marked() == blocks.size());
  opened.take(blocks[7]);
}

TEST_CASE("car: a request out of order makes one index, wherever it comes", "[car]") {
  const auto blocks = many_blocks(900);
  const Bytes bytes = test::car_of(std::array{blocks[0].first}, blocks);
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{450}, std::size_t{898}}) {
    Opened opened(bytes);
    for (std::size_t i = 0; i < at; ++i) opened.take(blocks[i]);
    opened.take(blocks[at + 1]);
    opened.take(blocks[0]);
    opened.take(blocks[at]);
    REQUIRE(opened.car->settle());
    CHECK(opened.passes == 2);
    CHECK(opened.car->blocks() == blocks.size());
    CHECK(opened.car->extra_blocks() == blocks.size() - (at == 0 ? 2 : at + 2));
  }
}

TEST_CASE("car: what was handed out and never reached counts as extra after all", "[car]") {
  const auto blocks = many_blocks(20);
  Opened opened(test::car_of(std::array{blocks[0].first}, blocks));
  Bytes buffer;
  for (std::size_t i = 0; i < 10; ++i) {
    REQUIRE(opened.car->get(blocks[i].first, buffer));
    if (i % 2 == 0) opened.car->reached(blocks[i].first);
  }
  REQUIRE(opened.car->settle());
  CHECK(opened.car->extra_blocks() == 15);
}

TEST_CASE("car: a block that hashes wrong is never handed out while reading along", "[car]") {
  auto blocks = many_blocks(50);
  blocks[30].second[0] ^= 1U;
  Opened opened(test::car_of(std::array{blocks[0].first}, blocks));
  for (std::size_t i = 0; i < 30; ++i) opened.take(blocks[i]);
  Bytes buffer;
  const auto got = opened.car->get(blocks[30].first, buffer);
  REQUIRE_FALSE(got);
  CHECK(got.error().id == "block.missing");
  opened.take(blocks[31]);
  REQUIRE(opened.car->settle());
  CHECK(opened.report.count("car.hash") == 1);
  CHECK(opened.car->facts().wrong_hashes == 1);
}

TEST_CASE("car: what lies behind the last block asked for is looked at when settling", "[car]") {
  const auto blocks = many_blocks(40);
  const Bytes whole = test::car_of(std::array{blocks[0].first, blocks[1].first}, blocks);
  SECTION("more blocks") {
    Opened opened(whole);
    for (std::size_t i = 0; i < 39; ++i) opened.take(blocks[i]);
    REQUIRE(opened.car->settle());
    CHECK(opened.car->extra_blocks() == 1);
    CHECK(opened.report.count("car.extra_roots") == 1);
  }
  SECTION("a cut") {
    Bytes cut = whole;
    cut.push_back(40);
    Opened opened(cut);
    for (const NamedBlock& block : blocks) opened.take(block);
    REQUIRE(opened.car->settle());
    REQUIRE(opened.car->facts().broken);
    CHECK(opened.report.count("car.cut") == 1);
    CHECK(opened.car->extra_blocks() == 0);
  }
  SECTION("nothing: extra roots are told once, whatever follows") {
    Opened opened(whole);
    for (const NamedBlock& block : blocks) opened.take(block);
    REQUIRE(opened.car->settle());
    REQUIRE(opened.car->settle());
    REQUIRE(opened.car->index());
    CHECK(opened.report.count("car.extra_roots") == 1);
  }
}

TEST_CASE("car: of a block read along it is known whether the look found it plain", "[car]") {
  const auto blocks = many_blocks(10);
  Opened opened(test::car_of(std::array{blocks[0].first}, blocks));
  Bytes buffer;
  for (const auto& [cid, block] : blocks) {
    REQUIRE(opened.car->get(cid, buffer));
    CHECK(opened.car->gave_plain() == (block.size() % 2 == 0));
  }
  // The root is kept for those who ask again, and is none.
  REQUIRE(opened.car->get(blocks[0].first, buffer));
  CHECK_FALSE(opened.car->gave_plain());
}

TEST_CASE("car: only what the look found plain need not be read again, once there is an index", "[car]") {
  const auto blocks = many_blocks(10);
  Opened opened(test::car_of(std::array{blocks[0].first}, blocks));
  CHECK_FALSE(opened.car->plain_bytes(blocks[3].first));
  REQUIRE(opened.car->index());
  for (const auto& [cid, block] : blocks) {
    const auto plain = opened.car->plain_bytes(cid);
    CHECK(plain.has_value() == (block.size() % 2 == 0));
    if (plain) CHECK(*plain == block.size());
    Bytes buffer;
    REQUIRE(opened.car->get(cid, buffer));
    CHECK(opened.car->gave_plain() == plain.has_value());
  }
  CHECK_FALSE(opened.car->plain_bytes(block_of("not there").first));
}

}  // namespace
}  // namespace atb
