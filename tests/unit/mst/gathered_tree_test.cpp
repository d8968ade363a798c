#include "core/mst/gathered_tree.h"

#include "core/mst/builder.h"
#include "core/mst/joined_tree.h"
#include "core/mst/node.h"
#include "tests/support/catch.h"
#include "tests/support/tree_maker.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>

namespace atb {
namespace {

using test::key_at;
using test::keys;
using test::Leaf;
using test::put_node;

using Blocks = std::vector<test::NamedBlock>;

constexpr mst::GatherReader::Salt kSalt = {0x9e37'79b9'7f4a'7c15, 1, 2, 3, 5, 8, 13, 0xffff'ffff'ffff'ffff};

template <class Reader>
bool pass(Reader& reader, const test::NamedBlock& block) {
  return mst::looks_like_node(block.second) ? reader.node(block.first, block.second)
                                            : reader.record(block.first, block.second.size());
}

// By two readers, in runs of so many blocks.
std::optional<mst::WholeTree> gather(const Blocks& blocks, const ipld::Cid& root, const Limits& limits = {},
                                     std::size_t run = 7) {
  mst::GatherReader first(limits, kSalt, 0);
  mst::GatherReader second(limits, kSalt, 0);
  const std::array<mst::GatherReader*, 2> readers{&first, &second};
  for (std::size_t at = 0; at < blocks.size(); at += run) {
    mst::GatherReader& reader = *readers[at / run % 2];
    reader.begin();
    for (std::size_t i = at; i < std::min(at + run, blocks.size()); ++i) {
      if (!pass(reader, blocks[i])) return std::nullopt;
    }
    if (!reader.end()) return std::nullopt;
  }
  return mst::gathered_tree(root, readers, limits);
}

// The blocks of a tree as they lie in a depth-first file.
Blocks depth_first(const Blocks& blocks, const ipld::Cid& root, std::size_t depth = 0) {
  Blocks found;
  const auto at = std::ranges::find(blocks, root, &test::NamedBlock::first);
  if (at == blocks.end() || depth > 70) return found;
  found.push_back(*at);
  const auto go_on = [&](const ipld::Cid& cid) {
    for (auto& block : depth_first(blocks, cid, depth + 1)) found.push_back(std::move(block));
  };
  const auto node = mst::decode_node(at->second, {});
  if (!node) return found;
  if (node->left) go_on(*node->left);
  for (const mst::Entry& entry : node->entries) {
    go_on(entry.value);
    if (entry.subtree) go_on(*entry.subtree);
  }
  return found;
}

// By two readers, in parts of so many blocks.
std::optional<mst::WholeTree> join(const Blocks& blocks, const ipld::Cid& root, const Limits& limits,
                                   std::size_t run) {
  mst::PartReader first(limits);
  mst::PartReader second(limits);
  const std::array<mst::PartReader*, 2> readers{&first, &second};
  mst::JoinedTree tree(root, limits);
  mst::TreePart part;
  for (std::size_t at = 0; at < blocks.size(); at += run) {
    mst::PartReader& reader = *readers[at / run % 2];
    reader.begin();
    for (std::size_t i = at; i < std::min(at + run, blocks.size()); ++i) {
      if (!pass(reader, blocks[i])) return std::nullopt;
    }
    if (!reader.end(part) || !tree.add(part)) return std::nullopt;
  }
  return tree.whole(readers);
}

// The same answer and figures, however it is divided.
std::optional<mst::WholeTree> join(const Blocks& blocks, const ipld::Cid& root, const Limits& limits = {}) {
  const auto whole = join(blocks, root, limits, blocks.size() + 1);
  for (const std::size_t run : {1U, 2U, 3U, 5U, 11U, 64U}) {
    INFO("in parts of " << run);
    const auto divided = join(blocks, root, limits, run);
    CHECK(divided.has_value() == whole.has_value());
    if (divided && whole) CHECK(*divided == *whole);
  }
  return whole;
}

// What some_record() stands for: its bytes matter to nobody here.
test::NamedBlock record() { return {test::some_record(), Bytes(100, 0xa0)}; }

// The nodes, with that record, in several orders: the same answer each time. So does the depth-first file of
// them, in which that record lies wherever it is linked to.
std::optional<mst::WholeTree> gather_nodes(const test::MemoryBlocks& nodes, const ipld::Cid& root,
                                           const Limits& limits = {}) {
  Blocks blocks = nodes.blocks();
  blocks.push_back(record());
  const auto first = gather(blocks, root, limits);
  std::mt19937 random(7);
  for (const std::size_t run : {1U, 2U, 3U, 4U, 50U}) {
    std::ranges::shuffle(blocks, random);
    const auto again = gather(blocks, root, limits, run);
    CHECK(again.has_value() == first.has_value());
    if (again && first) CHECK(*again == *first);
  }
  return first;
}

// And in a walk's order.
std::optional<mst::WholeTree> whole(const test::MemoryBlocks& nodes, const ipld::Cid& root,
                                    const Limits& limits = {}) {
  const auto gathered = gather_nodes(nodes, root, limits);
  Blocks blocks = nodes.blocks();
  blocks.push_back(record());
  const auto joined = join(depth_first(blocks, root), root, limits);
  CHECK(joined.has_value() == gathered.has_value());
  if (joined && gathered) CHECK(*joined == *gathered);
  return joined;
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
    for (int round = 0; round < 6; ++round) {
      // First in a walk's order.
      const auto tree = round == 0 ? join(depth_first(all, root), root) : gather(all, root);
      std::ranges::shuffle(all, random);
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

TEST_CASE("mst: one record under several keys is counted for each", "[mst]") {
  test::MemoryBlocks blocks;
  const auto tree = whole(blocks, test::control(blocks));
  REQUIRE(tree);
  CHECK(tree->records == 5);
  CHECK(tree->record_bytes == 500);
  CHECK(tree->collections == decltype(tree->collections){{"com.example.test", 5}});

  test::MemoryBlocks many;
  std::vector<Leaf> leaves;
  for (std::size_t i = 0; i < 300; ++i) leaves.emplace_back(key_at(0, "k" + std::to_string(100 + i)));
  const auto root = put_node(many, {}, leaves);
  const auto all = whole(many, root);
  REQUIRE(all);
  CHECK(all->record_bytes == 30'000);
  // As many links as there may be blocks, no more.
  Limits limits;
  limits.repo_blocks = 300;
  CHECK(gather_nodes(many, root, limits));
  limits.repo_blocks = 299;
  CHECK_FALSE(gather_nodes(many, root, limits));
}

TEST_CASE("mst: nodes without keys stand for their heights", "[mst]") {
  test::MemoryBlocks blocks;
  const auto low = put_node(blocks, {}, {Leaf(key_at(0, "a"))});
  const auto between = put_node(blocks, put_node(blocks, low, {}), {});
  const std::string high = key_at(3, "b");
  CHECK(whole(blocks, put_node(blocks, between, {Leaf(high)})));
  SECTION("one too few") {
    test::MemoryBlocks other;
    const auto leaf = put_node(other, {}, {Leaf(key_at(0, "a"))});
    CHECK_FALSE(whole(other, put_node(other, put_node(other, leaf, {}), {Leaf(high)})));
  }
  SECTION("as the root") { CHECK_FALSE(whole(blocks, between)); }
  SECTION("with nothing below") {
    test::MemoryBlocks other;
    CHECK_FALSE(whole(other, put_node(other, put_node(other, {}, {}), {Leaf(key_at(1, "b"))})));
  }
}

TEST_CASE("mst: a tree with anything unusual is left to the walk", "[mst]") {
  test::MemoryBlocks blocks;
  const auto& k = keys();
  const auto leaf = [&](const std::string& key) { return put_node(blocks, {}, {Leaf(key)}); };
  SECTION("a key outside its subtree's bounds, at every place") {
    CHECK_FALSE(whole(blocks, put_node(blocks, leaf(k.c), {Leaf(k.b, {})})));
    CHECK_FALSE(whole(blocks, put_node(blocks, {}, {Leaf(k.b, leaf(k.a)), Leaf(k.d)})));
    CHECK_FALSE(whole(blocks, put_node(blocks, {}, {Leaf(k.b, leaf(k.e)), Leaf(k.d)})));
    CHECK_FALSE(whole(blocks, put_node(blocks, {}, {Leaf(k.b), Leaf(k.d, leaf(k.c))})));
  }
  SECTION("a bound that a level further up sets") {
    const std::string top = key_at(2, "m");
    const auto under = put_node(blocks, {}, {Leaf(key_at(1, "n"), leaf(key_at(0, "o")))});
    const auto wrong = put_node(blocks, {}, {Leaf(key_at(1, "c"), leaf(key_at(0, "o")))});
    test::MemoryBlocks good;
    const auto right = put_node(good, {}, {Leaf(key_at(1, "n"), put_node(good, {}, {Leaf(key_at(0, "o"))}))});
    CHECK(whole(good, put_node(good, {}, {Leaf(top, right)})));
    CHECK_FALSE(whole(blocks, put_node(blocks, under, {Leaf(top)})));
    CHECK_FALSE(whole(blocks, put_node(blocks, wrong, {Leaf(top)})));
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
    CHECK(whole(good, put_node(good, below, {Leaf(middle, above)})));
    CHECK_FALSE(whole(blocks, put_node(blocks, leaf(high), {Leaf(middle)})));
    CHECK_FALSE(whole(blocks, put_node(blocks, {}, {Leaf(middle, leaf(low))})));
  }
  SECTION("a node linked twice") {
    const auto shared = leaf(k.c);
    CHECK_FALSE(whole(blocks, put_node(blocks, {}, {Leaf(k.b, shared), Leaf(k.d, shared)})));
  }
  SECTION("a subtree below height zero") {
    CHECK_FALSE(whole(blocks, put_node(blocks, leaf(key_at(0, "1")), {Leaf(k.a)})));
  }
  SECTION("a node that is linked to as a record") {
    Leaf odd(k.b);
    odd.value = leaf(k.a);
    CHECK_FALSE(whole(blocks, put_node(blocks, {}, {odd, Leaf(k.d)})));
  }
  SECTION("a record that is linked to as a node") {
    CHECK_FALSE(whole(blocks, put_node(blocks, test::some_record(), {Leaf(k.b)})));
  }
  SECTION("links of another codec") {
    Leaf odd(k.a);
    odd.value = test::some_record(ipld::Codec::raw);
    CHECK_FALSE(whole(blocks, put_node(blocks, {}, {odd, Leaf(k.c)})));
    const auto raw = ipld::Cid(ipld::Codec::raw, leaf(k.a).digest());
    CHECK_FALSE(whole(blocks, put_node(blocks, raw, {Leaf(k.b)})));
  }
  SECTION("too many levels") {
    test::MemoryBlocks good;
    const auto root = test::control(good);
    Limits limits;
    limits.mst_depth = 2;
    CHECK(whole(good, root, limits));
    limits.mst_depth = 1;
    CHECK_FALSE(whole(good, root, limits));
  }
  SECTION("the empty tree") { CHECK_FALSE(whole(blocks, put_node(blocks, {}, {}))); }
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

TEST_CASE("mst: a depth-first tree with a block moved, lost, doubled or changed is left to the walk",
          "[mst]") {
  test::MemoryBlocks nodes;
  std::vector<std::pair<std::string, ipld::Cid>> entries;
  for (std::size_t i = 0; i < 40; ++i) {
    const Bytes bytes{0xa1, 0x61, 0x61, 0x18, static_cast<std::uint8_t>(100 + i)};
    entries.emplace_back("com.example.test/" + std::to_string(i * 7919 % 1000 + 1000), nodes.add(bytes));
  }
  std::ranges::sort(entries);
  mst::Builder builder(nodes);
  for (const auto& [key, cid] : entries) REQUIRE(builder.add(key, cid));
  const ipld::Cid root = builder.finish().value();
  const Blocks all = depth_first(nodes.blocks(), root);
  REQUIRE(all.size() == nodes.blocks().size());
  REQUIRE(join(all, root));
  for (std::size_t i = 0; i < all.size(); ++i) {
    Blocks fewer = all;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK_FALSE(join(fewer, root));
    Blocks more = all;
    more.insert(more.begin() + static_cast<std::ptrdiff_t>(i), all[i]);
    CHECK_FALSE(join(more, root));
    Blocks changed = all;
    changed[i].first = ipld::Cid(ipld::Codec::dag_cbor, crypto::sha256(as_bytes("another")));
    CHECK_FALSE(join(changed, root));
    changed[i].first = ipld::Cid(ipld::Codec::raw, all[i].first.digest());
    CHECK_FALSE(join(changed, root));
    if (i == 0) continue;
    Blocks moved = all;
    std::swap(moved[i - 1], moved[i]);
    CHECK_FALSE(join(moved, root));
    CHECK_FALSE(join({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i)}, root));
  }
  CHECK_FALSE(join(all, ipld::Cid(ipld::Codec::raw, root.digest())));
  CHECK_FALSE(join(all, all[1].first));
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
