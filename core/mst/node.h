// One node of a Merkle search tree (https://atproto.com/specs/repository#mst-structure):
//
//   {"e": [{"k": suffix bytes, "p": shared prefix length, "t": link | null, "v": link}…], "l": link | null}
#pragma once

#include "core/base/limits.h"
#include "core/base/result.h"
#include "core/ipld/cid.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace atb::mst {

struct Entry {
  Entry(std::uint64_t prefix_length_, std::string_view suffix_, const ipld::Cid& value_,
        const std::optional<ipld::Cid>& subtree_)
      : prefix_length(prefix_length_), suffix(suffix_), value(value_), subtree(subtree_) {}
  // With no subtree as yet, and a link to the record that is known to be of the blessed form.
  Entry(std::uint64_t prefix_length_, std::string_view suffix_, ipld::Cid::Blessed value_)
      : prefix_length(prefix_length_), suffix(suffix_), value(value_) {}

  std::uint64_t prefix_length;  // bytes shared with the key before it in this node; as claimed, unchecked
  std::string_view suffix;      // lives as long as the block
  ipld::Cid value;              // the record
  std::optional<ipld::Cid> subtree;  // keys between this one and the next
};

struct Node {
  std::optional<ipld::Cid> left;  // keys before the first entry
  std::vector<Entry> entries;
};

// By its first bytes, a map of two whose first key is "e": a node, or hardly anything else.
bool looks_like_node(ByteView block);

// Strict: exactly these fields, canonical DAG-CBOR. Does not look at keys. Id "mst.node" (kind corrupt;
// limit_exceeded for too many entries), with the cbor error as context.
Result<Node> decode_node(ByteView block, const Limits& limits);
// The same into a node that is there, for its capacity.
Status decode_node_into(Node& node, ByteView block, const Limits& limits);
Bytes encode_node(const Node& node);

// Leading zero bits of SHA-256(key), two by two (https://atproto.com/specs/repository#mst-structure).
unsigned key_height(std::string_view key);
// The same for many, appended.
void key_heights(std::span<const ByteView> keys, std::vector<unsigned>& heights);
// Bytes of common prefix.
std::size_t common_prefix(std::string_view a, std::string_view b);

}  // namespace atb::mst
