// Trees that break a rule, with every hash above it and the signature right.
#include "core/mst/node.h"
#include "tests/opinion/changes.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::test {
namespace {

using Made = std::optional<Bytes>;
using Filter = std::function<bool(const Place&)>;

// One of the nodes that `fits`.
std::optional<Place> some_node(const Draft& draft, Dice& dice, const Filter& fits) {
  std::vector<Place> all;
  std::ranges::copy_if(draft.nodes, std::back_inserter(all), fits);
  if (all.empty()) return std::nullopt;
  return dice.pick(all);
}

Change tree(std::string what, Expect expect, const Filter& fits,
            std::function<bool(Draft&, const Place&, Dice&)> change) {
  return {"tree: " + what, expect, [fits, change](Subject& subject, Dice& dice) -> Made {
            const auto place = some_node(subject.draft, dice, fits);
            if (!place || !change(subject.draft, *place, dice)) return std::nullopt;
            return file_of(subject.draft.seal(), dice);
          }};
}

Filter keys(std::size_t least) {
  return [least](const Place& place) { return place.keys >= least; };
}
bool any_node(const Place&) { return true; }
bool above_ground(const Place& place) { return place.height > 0; }

// A key that comes right after `key`, on a height that `fits`.
std::optional<std::string> key_after(const std::string& key, const std::string& between, Dice& dice,
                                     const std::function<bool(unsigned)>& fits) {
  if (key.size() > 500) return std::nullopt;
  for (int tries = 0; tries < 2000; ++tries) {
    std::string next = fmt::format("{}{}{}", key, between, dice.below(1'000'000));
    if (fits(mst::key_height(next))) return next;
  }
  return std::nullopt;
}

// Whether `key` still comes before what follows entry `at`.
bool has_room(const OpenNode& node, std::size_t at, const Place& place, const std::string& key) {
  if (at + 1 < node.leaves.size()) return key < node.leaves[at + 1].key;
  return !place.upper || key < *place.upper;
}

bool insert_key(Draft& draft, const Place& place, Dice& dice, bool right_height) {
  OpenNode node = draft.node(place.block);
  const std::size_t at = dice.below(node.leaves.size());
  Leaf& before = node.leaves[at];
  const auto key = key_after(before.key, "-", dice,
                             [&](unsigned height) { return (height == place.height) == right_height; });
  if (!key || !has_room(node, at, place, *key)) return false;
  Leaf added(*key, before.subtree);
  added.value = before.value;
  before.subtree.reset();
  node.leaves.insert(node.leaves.begin() + static_cast<std::ptrdiff_t>(at) + 1, added);
  draft.replace_node(place.block, node);
  return true;
}

void add_keys(std::vector<Change>& all) {
  all.push_back(tree(
      "a key more, where it belongs", Expect::clean, keys(1),
      [](Draft& draft, const Place& place, Dice& dice) { return insert_key(draft, place, dice, true); }));
  all.push_back(tree(
      "a key on the wrong height", Expect::fails, keys(1),
      [](Draft& draft, const Place& place, Dice& dice) { return insert_key(draft, place, dice, false); }));
  all.push_back(
      tree("two keys exchanged", Expect::fails, keys(2), [](Draft& draft, const Place& place, Dice& dice) {
        OpenNode node = draft.node(place.block);
        const std::size_t at = dice.below(node.leaves.size() - 1);
        std::swap(node.leaves[at].key, node.leaves[at + 1].key);
        draft.replace_node(place.block, node);
        return true;
      }));
  all.push_back(
      tree("a key twice in a node", Expect::fails, keys(1), [](Draft& draft, const Place& place, Dice& dice) {
        OpenNode node = draft.node(place.block);
        const std::size_t at = dice.below(node.leaves.size());
        Leaf twin = node.leaves[at];
        twin.subtree.reset();
        if (dice.one_in(2) && !draft.records.empty())
          twin.value = draft.blocks[dice.pick(draft.records)].first;
        node.leaves.insert(node.leaves.begin() + static_cast<std::ptrdiff_t>(at), twin);
        draft.replace_node(place.block, node);
        return true;
      }));
  all.push_back(tree(
      "a key of the node above once more", Expect::fails,
      [](const Place& place) { return place.keys > 0 && (place.lower || place.upper); },
      [](Draft& draft, const Place& place, Dice&) {
        OpenNode node = draft.node(place.block);
        Leaf twin(place.lower ? *place.lower : *place.upper);
        twin.value = node.leaves.front().value;
        node.leaves.insert(place.lower ? node.leaves.begin() : node.leaves.end(), twin);
        draft.replace_node(place.block, node);
        return true;
      }));
  const auto outside = [](Draft& draft, const Place& place, Dice& dice, bool below) {
    OpenNode node = draft.node(place.block);
    Leaf stranger(
        key_at(place.height, fmt::format("k{}", dice.below(1000)), below ? "a-0.aaa.aaa" : "zzz.zzz.zzz"));
    stranger.value = node.leaves.front().value;
    node.leaves.insert(below ? node.leaves.begin() : node.leaves.end(), stranger);
    draft.replace_node(place.block, node);
    return true;
  };
  all.push_back(tree(
      "a key below the bounds of its subtree", Expect::fails,
      [](const Place& place) { return place.keys > 0 && place.lower; },
      [outside](Draft& draft, const Place& place, Dice& dice) { return outside(draft, place, dice, true); }));
  all.push_back(tree(
      "a key above the bounds of its subtree", Expect::fails,
      [](const Place& place) { return place.keys > 0 && place.upper; },
      [outside](Draft& draft, const Place& place, Dice& dice) {
        return outside(draft, place, dice, false);
      }));
}

void add_prefixes(std::vector<Change>& all) {
  const auto claim = [](Draft& draft, const Place& place, Dice& dice, auto change) {
    OpenNode node = draft.node(place.block);
    const std::size_t at = 1 + dice.below(node.leaves.size() - 1);
    const std::size_t common = mst::common_prefix(node.leaves[at - 1].key, node.leaves[at].key);
    if (common == 0) return false;
    node.leaves[at].claimed_prefix = change(common, node.leaves[at - 1].key.size());
    draft.replace_node(place.block, node);
    return true;
  };
  all.push_back(tree("a prefix shorter than it could be", Expect::fails, keys(2),
                     [claim](Draft& draft, const Place& place, Dice& dice) {
                       return claim(draft, place, dice,
                                    [&](std::size_t common, std::size_t) { return dice.below(common); });
                     }));
  all.push_back(tree("a prefix longer than the key before", Expect::fails, keys(2),
                     [claim](Draft& draft, const Place& place, Dice& dice) {
                       return claim(draft, place, dice, [&](std::size_t, std::size_t size) {
                         return size + dice.between(1, 300);
                       });
                     }));
  all.push_back(tree("a prefix at the first key", Expect::fails, keys(1),
                     [](Draft& draft, const Place& place, Dice& dice) {
                       OpenNode node = draft.node(place.block);
                       node.leaves.front().claimed_prefix = dice.between(1, 5);
                       draft.replace_node(place.block, node);
                       return true;
                     }));
}

void add_nodes(std::vector<Change>& all) {
  all.push_back(tree("an empty node below", Expect::fails, above_ground,
                     [](Draft& draft, const Place& place, Dice& dice) {
                       OpenNode node = draft.node(place.block);
                       std::vector<Link*> free;
                       if (!node.left) free.push_back(&node.left);
                       for (Leaf& leaf : node.leaves) {
                         if (!leaf.subtree) free.push_back(&leaf.subtree);
                       }
                       if (free.empty()) return false;
                       *dice.pick(free) = draft.add(close_node({}));
                       draft.replace_node(place.block, node);
                       return true;
                     }));
  all.push_back(tree("nodes without keys above the root", Expect::fails, any_node,
                     [](Draft& draft, const Place&, Dice& dice) {
                       static const std::vector<std::size_t> kHeights = {1, 2, 62, 63, 64, 65, 260, 300};
                       for (std::size_t i = dice.pick(kHeights); i > 0; --i)
                         draft.commit.set("data", draft.add(close_node({draft.root(), {}})));
                       return true;
                     }));
  all.push_back(tree(
      "a level too many", Expect::fails, [](const Place& place) { return place.lower || place.upper; },
      [](Draft& draft, const Place& place, Dice&) {
        const ipld::Cid kept = draft.add(draft.blocks[place.block].second);
        draft.replace_node(place.block, {kept, {}});
        return true;
      }));
  all.push_back(tree(
      "a level too few", Expect::fails,
      [](const Place& place) { return place.height > 0 && place.keys == 0; },
      [](Draft& draft, const Place& place, Dice&) {
        const ipld::Cid below = *draft.node(place.block).left;
        const auto at = std::ranges::find(draft.blocks, below, &NamedBlock::first);
        const Bytes bytes = at->second;
        draft.replace(place.block, bytes);
        return true;
      }));
  all.push_back(tree("a subtree in two places", Expect::fails, above_ground,
                     [](Draft& draft, const Place& place, Dice& dice) {
                       OpenNode node = draft.node(place.block);
                       std::vector<Link*> links{&node.left};
                       for (Leaf& leaf : node.leaves) links.push_back(&leaf.subtree);
                       const auto from =
                           std::ranges::find_if(links, [](const Link* link) { return link->has_value(); });
                       if (from == links.end() || links.size() < 2) return false;
                       Link* to = dice.pick(links);
                       if (*to == **from) return false;
                       *to = **from;
                       draft.replace_node(place.block, node);
                       return true;
                     }));
  all.push_back(tree(
      "a subtree below the ground", Expect::fails,
      [](const Place& place) { return place.height == 0 && place.keys > 0; },
      [](Draft& draft, const Place& place, Dice&) {
        OpenNode node = draft.node(place.block);
        node.left = draft.add(close_node({{}, {Leaf(key_at(0, "k", "aaa.aaa.aaa"))}}));
        draft.replace_node(place.block, node);
        return true;
      }));
  all.push_back(
      tree("a node as raw bytes", Expect::fails, any_node, [](Draft& draft, const Place& place, Dice&) {
        draft.replace(place.block, Bytes(draft.blocks[place.block].second), ipld::Codec::raw);
        return true;
      }));
}

void add_links(std::vector<Change>& all) {
  const auto value = [](const std::function<ipld::Cid(Draft&, Dice&)>& change) {
    return [change](Draft& draft, const Place& place, Dice& dice) {
      OpenNode node = draft.node(place.block);
      node.leaves[dice.below(node.leaves.size())].value = change(draft, dice);
      draft.replace_node(place.block, node);
      return true;
    };
  };
  all.push_back(tree("a record as raw bytes", Expect::fails, keys(1), value([](Draft& draft, Dice&) {
                       return draft.add(to_bytes(as_bytes("a picture")), ipld::Codec::raw);
                     })));
  all.push_back(tree("a record that is nowhere", Expect::fails, keys(1), value([](Draft&, Dice& dice) {
                       return ipld::Cid::of(ipld::Codec::dag_cbor, dice.bytes(8));
                     })));
  all.push_back(tree("a record for two keys", Expect::any, keys(1), value([](Draft& draft, Dice& dice) {
                       return draft.blocks[dice.pick(draft.records)].first;
                     })));
  all.push_back(tree("a record that is a node", Expect::any, keys(1),
                     value([](Draft& draft, Dice&) { return draft.add(close_node({})); })));
}

// The same records, and one under a name that is none. The tree is as it must be, but for that name.
Change name(std::string what, Expect expect, std::string key) {
  return {"name: " + what, expect, [key](Subject& subject, Dice& dice) -> Made {
            Draft& draft = subject.draft;
            repo::Builder builder;
            for (const Place& place : draft.nodes) {
              for (const Leaf& leaf : draft.node(place.block).leaves) {
                const auto at = std::ranges::find(draft.blocks, leaf.value, &NamedBlock::first);
                builder.put_raw(leaf.key, at->second);
              }
            }
            builder.put_raw(key, joined({{0xa1}, cbor_text("number"), {0x18, dice.byte()}}));
            builder.put_raw(key, joined({{0xa1}, cbor_text("number"), {0x18, 200}}));
            MemoryBlocks blocks;
            const auto rev = syntax::Tid::parse(*draft.commit.find("rev")->text()).value();
            const auto built =
                builder.build(syntax::Did::parse(subject.did).value(), rev, *draft.key, blocks).value();
            const auto made = std::move(blocks).take();
            return file_of({{built.commit}, made}, dice);
          }};
}

void add_names(std::vector<Change>& all) {
  const std::string collection = "com.example.odd/";
  all.push_back(name("no slash", Expect::fails, "com.example.odd"));
  all.push_back(name("nothing", Expect::fails, ""));
  all.push_back(name("no collection", Expect::fails, "/x"));
  all.push_back(name("no record key", Expect::fails, collection));
  all.push_back(name("two slashes", Expect::fails, collection + "a/b"));
  all.push_back(name("record key is a dot", Expect::fails, collection + "."));
  all.push_back(name("record key is two dots", Expect::fails, collection + ".."));
  all.push_back(name("record key with a space", Expect::fails, collection + "a b"));
  all.push_back(name("record key with a zero byte", Expect::fails, collection + std::string("a\0b", 3)));
  all.push_back(name("record key not ASCII", Expect::fails, collection + "\u00fc"));
  all.push_back(name("record key not UTF-8", Expect::fails, collection + "a\xff"));
  all.push_back(name("record key with a letter not allowed", Expect::fails, collection + "a@b"));
  all.push_back(name("record key of 512 letters", Expect::clean, collection + std::string(512, 'k')));
  all.push_back(name("record key of 513 letters", Expect::fails, collection + std::string(513, 'k')));
  all.push_back(name("longer than 1024", Expect::fails, collection + std::string(1024, 'k')));
  all.push_back(name("collection of one part", Expect::fails, "example/x"));
  all.push_back(name("collection of two parts", Expect::fails, "com.example/x"));
  all.push_back(name("collection with an empty part", Expect::fails, "com..example.odd/x"));
  all.push_back(name("collection ends with a digit first", Expect::fails, "com.example.9odd/x"));
  all.push_back(name("collection begins with a digit", Expect::fails, "9com.example.odd/x"));
  all.push_back(name("collection with a hyphen at the end of a part", Expect::fails, "com.example-.odd/x"));
  all.push_back(name("collection with a hyphen in its name", Expect::fails, "com.example.odd-one/x"));
  all.push_back(name("collection with capitals in its authority", Expect::fails, "com.Example.odd/x"));
  all.push_back(name("collection with capitals in its name", Expect::clean, "com.example.oddOne/x"));
  all.push_back(name("collection with an underscore", Expect::fails, "com.example.odd_one/x"));
  all.push_back(name("collection of a part of 64", Expect::fails, "com." + std::string(64, 'x') + ".odd/x"));
}

}  // namespace

// In changes_of_nodes.cpp: nodes that are no nodes.
void add_encodings(std::vector<Change>& all);

std::vector<Change> changes_of_trees() {
  std::vector<Change> all;
  add_keys(all);
  add_prefixes(all);
  add_nodes(all);
  add_links(all);
  add_names(all);
  add_encodings(all);
  return all;
}

}  // namespace atb::test
