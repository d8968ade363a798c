// Trees made to keep a walker busy for ever.
#include "core/mst/walker.h"
#include "tests/support/catch.h"
#include "tests/support/tree_maker.h"

#include <algorithm>
#include <random>
#include <string>

namespace atb {
namespace {

using test::Leaf;
using test::put_node;
using test::walk_tree;

std::vector<std::string> keys_at(unsigned height, const std::string& prefix, int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) keys.push_back(test::key_at(height, prefix + std::to_string(100 + i)));
  return keys;
}

TEST_CASE("mst: nodes shared by all links above them are read once or twice, not exponentially often",
          "[mst]") {
  constexpr int kWidth = 20;
  constexpr unsigned kHeight = 5;  // 21^5 ways down
  test::MemoryBlocks blocks;
  test::Link below;
  for (unsigned height = 0; height <= kHeight; ++height) {
    // Ascending with the height, so that each node is in place as the leftmost subtree of the next.
    std::vector<Leaf> leaves;
    for (const std::string& key : keys_at(height, std::string(1, static_cast<char>('a' + height)), kWidth))
      leaves.emplace_back(key, below);
    below = put_node(blocks, below, leaves);
  }
  const auto walked = walk_tree(blocks, *below);
  REQUIRE(walked.stats);
  CHECK(walked.ids() == "mst.bounds mst.reached_twice");
  CHECK(walked.stats->records == (kHeight + 1) * kWidth);
  CHECK(walked.stats->nodes == kHeight + 1);
  CHECK(blocks.reads() <= 2 * (kHeight + 1));
}

TEST_CASE("mst: a node with a key for each of many links to it is still left out", "[mst]") {
  // Every link finds one of its keys inside its bounds and the others outside.
  const auto high = keys_at(1, "k", 30);
  std::vector<Leaf> low;
  for (const std::string& key : high) low.emplace_back(test::key_at(0, key.substr(key.find('/') + 1) + "x"));
  test::MemoryBlocks blocks;
  const auto shared = put_node(blocks, {}, low);
  std::vector<Leaf> leaves;
  for (const std::string& key : high) leaves.emplace_back(key, shared);
  const auto walked = walk_tree(blocks, put_node(blocks, {}, leaves));
  REQUIRE(walked.stats);
  CHECK(walked.ids() == "mst.bounds mst.reached_twice");
  CHECK(walked.stats->records == 30);
  CHECK(blocks.reads() == 2);
}

TEST_CASE("mst: a chain of nodes without keys that many links share is gone down once or twice", "[mst]") {
  constexpr unsigned kHeight = 7;
  const auto chain_over = [](test::MemoryBlocks& blocks, ipld::Cid cid) {
    for (unsigned i = 1; i < kHeight; ++i) cid = put_node(blocks, cid, {});
    std::vector<Leaf> leaves;
    for (const std::string& key : keys_at(kHeight, "k", 20)) leaves.emplace_back(key, cid);
    return put_node(blocks, cid, leaves);
  };
  test::MemoryBlocks blocks;
  SECTION("to a node in place at the first link") {
    const auto walked = walk_tree(blocks, chain_over(blocks, put_node(blocks, {}, {test::key_at(0, "a")})));
    CHECK(walked.ids() == "mst.bounds mst.reached_twice");
    CHECK(walked.stats->records == 21);
    CHECK(blocks.reads() <= 1 + 2 * kHeight);
  }
  SECTION("to a missing node") {
    const auto walked = walk_tree(blocks, chain_over(blocks, test::some_record()));
    CHECK(walked.ids() == "mst.missing_node mst.reached_twice");
    CHECK(walked.stats->missing_nodes == 1);
    CHECK(blocks.reads() <= 1 + kHeight);
  }
  SECTION("to a broken node") {
    const auto walked = walk_tree(blocks, chain_over(blocks, blocks.add(as_bytes("no node"))));
    CHECK(walked.ids() == "mst.node mst.reached_twice");
    CHECK(blocks.reads() <= 1 + kHeight);
  }
  SECTION("to a node of codec raw") {
    const auto walked = walk_tree(blocks, chain_over(blocks, test::some_record(ipld::Codec::raw)));
    CHECK(walked.ids() == "mst.codec mst.reached_twice");
    CHECK(blocks.reads() <= 1 + kHeight);
  }
  SECTION("that goes below height 0") {
    const auto low = put_node(blocks, test::some_record(), {});
    const auto walked = walk_tree(blocks, chain_over(blocks, low));
    CHECK(walked.ids() == "mst.child_height mst.reached_twice");
    CHECK(blocks.reads() <= 1 + kHeight);
  }
}

TEST_CASE("mst: a cycle, on a source that does not hash, ends at height 0 or at the limit of depth",
          "[mst]") {
  const auto name = [](std::uint8_t number) {
    return ipld::Cid::of(ipld::Codec::dag_cbor, std::vector{number});
  };
  // The root's two links lead into a cycle of two nodes without keys.
  test::MemoryBlocks blocks;
  mst::Node node;
  node.left = name(2);
  REQUIRE(blocks.put(name(1), mst::encode_node(node)));
  node.left = name(1);
  REQUIRE(blocks.put(name(2), mst::encode_node(node)));
  const std::string key = test::key_at(1, "k");
  node.entries.push_back({0, key, test::some_record(), name(2)});
  REQUIRE(blocks.put(name(0), mst::encode_node(node)));

  struct Deaf final : mst::Visitor {
    Status node(const ipld::Cid&, ByteView) override { return {}; }
    Status record(std::string_view, const ipld::Cid&) override { return {}; }
    Status missing_node(const ipld::Cid&) override { return {}; }
  } visitor;
  test::Walked walked;

  SECTION("under a node of known height, to height 0") {
    walked.stats = mst::walk(blocks, name(0), {}, visitor, walked.report, {});
    CHECK(walked.ids() == "mst.child_height");
    CHECK(walked.stats->records == 1);
    CHECK(blocks.reads() == 3);
  }
  SECTION("under no key at all, to the limit") {
    walked.stats = mst::walk(blocks, name(1), {}, visitor, walked.report, {});
    CHECK(walked.ids() == "mst.depth mst.empty_node");
    CHECK(blocks.reads() == Limits{}.mst_depth);
  }
}

TEST_CASE("mst: as many misplaced nodes as the limit are borne, one more ends the walk", "[mst]") {
  test::MemoryBlocks blocks;
  const auto keys = keys_at(1, "k", 6);
  const auto tree_with = [&](std::size_t broken) {
    std::vector<Leaf> leaves;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      leaves.emplace_back(keys[i], i < broken
                                       ? test::Link(blocks.add(as_bytes("no node " + std::to_string(i))))
                                       : test::Link());
    }
    return put_node(blocks, {}, leaves);
  };
  Limits limits;
  limits.mst_misplaced_nodes = 3;
  const auto borne = walk_tree(blocks, tree_with(3), limits);
  CHECK(borne.ids() == "mst.node");
  CHECK(borne.stats->records == 6);
  const auto ended = walk_tree(blocks, tree_with(4), limits);
  CHECK(ended.ids() == "mst.gave_up mst.node");
  CHECK(ended.stats->records == 4);
}

