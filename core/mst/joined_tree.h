// The parts of a depth-first tree (tree_part.h), joined in the order of the file. Memory for the way down the
// tree. "Whole" is said only where a walk (walker.h) would find no breach, nothing missing, and no block
// over.
#pragma once

#include "core/mst/tree_part.h"
#include "core/mst/whole_tree.h"

#include <memory>
#include <optional>
#include <span>

namespace atb::mst {

class JoinedTree {
 public:
  JoinedTree(const ipld::Cid& root, const Limits& limits);
  ~JoinedTree();
  // False: give up.
  bool add(const TreePart& part);
  // After the last part; `readers` are all that made parts. Empty: it is not whole.
  std::optional<WholeTree> whole(std::span<PartReader* const> readers);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atb::mst
