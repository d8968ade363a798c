// Walks a whole tree depth-first in key order, with an explicit stack, and holds it against every rule:
// key order across the whole tree, each key on the height its hash says, prefixes canonical, keys of a subtree inside
// its bounds, no empty node but the root, no missing block. A breach is a finding and the walk goes on where that is
// safe: it never descends into a subtree whose position is already wrong, so hostile trees cannot make it run long.
//
// Findings, all Severity::damage: "mst.node" (cannot be decoded), "mst.missing_node", "mst.missing_record" (when the visitor says so),
// "mst.key_order", "mst.key_height", "mst.key_syntax" (not a repo path), "mst.key_not_normal" (collection not lower case in its authority),
// "mst.prefix" (longer or shorter than the common one), "mst.bounds" (key outside its subtree's bounds), "mst.empty_node", "mst.child_height",
// "mst.depth", "mst.key_length", "mst.codec" (link with codec raw where a node or record must be dag-cbor), "mst.reached_twice".
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/limits.h"
#include "core/base/report.h"
#include "core/base/stop.h"
#include "core/ipld/block_source.h"
#include "core/mst/node.h"

namespace atb::mst {

// Views live for the call. An Error returned by the visitor ends the walk.
class Visitor {
 public:
  virtual ~Visitor() = default;
  virtual Status node(const ipld::Cid& cid, ByteView block) = 0;
  virtual Status record(std::string_view key, const ipld::Cid& cid) = 0;
  // A node that is not there: the walk goes on beside it. Also told as a finding.
  virtual Status missing_node(const ipld::Cid& cid) = 0;
};

struct WalkStats {
  std::uint64_t nodes = 0;
  std::uint64_t records = 0;
  std::uint64_t missing_nodes = 0;
  std::uint64_t breaches = 0;  // findings of any kind
  unsigned height = 0;         // of the root
};

// Depth-first: a node, its left subtree, then entry, subtree, entry, subtree… Memory: O(depth).
Result<WalkStats> walk(ipld::BlockSource& blocks, const ipld::Cid& root, const Limits& limits, Visitor& visitor,
                       FindingSink& findings, const StopToken& stop);

}  // namespace atb::mst
