// What differs between the tree that was moved and the one that the new host has now.
#pragma once

#include "core/base/limits.h"
#include "core/base/result.h"
#include "core/base/stop.h"
#include "core/ipld/block_source.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atb::migrate {

// One path that is not the same in both.
struct ChangedRecord {
  std::string path;
  std::optional<ipld::Cid> before;  // empty: it was not there
  std::optional<ipld::Cid> after;
};
struct TreeDifference {
  std::uint64_t before = 0;            // records of the first tree
  std::vector<ChangedRecord> records;  // in key order
};
struct DifferenceCounts {
  std::uint64_t gone = 0;     // not in the second
  std::uint64_t changed = 0;  // another record at the same path
  std::uint64_t added = 0;
};
DifferenceCounts counts_of(const std::vector<ChangedRecord>& records);

// Both trees must be proven already. Holds the paths of both in memory.
struct Tree {
  ipld::BlockSource& blocks;
  ipld::Cid root;
};
Result<TreeDifference> compare_trees(Tree before, Tree after, const Limits& limits, const StopToken& stop);

}  // namespace atb::migrate
