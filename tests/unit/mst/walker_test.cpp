// Each breach beside its valid twin: a tree that differs only in the rule broken.
#include "core/mst/walker.h"

#include "tests/support/catch.h"
#include "tests/support/tree_maker.h"

#include <string>

namespace atb {
namespace {

using test::control;
using test::Keys;
using test::keys;
using test::Leaf;
using test::put_node;
using test::walk_tree;

std::string where_of(const test::Walked& walked, std::string_view id) {
  for (const Finding& finding : walked.report.findings()) {
    if (finding.id == id) return finding.where;
  }
  return "no such finding";
}

void check_damage(const test::Walked& walked) {
  REQUIRE(walked.stats);
  CHECK(walked.stats->breaches > 0);
  for (const Finding& finding : walked.report.findings()) {
    CHECK(finding.severity == Severity::damage);
    CHECK_FALSE(finding.detail.empty());
    CHECK_FALSE(finding.where.empty());
  }
}

TEST_CASE("mst: a valid tree is told in key order without a finding", "[mst]") {
  test::MemoryBlocks blocks;
  const auto root = control(blocks);
  const auto walked = walk_tree(blocks, root);
  const Keys& k = keys();
  CHECK(walked.clean());
  CHECK(walked.heard.keys == std::vector{k.a, k.b, k.c, k.d, k.e});
  CHECK(walked.heard.nodes.size() == 4);
  CHECK(walked.heard.nodes.front() == root);
  CHECK(walked.stats->nodes == 4);
  CHECK(walked.stats->records == 5);
  CHECK(walked.stats->height == 1);
  CHECK(walked.heard.missing.empty());
}

TEST_CASE("mst: a collection whose authority is not in lower case is found", "[mst]") {
  const Keys& k = keys();
  const std::string odd = test::key_at(0, "a", "COM.example.test");
  test::MemoryBlocks blocks;
  const auto left = put_node(blocks, {}, {odd, k.a});
  const auto walked = walk_tree(blocks, put_node(blocks, left, {k.b}));
  CHECK(walked.ids() == "mst.key_not_normal");
  CHECK(where_of(walked, "mst.key_not_normal") == odd);
  CHECK(walked.told(odd));
  check_damage(walked);

  const std::string even = test::key_at(0, "a", "com.example.TEST");  // the name may have capitals
  const auto twin = put_node(blocks, {}, {even, k.a});
  CHECK(walk_tree(blocks, put_node(blocks, twin, {k.b})).clean());
}

TEST_CASE("mst: a key that is no repo path is found", "[mst]") {
  const Keys& k = keys();
  for (const std::string bad :
       {"", "A", "A/b", "com.example/x", "com.example.test", "com.example.test/", "com.example.test/a/b",
        "com.example.test/..", "com.example.test/sp ace", "com.example.test/\x1b[2J", "/x"}) {
    test::MemoryBlocks blocks;
    const auto walked = walk_tree(blocks, put_node(blocks, {}, {bad}));
    INFO(bad);
    CHECK(walked.ids() == "mst.key_syntax");
    CHECK(walked.stats->records == 1);
  }
  test::MemoryBlocks blocks;
  CHECK(walk_tree(blocks, put_node(blocks, {}, {k.a})).clean());
}

TEST_CASE("mst: a key on the wrong layer is found", "[mst]") {
  const Keys& k = keys();
  test::MemoryBlocks blocks;
  const auto low = put_node(blocks, {}, {k.a});
  SECTION("too low a key in the root") {
    const auto e = put_node(blocks, {}, {k.e});
    const auto walked = walk_tree(blocks, put_node(blocks, low, {k.b, k.c, {k.d, e}}));
    CHECK(walked.ids() == "mst.key_height");
    CHECK(where_of(walked, "mst.key_height") == k.c);
    CHECK(walked.heard.keys == std::vector{k.a, k.b, k.d, k.e});
    check_damage(walked);
  }
  SECTION("too high a key in a leaf") {
    const auto leaf = put_node(blocks, {}, {k.c, k.d});
    const auto walked = walk_tree(blocks, put_node(blocks, low, {{k.b, leaf}}));
    CHECK(walked.ids() == "mst.key_height");
    CHECK(where_of(walked, "mst.key_height") == k.d);
    CHECK(walked.heard.keys == std::vector{k.a, k.b, k.c});
  }
  SECTION("a subtree beside a misplaced key is not entered") {
    const auto inner = put_node(blocks, {}, {k.e});
    const auto walked = walk_tree(blocks, put_node(blocks, low, {k.b, {k.c, inner}, k.d}));
    CHECK(walked.ids() == "mst.key_height");
    CHECK_FALSE(walked.told(k.e));
  }
}

TEST_CASE("mst: a node hung on the wrong layer is found", "[mst]") {
  const Keys& k = keys();
  const std::string top = test::key_at(2, "t");
  test::MemoryBlocks blocks;
  const auto leaf = put_node(blocks, {}, {k.a, k.c});
  const auto walked = walk_tree(blocks, put_node(blocks, leaf, {top}));
  CHECK(walked.ids() == "mst.child_height");
  CHECK(where_of(walked, "mst.child_height") == leaf.str());
  CHECK(walked.heard.keys == std::vector{top});
  check_damage(walked);

  const auto between = put_node(blocks, leaf, {});
  const auto twin = walk_tree(blocks, put_node(blocks, between, {top}));
  CHECK(twin.clean());
  CHECK(twin.heard.keys == std::vector{k.a, k.c, top});
}

TEST_CASE("mst: a link below height 0 is found and not followed", "[mst]") {
  const Keys& k = keys();
  test::MemoryBlocks blocks;
  const auto inner = put_node(blocks, {}, {k.a});
  const auto walked = walk_tree(blocks, put_node(blocks, inner, {k.c}));
  CHECK(walked.ids() == "mst.child_height");
  CHECK(walked.heard.keys == std::vector{k.c});
  CHECK(blocks.reads() == 1);
  CHECK(walk_tree(blocks, put_node(blocks, {}, {k.a, k.c})).clean());
}

TEST_CASE("mst: a key outside its subtree's bounds is found", "[mst]") {
  const Keys& k = keys();
  test::MemoryBlocks blocks;
  const auto a = put_node(blocks, {}, {k.a});
  const auto c = put_node(blocks, {}, {k.c});
  const auto e = put_node(blocks, {}, {k.e});
  const auto bad = [&](const ipld::Cid& root, const std::string& key, const std::vector<std::string>& told) {
    const auto walked = walk_tree(blocks, root);
    CHECK(walked.ids() == "mst.bounds");
    CHECK(where_of(walked, "mst.bounds") == key);
    CHECK(walked.heard.keys == told);
    check_damage(walked);
  };
  SECTION("below the key before") { bad(put_node(blocks, {}, {{k.b, a}, {k.d, e}}), k.a, {k.b, k.d, k.e}); }
  SECTION("above the key after") { bad(put_node(blocks, a, {{k.b, e}, k.d}), k.e, {k.a, k.b, k.d}); }
  SECTION("in the left subtree, above the first key") {
    bad(put_node(blocks, c, {{k.b, {}}, {k.d, e}}), k.c, {k.b, k.d, k.e});
  }
  SECTION("in the right subtree, below the last key") {
    bad(put_node(blocks, a, {k.b, {k.d, c}}), k.c, {k.a, k.b, k.d});
  }
  SECTION("only the last of several keys: the whole node is left out") {
    const auto ce = put_node(blocks, {}, {k.c, k.e});
    bad(put_node(blocks, a, {{k.b, ce}, k.d}), k.e, {k.a, k.b, k.d});
  }
  SECTION("the key before itself") {
    const auto again = put_node(blocks, {}, {k.b});
    bad(put_node(blocks, a, {{k.b, again}, k.d}), k.b, {k.a, k.b, k.d});
  }
  SECTION("the key after itself") {
    const auto again = put_node(blocks, {}, {k.d});
    bad(put_node(blocks, a, {{k.b, again}, k.d}), k.d, {k.a, k.b, k.d});
  }
  SECTION("by a bound two levels up") {
    const std::string top = test::key_at(2, "c5");
    const auto middle = put_node(blocks, {}, {{k.b, e}});
    bad(put_node(blocks, middle, {top}), k.e, {k.b, top});
  }
  SECTION("the valid twin") { CHECK(walk_tree(blocks, put_node(blocks, a, {{k.b, c}, {k.d, e}})).clean()); }
}

TEST_CASE("mst: keys out of order in a node are found", "[mst]") {
  const Keys& k = keys();
  test::MemoryBlocks blocks;
  SECTION("descending") {
    const auto walked = walk_tree(blocks, put_node(blocks, {}, {k.c, k.a, k.e}));
    CHECK(walked.ids() == "mst.key_order");
    CHECK(where_of(walked, "mst.key_order") == k.a);
    CHECK(walked.heard.keys == std::vector{k.c, k.e});
    check_damage(walked);
  }
  SECTION("twice the same") {
    const auto walked = walk_tree(blocks, put_node(blocks, {}, {k.a, k.a, k.c}));
    CHECK(walked.ids() == "mst.key_order");
    CHECK(walked.heard.keys == std::vector{k.a, k.c});
  }
  SECTION("a subtree beside a key out of order is not entered") {
    const auto c = put_node(blocks, {}, {k.c});
    const auto walked = walk_tree(blocks, put_node(blocks, {}, {{k.d, c}, {k.b, c}}));
    CHECK(walked.ids() == "mst.key_order");
    CHECK(walked.heard.keys == std::vector{k.d});
    CHECK(blocks.reads() == 1);
  }
  SECTION("the valid twin") { CHECK(walk_tree(blocks, put_node(blocks, {}, {k.a, k.c, k.e})).clean()); }
}

TEST_CASE("mst: a prefix that is not the common one is found", "[mst]") {
  const Keys& k = keys();
  test::MemoryBlocks blocks;
  Leaf second(k.c);
  SECTION("shorter: the key is known all the same") {
    second.claimed_prefix = mst::common_prefix(k.a, k.c) - 1;
    const auto walked = walk_tree(blocks, put_node(blocks, {}, {k.a, second, k.e}));
    CHECK(walked.ids() == "mst.prefix");
    CHECK(where_of(walked, "mst.prefix") == k.c);
    CHECK(walked.heard.keys == std::vector{k.a, k.c, k.e});
    check_damage(walked);
  }
  SECTION("longer than the key before: the rest of the node is not known") {
    second.claimed_prefix = k.a.size() + 1;
    const auto walked = walk_tree(blocks, put_node(blocks, {}, {k.a, second, k.e}));
    CHECK(walked.ids() == "mst.prefix");
    CHECK(walked.heard.keys == std::vector{k.a});
    check_damage(walked);
  }
  SECTION("longer, with subtrees on both sides: none is entered") {
    const auto a = put_node(blocks, {}, {k.a});
    const auto c = put_node(blocks, {}, {k.c});
    Leaf bad(k.d, c);
    bad.claimed_prefix = 1'000'000;
    const auto walked = walk_tree(blocks, put_node(blocks, a, {{k.b, c}, bad}));
    CHECK(walked.ids() == "mst.prefix");
    CHECK(walked.heard.keys == std::vector{k.a, k.b});
  }
  SECTION("at the first entry") {
    Leaf first(k.a);
    first.claimed_prefix = 1;
    const auto walked = walk_tree(blocks, put_node(blocks, {}, {first}));
    CHECK(walked.ids() == "mst.prefix");
    CHECK(walked.heard.keys.empty());
  }
  SECTION("as large as 63 bits go") {
    second.claimed_prefix = (1ULL << 63) - 1;
    CHECK(walk_tree(blocks, put_node(blocks, {}, {k.a, second})).ids() == "mst.prefix");
  }
  SECTION("the valid twin") { CHECK(walk_tree(blocks, put_node(blocks, {}, {k.a, second, k.e})).clean()); }
}

TEST_CASE("mst: a key at the limit of length passes, one byte more is found", "[mst]") {
  test::MemoryBlocks blocks;
  const std::string key = test::key_at(0, "a" + std::string(100, 'x'));
  const auto root = put_node(blocks, {}, {key});
  Limits limits;
  limits.mst_key_bytes = key.size();
  CHECK(walk_tree(blocks, root, limits).clean());
  limits.mst_key_bytes = key.size() - 1;
  const auto walked = walk_tree(blocks, root, limits);
  CHECK(walked.ids() == "mst.key_length");
  CHECK(walked.heard.keys.empty());
  check_damage(walked);
}

TEST_CASE("mst: a node that is not there is told, and the walk goes on beside it", "[mst]") {
  const Keys& k = keys();
  test::MemoryBlocks blocks;
  const auto root = control(blocks);
  const auto c = put_node(blocks, {}, {k.c});
  blocks.erase(c);
  const auto walked = walk_tree(blocks, root);
  CHECK(walked.ids() == "mst.missing_node");
  CHECK(where_of(walked, "mst.missing_node") == c.str());
  CHECK(walked.heard.missing == std::vector{c});
  CHECK(walked.stats->missing_nodes == 1);
  CHECK(walked.heard.keys == std::vector{k.a, k.b, k.d, k.e});
  check_damage(walked);
}

TEST_CASE("mst: a root that is not there is told", "[mst]") {
  test::MemoryBlocks blocks;
  const auto walked = walk_tree(blocks, test::some_record());
  CHECK(walked.ids() == "mst.missing_node");
  CHECK(walked.heard.missing.size() == 1);
  CHECK(walked.stats->nodes == 0);
}

TEST_CASE("mst: a block that is no node is found, and the walk goes on beside it", "[mst]") {
  const Keys& k = keys();
  test::MemoryBlocks blocks;
  const auto bad = blocks.add(as_bytes("no node"));
  const auto walked = walk_tree(blocks, put_node(blocks, bad, {k.b, k.d}));
  CHECK(walked.ids() == "mst.node");
  CHECK(where_of(walked, "mst.node") == bad.str());
  CHECK(walked.heard.keys == std::vector{k.b, k.d});
  CHECK(walked.heard.nodes.size() == 1);
  check_damage(walked);
}

TEST_CASE("mst: a node without keys and subtree is found, but the root may be one", "[mst]") {
  const Keys& k = keys();
  test::MemoryBlocks blocks;
  const auto empty = put_node(blocks, {}, {});
  CHECK(walk_tree(blocks, empty).clean());
  const auto walked = walk_tree(blocks, put_node(blocks, empty, {k.b}));
  CHECK(walked.ids() == "mst.empty_node");
  CHECK(walked.heard.keys == std::vector{k.b});
  check_damage(walked);
}

TEST_CASE("mst: a root without keys over a tree with keys is found", "[mst]") {
  test::MemoryBlocks blocks;
  const auto twin = control(blocks);
  CHECK(walk_tree(blocks, twin).clean());
  const auto walked = walk_tree(blocks, put_node(blocks, twin, {}));
  CHECK(walked.ids() == "mst.empty_node");
  CHECK(walked.heard.keys.size() == 5);
  check_damage(walked);
}

TEST_CASE("mst: links with codec raw are found", "[mst]") {
  const Keys& k = keys();
  test::MemoryBlocks blocks;
  SECTION("to a node: not followed") {
    const Bytes block = mst::encode_node({});
    const auto raw = blocks.add(block, ipld::Codec::raw);
    const auto walked = walk_tree(blocks, put_node(blocks, raw, {k.b}));
    CHECK(walked.ids() == "mst.codec");
    CHECK(where_of(walked, "mst.codec") == raw.str());
    CHECK(walked.heard.keys == std::vector{k.b});
  }
  SECTION("to the root") {
    const auto raw = blocks.add(mst::encode_node({}), ipld::Codec::raw);
    CHECK(walk_tree(blocks, raw).ids() == "mst.codec");
  }
  SECTION("to a record: told all the same") {
    Leaf leaf(k.a);
    leaf.value = test::some_record(ipld::Codec::raw);
    const auto walked = walk_tree(blocks, put_node(blocks, {}, {leaf}));
    CHECK(walked.ids() == "mst.codec");
    CHECK(where_of(walked, "mst.codec") == k.a);
    CHECK(walked.heard.keys == std::vector{k.a});
    check_damage(walked);
  }
}

}  // namespace
}  // namespace atb
