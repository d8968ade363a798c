// Nodes that hash right and are not written as a node must be.
#include "core/ipld/cbor_writer.h"
#include "tests/opinion/changes.h"

#include <algorithm>

namespace atb::test {
namespace {

// The head of a CBOR item; `width` bytes of number, or as few as there can be.
Bytes head(std::uint8_t major, std::uint64_t number, std::size_t width = 0) {
  if (width == 0 && number < 24) return {static_cast<std::uint8_t>(std::uint64_t{major} << 5U | number)};
  std::uint8_t info = 24;
  std::size_t bytes = 1;
  while (bytes < width || (width == 0 && bytes < 8 && number >> (8 * bytes) != 0)) {
    bytes *= 2;
    ++info;
  }
  Bytes made{static_cast<std::uint8_t>(major << 5U | info)};
  for (std::size_t i = bytes; i-- > 0;) made.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
  return made;
}

Bytes link_or_null(const Link& link) { return link ? cbor_link(*link) : Bytes{0xf6}; }

// The pieces of a node, each of which may be made wrong.
struct Pieces {
  Bytes left;
  struct Entry {
    Bytes suffix, prefix, subtree, value;
  };
  std::vector<Entry> entries;
};

Pieces pieces_of(ByteView block) {
  const mst::Node node = mst::decode_node(block, Limits{}).value();
  Pieces pieces{link_or_null(node.left), {}};
  for (const mst::Entry& entry : node.entries) {
    pieces.entries.push_back({cbor_bytes(as_bytes(entry.suffix)), head(0, entry.prefix_length),
                              link_or_null(entry.subtree), cbor_link(entry.value)});
  }
  return pieces;
}

Bytes entry_of(const Pieces::Entry& entry) {
  return joined({{0xa4},
                 cbor_text("k"),
                 entry.suffix,
                 cbor_text("p"),
                 entry.prefix,
                 cbor_text("t"),
                 entry.subtree,
                 cbor_text("v"),
                 entry.value});
}

Bytes block_of(const Pieces& pieces) {
  Bytes entries = head(4, pieces.entries.size());
  for (const Pieces::Entry& entry : pieces.entries) entries = joined({entries, entry_of(entry)});
  return joined({{0xa2}, cbor_text("e"), entries, cbor_text("l"), pieces.left});
}

std::optional<Bytes> rewrite(Subject& subject, Dice& dice, std::size_t least_keys,
                             const std::function<Bytes(const Bytes&, Dice&)>& change) {
  Draft& draft = subject.draft;
  std::vector<std::size_t> all;
  for (const Place& place : draft.nodes) {
    if (place.keys >= least_keys) all.push_back(place.block);
  }
  if (all.empty()) return std::nullopt;
  const std::size_t block = dice.pick(all);
  draft.replace(block, change(draft.blocks[block].second, dice));
  return file_of(draft.seal(), dice);
}

Change node(std::string what, std::function<Bytes(const Bytes&, Dice&)> change) {
  return {"node: " + what, Expect::fails,
          [change](Subject& subject, Dice& dice) { return rewrite(subject, dice, 0, change); }};
}

// Alters one entry.
Change entry(std::string what, std::function<void(Pieces::Entry&)> change) {
  return {"node: " + what, Expect::fails, [change](Subject& subject, Dice& dice) {
            return rewrite(subject, dice, 1, [&](const Bytes& block, Dice&) {
              Pieces pieces = pieces_of(block);
              change(pieces.entries[dice.below(pieces.entries.size())]);
              return block_of(pieces);
            });
          }};
}

// As entry(), with all of its bytes.
Change whole_entry(std::string what, std::function<Bytes(const Pieces::Entry&)> change) {
  return {"node: " + what, Expect::fails, [change](Subject& subject, Dice& dice) {
            return rewrite(subject, dice, 1, [&](const Bytes& block, Dice&) {
              const Pieces pieces = pieces_of(block);
              Bytes entries = head(4, pieces.entries.size());
              const std::size_t changed = dice.below(pieces.entries.size());
              for (std::size_t i = 0; i < pieces.entries.size(); ++i) {
                const Pieces::Entry& one = pieces.entries[i];
                entries = joined({entries, i == changed ? change(one) : entry_of(one)});
              }
              return joined({{0xa2}, cbor_text("e"), entries, cbor_text("l"), pieces.left});
            });
          }};
}

void add_entries(std::vector<Change>& all) {
  all.push_back(entry("a prefix below zero", [](Pieces::Entry& one) { one.prefix = head(1, 0); }));
  all.push_back(entry("a prefix of 2^53", [](Pieces::Entry& one) { one.prefix = head(0, 1ULL << 53U); }));
  all.push_back(
      entry("a prefix of 2^63 - 1", [](Pieces::Entry& one) { one.prefix = head(0, (1ULL << 63U) - 1); }));
  all.push_back(entry("a prefix of 2^64 - 1", [](Pieces::Entry& one) { one.prefix = head(0, ~0ULL); }));
  all.push_back(entry("a prefix with a fraction",
                      [](Pieces::Entry& one) { one.prefix = hex_of("fb 3ff8000000000000"); }));
  all.push_back(entry("a prefix as a whole float",
                      [](Pieces::Entry& one) { one.prefix = hex_of("fb 0000000000000000"); }));
  all.push_back(entry("a prefix as text", [](Pieces::Entry& one) { one.prefix = cbor_text("0"); }));
  all.push_back(entry("a prefix in too many bytes",
                      [](Pieces::Entry& one) { one.prefix = head(0, one.prefix.back(), 2); }));
  all.push_back(entry("a key as text", [](Pieces::Entry& one) { one.suffix = cbor_text("x"); }));
  all.push_back(entry("a subtree as text", [](Pieces::Entry& one) { one.subtree = cbor_text("x"); }));
  all.push_back(entry("a record of null", [](Pieces::Entry& one) { one.value = {0xf6}; }));
  all.push_back(entry("a subtree of undefined", [](Pieces::Entry& one) { one.subtree = {0xf7}; }));
  all.push_back(whole_entry("an entry without its subtree", [](const Pieces::Entry& one) {
    return joined(
        {{0xa3}, cbor_text("k"), one.suffix, cbor_text("p"), one.prefix, cbor_text("v"), one.value});
  }));
  all.push_back(whole_entry("an entry with another field", [](const Pieces::Entry& one) {
    Bytes made = joined({entry_of(one), cbor_text("w"), {0x01}});
    made.front() = 0xa5;
    return made;
  }));
  all.push_back(whole_entry("an entry with its fields in another order", [](const Pieces::Entry& one) {
    return joined({{0xa4},
                   cbor_text("p"),
                   one.prefix,
                   cbor_text("k"),
                   one.suffix,
                   cbor_text("t"),
                   one.subtree,
                   cbor_text("v"),
                   one.value});
  }));
  all.push_back(whole_entry("an entry of null", [](const Pieces::Entry&) { return Bytes{0xf6}; }));
}

}  // namespace

void add_encodings(std::vector<Change>& all) {
  add_entries(all);
  all.push_back(node("empty", [](const Bytes&, Dice&) { return Bytes(); }));
  all.push_back(node("an empty map", [](const Bytes&, Dice&) { return Bytes{0xa0}; }));
  all.push_back(node("bytes after its end", [](const Bytes& block, Dice&) { return joined({block, {0}}); }));
  all.push_back(node("without its left link", [](const Bytes& block, Dice&) {
    Bytes made = block;
    made.front() = 0xa1;
    made.resize(made.size() - 2 - pieces_of(block).left.size());
    return made;
  }));
  all.push_back(node("another field", [](const Bytes& block, Dice&) {
    Bytes made = joined({block, cbor_text("m"), {0x01}});
    made.front() = 0xa3;
    return made;
  }));
  all.push_back(node("its fields in another order", [](const Bytes& block, Dice&) {
    const Pieces pieces = pieces_of(block);
    const Bytes left = joined({cbor_text("l"), pieces.left});
    return joined(
        {{0xa2}, left, Bytes(block.begin() + 1, block.end() - static_cast<std::ptrdiff_t>(left.size()))});
  }));
  all.push_back(node("entries without a count", [](const Bytes& block, Dice&) {
    const Pieces pieces = pieces_of(block);
    Bytes entries = {0x9f};
    for (const Pieces::Entry& one : pieces.entries) entries = joined({entries, entry_of(one)});
    return joined({{0xa2}, cbor_text("e"), entries, {0xff}, cbor_text("l"), pieces.left});
  }));
  all.push_back({"node: spoilt", Expect::any, [](Subject& subject, Dice& dice) {
                   return rewrite(subject, dice, 0, [](const Bytes& block, Dice& chance) {
                     Bytes made = block;
                     for (std::size_t times = chance.between(1, 2); times > 0; --times) spoil(made, chance);
                     return made;
                   });
                 }});
  all.back().times = 12;
}

}  // namespace atb::test
