#include "core/mst/gathered_tree.h"

#include "core/mst/builder.h"
#include "core/mst/node.h"
#include "tests/support/catch.h"
#include "tests/support/tree_maker.h"

#include <algorithm>
#include <random>
#include <string>

namespace atb {
namespace {

using test::key_at;
using test::keys;
using test::Leaf;
using test::put_node;

constexpr mst::GatheredTree::Salt kSalt = {0x9e37'79b9'7f4a'7c15, 1, 2, 3};

std::optional<mst::WholeTree> gather(const std::vector<test::NamedBlock>& blocks, const ipld::Cid& root,
                                     const Limits& limits = {}) {
  mst::GatheredTree tree(limits, kSalt, 0);
  for (const auto& [cid, block] : blocks) {
    tree.fetch_place(cid);
    tree.fetch_digest(cid);
    const bool taken =
        mst::looks_like_node(block) ? tree.add_node(cid, block) : tree.add_record(cid, block.size());
    if (!taken) return std::nullopt;
  }
  return tree.whole(root);
}

// What some_record() stands for: its bytes matter to nobody here.
test::NamedBlock record() { return {test::some_record(), Bytes(100, 0xa0)}; }

// The nodes, with that record, in several orders: the same answer each time.
std::optional<mst::WholeTree> gather_nodes(const test::MemoryBlocks& nodes, const ipld::Cid& root,
                                           const Limits& limits = {}) {
  std::vector<test::NamedBlock> blocks = nodes.blocks();
  blocks.push_back(record());
  const auto first = gather(blocks, root, limits);
  std::mt19937 random(7);
  for (int round = 0; round < 10; ++round) {
    std::ranges::shuffle(blocks, random);
    const auto again = gather(blocks, root, limits);
    CHECK(again.has_value() == first.has_value());
    if (again && first) CHECK(again->collections == first->collections);
  }
  return first;
}

TEST_CASE("mst: a tree is whole in whatever order its blocks pass, with the figures of a walk", "[mst]") {
  std::mt19937 random(3);
  for (const std::size_t count : {1U, 2U, 7U, 40U, 300U, 2000U}) {
    test::MemoryBlocks blocks;
    std::vector<std::pair<std::string, ipld::Cid>> entries;
    for (std::size_t i = 0; i < count; ++i) {
      const Bytes bytes{
          0xa1, 0x61, 0x61, 0x19, static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i)};
      const std::string place = i % 3 == 0   ? "com.example.a/"
                                : i % 3 == 1 ? "com.example.a.b/"
                                             : "com.example.ab/";
      entries.emplace_back(place + std::to_string(random()) + "." + std::to_string(i), blocks.add(bytes));
    }
    std::ranges::sort(entries);
    mst::Builder builder(blocks);
    for (const auto& [key, cid] : entries) REQUIRE(builder.add(key, cid));
    const ipld::Cid root = builder.finish().value();
    const test::Walked walked = test::walk_tree(blocks, root);
    REQUIRE(walked.clean());
    std::vector<test::NamedBlock> all = blocks.blocks();
    for (int round = 0; round < 5; ++round) {
      std::ranges::shuffle(all, random);
      const auto tree = gather(all, root);
      REQUIRE(tree);
      CHECK(tree->nodes == walked.stats->nodes);
      CHECK(tree->records == count);
      CHECK(tree->record_bytes == count * 6);
      CHECK(tree->height == walked.stats->height);
      std::uint64_t counted = 0;
      for (const auto& [name, keys_of_it] : tree->collections) counted += keys_of_it;
      CHECK(counted == count);
      CHECK(std::ranges::is_sorted(tree->collections));
    }
  }
}

TEST_CASE("mst: one record under several keys is counted for each, up to sixty-three", "[mst]") {
  test::MemoryBlocks blocks;
  const auto root = test::control(blocks);
  const auto tree = gather_nodes(blocks, root);
  REQUIRE(tree);
  CHECK(tree->records == 5);
  CHECK(tree->record_bytes == 500);
  CHECK(tree->collections == decltype(tree->collections){{"com.example.test", 5}});

  for (const std::size_t count : {63U, 64U}) {
    test::MemoryBlocks many;
    std::vector<Leaf> leaves;
    for (std::size_t i = 0; i < count; ++i) leaves.emplace_back(key_at(0, "k" + std::to_string(100 + i)));
    CHECK(gather_nodes(many, put_node(many, {}, leaves)).has_value() == (count == 63));
  }
}

TEST_CASE("mst: nodes without keys stand for their heights", "[mst]") {
  test::MemoryBlocks blocks;
  const auto low = put_node(blocks, {}, {Leaf(key_at(0, "a"))});
  const auto between = put_node(blocks, put_node(blocks, low, {}), {});
  const std::string high = key_at(3, "b");
  CHECK(gather_nodes(blocks, put_node(blocks, between, {Leaf(high)})));
  SECTION("one too few") {
    test::MemoryBlocks other;
    const auto leaf = put_node(other, {}, {Leaf(key_at(0, "a"))});
    CHECK_FALSE(gather_nodes(other, put_node(other, put_node(other, leaf, {}), {Leaf(high)})));
  }
  SECTION("as the root") { CHECK_FALSE(gather_nodes(blocks, between)); }
  SECTION("with nothing below") {
    test::MemoryBlocks other;
    CHECK_FALSE(gather_nodes(other, put_node(other, put_node(other, {}, {}), {Leaf(key_at(1, "b"))})));
  }
}

TEST_CASE("mst: a tree with anything unusual is left to the walk", "[mst]") {
  test::MemoryBlocks blocks;
  const auto& k = keys();
  const auto leaf = [&](const std::string& key) { return put_node(blocks, {}, {Leaf(key)}); };
  SECTION("a key outside its subtree's bounds, at every place") {
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, leaf(k.c), {Leaf(k.b, {})})));
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, {}, {Leaf(k.b, leaf(k.a)), Leaf(k.d)})));
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, {}, {Leaf(k.b, leaf(k.e)), Leaf(k.d)})));
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, {}, {Leaf(k.b), Leaf(k.d, leaf(k.c))})));
  }
  SECTION("a bound that a level further up sets") {
    const std::string top = key_at(2, "m");
    const auto under = put_node(blocks, {}, {Leaf(key_at(1, "n"), leaf(key_at(0, "o")))});
    const auto wrong = put_node(blocks, {}, {Leaf(key_at(1, "c"), leaf(key_at(0, "o")))});
    test::MemoryBlocks good;
    const auto right = put_node(good, {}, {Leaf(key_at(1, "n"), put_node(good, {}, {Leaf(key_at(0, "o"))}))});
    CHECK(gather_nodes(good, put_node(good, {}, {Leaf(top, right)})));
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, under, {Leaf(top)})));
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, wrong, {Leaf(top)})));
  }
  SECTION("bounds across collections") {
    // The name that goes on with a dot is the larger one, and its keys come first: a slash comes after a dot.
    const std::string low = key_at(0, "z", "com.example.b.c");
    const std::string middle = key_at(1, "k", "com.example.b");
    const std::string high = key_at(0, "a", "com.example.b0");
    test::MemoryBlocks good;
    const auto below = put_node(good, {}, {Leaf(low)});
    const auto above = put_node(good, {}, {Leaf(high)});
    REQUIRE(low < middle);
    REQUIRE(middle < high);
    CHECK(gather_nodes(good, put_node(good, below, {Leaf(middle, above)})));
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, leaf(high), {Leaf(middle)})));
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, {}, {Leaf(middle, leaf(low))})));
  }
  SECTION("a node linked twice") {
    const auto shared = leaf(k.c);
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, {}, {Leaf(k.b, shared), Leaf(k.d, shared)})));
  }
  SECTION("a subtree below height zero") {
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, leaf(key_at(0, "1")), {Leaf(k.a)})));
  }
  SECTION("a node that is linked to as a record") {
    Leaf odd(k.b);
    odd.value = leaf(k.a);
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, {}, {odd, Leaf(k.d)})));
  }
  SECTION("a record that is linked to as a node") {
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, test::some_record(), {Leaf(k.b)})));
  }
  SECTION("links of another codec") {
    Leaf odd(k.a);
    odd.value = test::some_record(ipld::Codec::raw);
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, {}, {odd, Leaf(k.c)})));
    const auto raw = ipld::Cid(ipld::Codec::raw, leaf(k.a).digest());
    CHECK_FALSE(gather_nodes(blocks, put_node(blocks, raw, {Leaf(k.b)})));
  }
  SECTION("too many levels") {
    test::MemoryBlocks good;
    const auto root = test::control(good);
    Limits limits;
    limits.mst_depth = 2;
    CHECK(gather_nodes(good, root, limits));
    limits.mst_depth = 1;
    CHECK_FALSE(gather_nodes(good, root, limits));
  }
  SECTION("the empty tree") { CHECK_FALSE(gather_nodes(blocks, put_node(blocks, {}, {}))); }
  SECTION("a record key too long to be kept") {
    for (const std::size_t size : {255U, 256U}) {
      test::MemoryBlocks long_keys;
      const auto root = put_node(long_keys, {}, {Leaf("com.example.test/" + std::string(size, 'k'))});
      CHECK(gather_nodes(long_keys, root).has_value() == (size == 255));
    }
  }
}