TEST_CASE("mst: trees with one byte flipped never pass as clean, nor crash the walker", "[mst]") {
  test::MemoryBlocks good;
  const auto leaf = put_node(good, {}, {test::key_at(0, "a"), test::key_at(0, "c")});
  const Bytes block = mst::encode_node(*mst::decode_node(good.blocks()[0].second, {}));
  const auto root_of = [](test::MemoryBlocks& blocks, const ipld::Cid& left) {
    return put_node(blocks, left, {test::key_at(1, "d")});
  };
  REQUIRE(walk_tree(good, root_of(good, leaf)).clean());
  for (std::size_t at = 0; at < block.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes bad = block;
      bad[at] = static_cast<std::uint8_t>(bad[at] ^ (1U << bit));
      test::MemoryBlocks blocks;
      const auto walked = walk_tree(blocks, root_of(blocks, blocks.add(bad)));
      REQUIRE(walked.stats);
      // A flip in a digest or in a record key can give another valid tree; everything told is still in order.
      CHECK(std::ranges::is_sorted(walked.heard.keys));
    }
  }
}

TEST_CASE("mst: random trees of random links end, and tell keys in order", "[mst]") {
  std::mt19937_64 random(5);
  std::vector<std::string> pool;
  for (unsigned height = 0; height < 4; ++height) {
    for (const std::string& key : keys_at(height, "k", 12)) pool.push_back(key);
  }
  for (int round = 0; round < 300; ++round) {
    test::MemoryBlocks blocks;
    std::vector<ipld::Cid> cids = {test::some_record(), put_node(blocks, {}, {})};
    const auto some_link = [&]() -> test::Link {
      if (random() % 3 == 0) return {};
      return cids[random() % cids.size()];
    };
    for (int i = 0; i < 30; ++i) {
      std::vector<Leaf> leaves;
      const std::size_t count = random() % 5;
      for (std::size_t j = 0; j < count; ++j) leaves.emplace_back(pool[random() % pool.size()], some_link());
      if (random() % 4 != 0) std::ranges::sort(leaves, {}, &Leaf::key);
      cids.push_back(put_node(blocks, some_link(), leaves));
    }
    const auto walked = walk_tree(blocks, cids.back());
    REQUIRE(walked.stats);
    CHECK(std::ranges::is_sorted(walked.heard.keys));
    CHECK(std::ranges::adjacent_find(walked.heard.keys) == walked.heard.keys.end());
    CHECK(blocks.reads() <= 31 * 2 + 200);
  }
}

}  // namespace
}  // namespace atb
