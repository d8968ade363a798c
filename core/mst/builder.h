// Builds the one canonical tree for a set of keys, from keys in ascending order, in O(depth) memory.
#pragma once

#include "core/base/result.h"
#include "core/ipld/block_source.h"

#include <memory>
#include <string_view>

namespace atb::mst {

class Builder {
 public:
  // Nodes are handed to `sink` as they are finished (children before parents); it must outlive the builder.
  explicit Builder(ipld::BlockSink& sink);
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  // Keys strictly ascending ("mst.key_order", kind invalid_input).
  Status add(std::string_view key, const ipld::Cid& value);
  // The root of the tree over the keys so far. Writes the nodes on its right edge, most of which no larger
  // tree has; the builder goes on as if it had not been asked.
  Result<ipld::Cid> root_so_far();
  // The root; the empty tree has one empty node. Ends the builder.
  Result<ipld::Cid> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atb::mst
