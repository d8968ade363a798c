// The rules that give every set of records exactly one tree, broken one by one.
#include "core/mst/node.h"
#include "tests/support/hostile/maker.h"

namespace atb::test {
namespace {

using Blocks = MemoryBlocks;

class Trees {
 public:
  // `make` gives the root of a wrong tree; the twin is the right tree of these keys.
  void add(std::string name, std::vector<Expected> findings, const std::vector<std::string>& keys,
           const std::function<ipld::Cid(Blocks&)>& make) {
    Blocks blocks;
    const ipld::Cid root = make(blocks);
    all.push_back({.name = "tree_" + std::move(name),
                   .findings = std::move(findings),
                   .bad = signed_tree(std::move(blocks), root),
                   .twin = canonical_keys(keys)});
  }
  std::vector<HostileRepo> all;
};

void heights(Trees& trees) {
  const std::string a = key_at(0, "a"), low = key_at(0, "k"), high = key_at(1, "m"), top = key_at(2, "t");
  trees.add("key_on_wrong_height", {damage("mst.key_height")}, {a, high, low},
            [&](Blocks& blocks) { return put_node(blocks, {}, {leaf(blocks, a), leaf(blocks, high)}); });
  trees.add("high_key_in_low_node", {damage("mst.key_height")}, {a, key_at(1, "b"), high},
            [&](Blocks& blocks) {
              const auto below = put_node(blocks, {}, {leaf(blocks, a), leaf(blocks, key_at(1, "b"))});
              return put_node(blocks, below, {leaf(blocks, high)});
            });
  trees.add("node_on_wrong_height", {damage("mst.child_height")}, {a, key_at(1, "b"), high},
            [&](Blocks& blocks) {
              const auto below = put_node(blocks, {}, {leaf(blocks, key_at(1, "b"))});
              return put_node(blocks, below, {leaf(blocks, high)});
            });
  trees.add("height_left_out", {damage("mst.child_height")}, {low, top}, [&](Blocks& blocks) {
    const auto below = put_node(blocks, {}, {leaf(blocks, low)});
    return put_node(blocks, below, {leaf(blocks, top)});
  });
  trees.add("height_too_many", {damage("mst.child_height")}, {low, top}, [&](Blocks& blocks) {
    auto below = put_node(blocks, {}, {leaf(blocks, low)});
    below = put_node(blocks, put_node(blocks, below, {}), {});
    return put_node(blocks, below, {leaf(blocks, top)});
  });
  trees.add("subtree_below_height_0", {damage("mst.child_height")}, {a, low}, [&](Blocks& blocks) {
    const auto below = put_node(blocks, {}, {leaf(blocks, a)});
    return put_node(blocks, below, {leaf(blocks, low)});
  });
}

void bounds(Trees& trees) {
  const Keys& k = keys();
  const std::string early = key_at(0, "a2"), late = key_at(0, "d2");
  // Root b and d; `inner` is the node between them, `left` the one before.
  const auto around = [&](const std::vector<std::string>& left, const std::vector<std::string>& inner) {
    return [&k, left, inner](Blocks& blocks) {
      const auto node = [&blocks](const std::vector<std::string>& names) {
        std::vector<Leaf> leaves;
        leaves.reserve(names.size());
        for (const std::string& name : names) leaves.push_back(leaf(blocks, name));
        return put_node(blocks, {}, leaves);
      };
      const auto before = node(left);
      const auto between = node(inner);
      return put_node(blocks, before, {leaf(blocks, k.b, between), leaf(blocks, k.d)});
    };
  };
  trees.add("key_below_its_subtree", {damage("mst.bounds")}, {k.a, k.b, k.c, k.d, early},
            around({k.a}, {early, k.c}));
  trees.add("key_above_its_subtree", {damage("mst.bounds")}, {k.a, k.b, k.c, k.d, k.e},
            around({k.a, k.e}, {k.c}));
  // The last key of a child against the key that follows the link: what half a check overlooks.
  trees.add("order_broken_across_a_childs_border", {damage("mst.bounds")}, {k.a, k.b, k.c, k.d, late},
            around({k.a}, {k.c, late}));
  trees.add("keys_all_on_the_other_side", {damage("mst.bounds")}, {k.a, k.b, k.c, k.d, late},
            around({k.a}, {late}));
  trees.add("key_again_in_another_subtree", {damage("mst.bounds")}, {k.a, k.b, k.c, k.d},
            around({k.a}, {k.a, k.c}));
}

void order(Trees& trees) {
  const std::string one = key_at(0, "k1"), two = key_at(0, "k2"), three = key_at(0, "k3");
  const auto flat = [](std::vector<std::string> names) {
    return [names](Blocks& blocks) {
      std::vector<Leaf> leaves;
      leaves.reserve(names.size());
      for (const std::string& name : names) leaves.push_back(leaf(blocks, name));
      return put_node(blocks, {}, leaves);
    };
  };
  trees.add("duplicate_key", {damage("mst.key_order")}, {one, two}, flat({one, two, two}));
  trees.add("unsorted_keys", {damage("mst.key_order")}, {one, two, three}, flat({one, three, two}));
  trees.add("keys_descending", {damage("mst.key_order")}, {one, two, three}, flat({three, two, one}));
  trees.add("duplicate_key_other_record", {damage("mst.key_order")}, {one, two}, [&](Blocks& blocks) {
    std::vector<Leaf> leaves{leaf(blocks, one), leaf(blocks, two), leaf(blocks, two)};
    leaves.back().value = blocks.add(record_of("something else"));
    return put_node(blocks, {}, leaves);
  });
}

void prefixes(Trees& trees) {
  const std::string one = key_at(0, "k1"), two = key_at(0, "k2");
  const auto claimed = [&](std::optional<std::uint64_t> first, std::optional<std::uint64_t> second) {
    return [=](Blocks& blocks) {
      std::vector<Leaf> leaves{leaf(blocks, one), leaf(blocks, two)};
      leaves[0].claimed_prefix = first;
      leaves[1].claimed_prefix = second;
      return put_node(blocks, {}, leaves);
    };
  };
  const std::size_t common = mst::common_prefix(one, two);
  trees.add("prefix_none", {damage("mst.prefix")}, {one, two}, claimed({}, 0));
  trees.add("prefix_one_too_short", {damage("mst.prefix")}, {one, two}, claimed({}, common - 1));
  trees.add("prefix_longer_than_the_key_before", {damage("mst.prefix")}, {one, two},
            claimed({}, one.size() + 1));
  trees.add("prefix_of_the_first_key", {damage("mst.prefix")}, {one, two}, claimed(1, {}));
  trees.add("prefix_of_2_63", {damage("mst.prefix")}, {one, two}, claimed({}, (1ULL << 63) - 1));
}

void key_syntax(Trees& trees) {
  const auto path = [&](const std::string& name, const std::string& id, const std::string& key) {
    trees.add(name, {damage(id)}, {"com.example.test/self"},
              [key](Blocks& blocks) { return put_node(blocks, {}, {leaf(blocks, key)}); });
  };
  trees.add("collection_not_normal", {damage("mst.key_not_normal")}, {"com.example.test/self"},
            [](Blocks& blocks) { return put_node(blocks, {}, {leaf(blocks, "com.EXAMPLE.test/self")}); });
  path("collection_all_capitals", "mst.key_not_normal", "COM.EXAMPLE.test/self");
  path("key_empty", "mst.key_syntax", "");
  path("key_without_record_key", "mst.key_syntax", "com.example.test");
  path("key_with_empty_record_key", "mst.key_syntax", "com.example.test/");
  path("key_without_collection", "mst.key_syntax", "/self");
  path("key_with_three_parts", "mst.key_syntax", "com.example.test/self/more");
  path("key_dot", "mst.key_syntax", "com.example.test/.");
  path("key_dot_dot", "mst.key_syntax", "com.example.test/..");
  path("key_with_a_space", "mst.key_syntax", "com.example.test/a b");
  path("key_that_moves_the_cursor", "mst.key_syntax", "com.example.test/\x1b[2J\x1b]0;owned\a");
  path("key_not_ascii", "mst.key_syntax", "com.example.test/\xc3\xa9");
  path("key_not_utf8", "mst.key_syntax", "com.example.test/\xff\xfe");
  path("key_with_a_zero_byte", "mst.key_syntax", std::string("com.example.test/a\0b", 20));
  path("collection_of_two_parts", "mst.key_syntax", "example.test/self");
  path("collection_ends_in_a_digit_part", "mst.key_syntax", "com.example.3test/self");
  path("record_key_of_513", "mst.key_syntax", "com.example.test/" + std::string(513, 'x'));
  path("key_of_1025", "mst.key_length", "com.example.test/" + std::string(1025 - 17, 'x'));
}

void empty_nodes(Trees& trees) {
  const std::string a = key_at(0, "a"), high = key_at(1, "m"), top = key_at(2, "t");
  trees.add("empty_leaf", {damage("mst.empty_node")}, {high},
            [&](Blocks& blocks) { return put_node(blocks, put_node(blocks, {}, {}), {leaf(blocks, high)}); });
  trees.add("empty_leaf_on_the_right", {damage("mst.empty_node")}, {a, high}, [&](Blocks& blocks) {
    const auto left = put_node(blocks, {}, {leaf(blocks, a)});
    return put_node(blocks, left, {leaf(blocks, high, put_node(blocks, {}, {}))});
  });
  trees.add("empty_root", {damage("mst.empty_node")}, {a},
            [&](Blocks& blocks) { return put_node(blocks, put_node(blocks, {}, {leaf(blocks, a)}), {}); });
  trees.add("empty_root_of_nothing", {damage("mst.empty_node")}, {},
            [&](Blocks& blocks) { return put_node(blocks, put_node(blocks, {}, {}), {}); });
  // The twin has a node without keys too, and needs it.
  trees.add("empty_chain_to_nothing", {damage("mst.empty_node")}, {a, top}, [&](Blocks& blocks) {
    const auto below = put_node(blocks, put_node(blocks, {}, {}), {});
    return put_node(blocks, below, {leaf(blocks, top)});
  });
}

void sharing(Trees& trees) {
  const Keys& k = keys();
  trees.add("node_reached_twice", {damage("mst.bounds")}, {k.a, k.b, k.c, k.d}, [&](Blocks& blocks) {
    const auto shared = put_node(blocks, {}, {leaf(blocks, k.c)});
    return put_node(blocks, {}, {leaf(blocks, k.b, shared), leaf(blocks, k.d, shared)});
  });
  trees.add("node_reached_three_times", {damage("mst.bounds"), damage("mst.reached_twice")},
            {k.a, k.b, k.c, k.d}, [&](Blocks& blocks) {
              const auto shared = put_node(blocks, {}, {leaf(blocks, k.a)});
              return put_node(blocks, shared, {leaf(blocks, k.b, shared), leaf(blocks, k.d, shared)});
            });
  // 20 links to each node from each node above: 20^5 ways down.
  trees.add("bomb_of_shared_nodes", {damage("mst.bounds"), damage("mst.reached_twice")}, {k.a, k.b, k.c},
            [&](Blocks& blocks) {
              Link below;
              for (unsigned height = 0; height <= 4; ++height) {
                std::vector<Leaf> leaves;
                for (int i = 0; i < 20; ++i) {
                  const std::string prefix(1, static_cast<char>('a' + height));
                  leaves.push_back(leaf(blocks, key_at(height, prefix + std::to_string(100 + i)), below));
                }
                below = put_node(blocks, below, leaves);
              }
              return *below;
            });
}

void depth(Trees& trees) {
  const std::string a = key_at(0, "a"), top = key_at(4, "t");
  const auto chain = [](Blocks& blocks, ipld::Cid cid, int levels) {
    for (int i = 0; i < levels; ++i) cid = put_node(blocks, cid, {});
    return cid;
  };
  // The twin is a chain as well, of the one right length.
  trees.add("bomb_of_depth", {damage("mst.depth"), damage("mst.empty_node")}, {a, top},
            [&](Blocks& blocks) { return chain(blocks, put_node(blocks, {}, {leaf(blocks, a)}), 3'000); });
  trees.add("bomb_of_depth_under_a_key", {damage("mst.child_height")}, {a, top}, [&](Blocks& blocks) {
    const auto below = chain(blocks, put_node(blocks, {}, {leaf(blocks, a)}), 1'000);
    return put_node(blocks, below, {leaf(blocks, top)});
  });
  trees.add("one_level_too_deep", {damage("mst.child_height")}, {a, top}, [&](Blocks& blocks) {
    const auto below = chain(blocks, put_node(blocks, {}, {leaf(blocks, a)}), 4);
    return put_node(blocks, below, {leaf(blocks, top)});
  });
}

void missing(Trees& trees) {
  const Keys& k = keys();
  const std::vector<std::string> all{k.a, k.b, k.c, k.d, k.e};
  const auto without = [&](const std::function<ipld::Cid(const std::vector<NamedBlock>&)>& choose) {
    return [&all, choose](Blocks& blocks) {
      const RepoFixture whole = canonical_keys(all);
      for (const auto& [cid, block] : whole.blocks) {
        if (cid != whole.commit) (void)blocks.put(cid, block);
      }
      blocks.erase(choose(whole.blocks));
      return whole.data;
    };
  };
  // Depth-first: commit, root, then the node and the record of a.
  trees.add("root_missing", {damage("mst.missing_node")}, all,
            without([](auto& blocks) { return blocks[1].first; }));
  trees.add("node_missing", {damage("mst.missing_node")}, all,
            without([](auto& blocks) { return blocks[2].first; }));
  trees.add("record_missing", {damage("mst.missing_record")}, all,
            without([](auto& blocks) { return blocks[3].first; }));
  trees.add("last_record_missing", {damage("mst.missing_record")}, all,
            without([](auto& blocks) { return blocks.back().first; }));
  trees.add("record_raw", {damage("mst.codec")}, {k.a}, [&](Blocks& blocks) {
    std::vector<Leaf> leaves{leaf(blocks, k.a)};
    leaves[0].value = blocks.add(record_of(k.a), ipld::Codec::raw);
    return put_node(blocks, {}, leaves);
  });
  trees.add("node_raw", {damage("mst.codec")}, {k.a, k.b}, [&](Blocks& blocks) {
    Blocks apart;
    const auto below = put_node(apart, {}, {leaf(blocks, k.a)});
    Bytes buffer;
    const auto raw = blocks.add(apart.get(below, buffer).value(), ipld::Codec::raw);
    return put_node(blocks, raw, {leaf(blocks, k.b)});
  });
}

// Blocks in a node's place that are none. The root is a good one above it.
void nodes(Trees& trees) {
  const Keys& k = keys();
  const auto spoilt = [&](const std::string& name, const std::function<Bytes(const Bytes& link)>& make) {
    trees.add("node_" + name, {damage("mst.node")}, {k.a, k.b}, [&k, make](Blocks& blocks) {
      const auto record = blocks.add(record_of(k.a));
      return put_node(blocks, blocks.add(make(cbor_link(record))), {leaf(blocks, k.b)});
    });
  };
  const Bytes key = cbor_bytes(as_bytes(k.a));
  const auto entry = [key](std::string_view prefix, const Bytes& link) {
    return joined({hex_of("a4 61 6b"), key, hex_of("61 70"), hex_of(prefix), hex_of("61 74 f6 61 76"), link});
  };
  const Bytes head = hex_of("a2 61 65 81"), tail = hex_of("61 6c f6");
  spoilt("is_a_record", [&](const Bytes&) { return record_of(k.a); });
  spoilt("is_no_cbor", [](const Bytes&) { return hex_of("ff fe fd"); });
  spoilt("empty_block", [](const Bytes&) { return Bytes(); });
  spoilt("with_bytes_after",
         [=](const Bytes& link) { return joined({head, entry("00", link), tail, hex_of("00")}); });
  spoilt("cut", [=](const Bytes& link) { return joined({head, entry("00", link), hex_of("61 6c")}); });
  spoilt("without_left",
         [=](const Bytes& link) { return joined({hex_of("a1 61 65 81"), entry("00", link)}); });
  spoilt("with_a_third_field", [=](const Bytes& link) {
    return joined({hex_of("a3 61 65 81"), entry("00", link), tail, hex_of("61 7a f6")});
  });
  spoilt("fields_unsorted", [=](const Bytes& link) {
    return joined({hex_of("a2"), tail, hex_of("61 65 81"), entry("00", link)});
  });
  spoilt("field_twice", [=](const Bytes& link) {
    return joined({hex_of("a2 61 65 81"), entry("00", link), hex_of("61 65 80")});
  });
  spoilt("prefix_not_minimal", [=](const Bytes& link) { return joined({head, entry("18 00", link), tail}); });
  spoilt("prefix_negative", [=](const Bytes& link) { return joined({head, entry("20", link), tail}); });
  spoilt("prefix_a_float", [=](const Bytes& link) { return joined({head, entry("f9 00 00", link), tail}); });
  spoilt("prefix_beyond_63_bits",
         [=](const Bytes& link) { return joined({head, entry("1b ff ff ff ff ff ff ff ff", link), tail}); });
  spoilt("key_a_text", [=, &k](const Bytes& link) {
    return joined({head, hex_of("a4 61 6b"), cbor_text(k.a), hex_of("61 70 00 61 74 f6 61 76"), link, tail});
  });
  spoilt("indefinite_list", [=](const Bytes& link) {
    return joined({hex_of("a2 61 65 9f"), entry("00", link), hex_of("ff"), tail});
  });
  spoilt("claims_2_63_entries", [=](const Bytes& link) {
    return joined({hex_of("a2 61 65 9b 80 00 00 00 00 00 00 00"), entry("00", link), tail});
  });
  spoilt("key_claims_2_63_bytes",
         [=](const Bytes&) { return joined({head, hex_of("a4 61 6b 5b 80 00 00 00 00 00 00 00")}); });
  spoilt("value_null", [=](const Bytes&) { return joined({head, entry("00", hex_of("f6")), tail}); });
  // A link of codec dag-pb, and one whose tag is another.
  spoilt("value_unknown_codec", [=](const Bytes& link) {
    Bytes other = link;
    other[6] = 0x70;
    return joined({head, entry("00", other), tail});
  });
  spoilt("value_other_tag", [=](const Bytes& link) {
    Bytes other = link;
    other[1] = 0x2b;
    return joined({head, entry("00", other), tail});
  });
  spoilt("nested_a_million",
         [=](const Bytes&) { return joined({hex_of("a2 61 65"), Bytes(1'000'000, 0x81), hex_of("80")}); });
}

// Limits, at which a small tree already is too much.
void limits(Trees& trees) {
  const auto bad_below = [](Blocks& blocks) {
    std::vector<Leaf> leaves;
    for (int i = 0; i < 5; ++i) {
      const auto none = blocks.add(as_bytes("no node " + std::to_string(i)));
      leaves.push_back(leaf(blocks, key_at(1, "k" + std::to_string(i)), none));
    }
    return put_node(blocks, {}, leaves);
  };
  trees.add("broken_all_over", {damage("mst.gave_up"), damage("mst.node")}, {key_at(1, "k0")}, bad_below);
  trees.all.back().limits.emplace().mst_misplaced_nodes = 3;
  trees.add("too_many_entries", {damage("mst.node")}, {key_at(1, "k0")}, [](Blocks& blocks) {
    return put_node(blocks, {}, {leaf(blocks, key_at(0, "a")), leaf(blocks, key_at(0, "b"))});
  });
  trees.all.back().limits.emplace().mst_node_entries = 1;
}

}  // namespace

std::vector<HostileRepo> hostile_trees() {
  Trees trees;
  for (auto group :
       {heights, bounds, order, prefixes, key_syntax, empty_nodes, sharing, depth, missing, nodes, limits})
    group(trees);
  return std::move(trees.all);
}

}  // namespace atb::test
