// Walks a whole tree depth-first in key order, with an explicit stack, and holds it against every rule:
// key order across the whole tree, each key on the height its hash says, prefixes canonical, keys of a
// subtree inside its bounds, no empty node but the root, no missing block. A breach is a finding and the walk
// goes on where that is safe.
//
// Why hostile trees cannot make it run long: a node is *in place* when each of its keys lies inside the
// bounds that the keys around the link to it set. The bounds of different links do not overlap, so a node
// with keys is in place at one link at most. A node that is not is left at its first key out of bounds, and
// remembered with the nodes without keys that led to it; a later link to any of them is a finding and is not
// followed. So every node is read once in place and once out of it at most. A cycle of nodes without keys,
// which only a source that does not hash its blocks can hold, is followed once, down to the limit of depth.
//
// Findings, all Severity::damage:
//   "mst.node"            a node cannot be decoded
//   "mst.missing_node"    a node is not there
//   "mst.key_order"       a key does not come after the one before it in its node; it and its subtrees are
//   left out "mst.key_height"      a key's hash says another height; it and the subtrees beside it are left
//   out "mst.child_height"    the same for all keys of a node, or a link below height 0; the node is left out
//   "mst.bounds"          a key outside its subtree's bounds; the node is left out
//   "mst.empty_node"      a node without keys that has no subtree, or that is the root of a tree with keys
//   "mst.prefix"          a claimed prefix shorter than the common one, or longer than the key before: then
//   the rest of the node
//                         is left out
//   "mst.key_length"      a key over the limit: the rest of the node is left out
//   "mst.key_syntax"      a key is no repo path
//   "mst.key_not_normal"  a collection whose authority is not in lower case
//   "mst.codec"           a link has codec raw where a node or record must be dag-cbor; a node is not
//   followed "mst.depth"           more levels than the limit "mst.reached_twice"   a link to a node that was
//   found out of place before "mst.gave_up"         more nodes out of place than the limit; the walk ends
//   there
//
#pragma once

#include "core/base/limits.h"
#include "core/base/report.h"
#include "core/base/stop.h"
#include "core/ipld/block_source.h"
#include "core/mst/node.h"

#include <cstdint>
#include <string_view>

namespace atb::mst {

// Views live for the call. An Error returned by the visitor ends the walk.
class Visitor {
 public:
  virtual ~Visitor() = default;
  // A node in place. One without keys may be told again: that it is out of place shows further down.
  virtual Status node(const ipld::Cid& cid, ByteView block) = 0;
  // A record in place: keys come strictly ascending over the whole walk. One that breaks only the rules of
  // syntax, prefix or codec comes too, after its finding.
  virtual Status record(std::string_view key, const ipld::Cid& cid) = 0;
  // A node that is not there: the walk goes on beside it. Also told as a finding.
  virtual Status missing_node(const ipld::Cid& cid) = 0;
};

struct WalkStats {
  std::uint64_t nodes = 0;
  std::uint64_t records = 0;
  std::uint64_t missing_nodes = 0;
  std::uint64_t breaches = 0;  // findings of any kind
  unsigned height = 0;         // of the topmost keys
};

// Depth-first: a node, its left subtree, then entry, subtree, entry, subtree… Memory: O(depth).
Result<WalkStats> walk(ipld::BlockSource& blocks, const ipld::Cid& root, const Limits& limits,
                       Visitor& visitor, FindingSink& findings, const StopToken& stop);

}  // namespace atb::mst
