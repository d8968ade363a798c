#include "core/migrate/compare_trees.h"

#include "core/base/report.h"
#include "core/mst/walker.h"

#include <string>
#include <vector>

namespace atb::migrate {
namespace {

struct Leaf {
  std::string key;
  ipld::Cid cid;
};

class Leaves final : public mst::Visitor {
 public:
  Status node(const ipld::Cid&, ByteView) override { return {}; }
  Status record(std::string_view key, const ipld::Cid& cid) override {
    leaves_.push_back({std::string(key), cid});
    return {};
  }
  Status missing_node(const ipld::Cid& cid) override {
    return fail(ErrorKind::corrupt, "mst.missing_node", "a tree node is missing: " + cid.str());
  }
  std::vector<Leaf> take() { return std::move(leaves_); }

 private:
  std::vector<Leaf> leaves_;
};

Result<std::vector<Leaf>> leaves_of(Tree tree, const Limits& limits, const StopToken& stop) {
  Leaves leaves;
  Report ignored;
  TRY(mst::walk(tree.blocks, tree.root, limits, leaves, ignored, stop));
  return leaves.take();
}

}  // namespace

Result<TreeDifference> compare_trees(Tree before, Tree after, const Limits& limits, const StopToken& stop) {
  std::vector<Leaf> old_leaves = TRY(leaves_of(before, limits, stop));
  std::vector<Leaf> new_leaves = TRY(leaves_of(after, limits, stop));
  TreeDifference difference{.before = old_leaves.size(), .records = {}};
  std::vector<ChangedRecord>& changed = difference.records;
  auto a = old_leaves.begin();
  auto b = new_leaves.begin();
  // Both come in key order.
  while (a != old_leaves.end() || b != new_leaves.end()) {
    if (b == new_leaves.end() || (a != old_leaves.end() && a->key < b->key)) {
      changed.push_back({std::move(a->key), a->cid, std::nullopt});
      ++a;
    } else if (a == old_leaves.end() || b->key < a->key) {
      changed.push_back({std::move(b->key), std::nullopt, b->cid});
      ++b;
    } else {
      if (a->cid != b->cid) changed.push_back({std::move(a->key), a->cid, b->cid});
      ++a;
      ++b;
    }
  }
  return difference;
}

DifferenceCounts counts_of(const std::vector<ChangedRecord>& records) {
  DifferenceCounts counts;
  for (const ChangedRecord& one : records) {
    if (!one.before) {
      ++counts.added;
    } else if (!one.after) {
      ++counts.gone;
    } else {
      ++counts.changed;
    }
  }
  return counts;
}

}  // namespace atb::migrate