TEST_CASE("mst: more collections than a proof keeps are left to the walk", "[mst]") {
  for (const std::size_t count : {mst::kKeptCollections, mst::kKeptCollections + 1}) {
    test::MemoryBlocks blocks;
    mst::Builder builder(blocks);
    for (std::size_t i = 0; i < count; ++i) {
      const Bytes bytes{
          0xa1, 0x61, 0x61, 0x19, static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i)};
      REQUIRE(builder.add("com.example.c" + std::to_string(10'000 + i) + "/k", blocks.add(bytes)));
    }
    const ipld::Cid root = builder.finish().value();
    CHECK(gather(blocks.blocks(), root).has_value() == (count == mst::kKeptCollections));
  }
}

TEST_CASE("mst: a block too few, too many or twice is left to the walk", "[mst]") {
  test::MemoryBlocks nodes;
  const auto root = test::control(nodes);
  std::vector<test::NamedBlock> all = nodes.blocks();
  all.push_back(record());
  REQUIRE(gather(all, root));
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<test::NamedBlock> fewer = all;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK_FALSE(gather(fewer, root));
    std::vector<test::NamedBlock> more = all;
    more.push_back(all[i]);
    CHECK_FALSE(gather(more, root));
  }
  test::MemoryBlocks other;
  std::vector<test::NamedBlock> more = all;
  const Bytes stranger{0xa1, 0x61, 0x78, 0x01};
  more.emplace_back(other.add(stranger), stranger);
  CHECK_FALSE(gather(more, root));
  put_node(other, {}, {Leaf(key_at(0, "x"))});
  more = all;
  more.push_back(other.blocks().back());
  CHECK_FALSE(gather(more, root));
}

}  // namespace
}  // namespace atb
