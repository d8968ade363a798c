#include "core/mst/joined_tree.h"

#include "core/mst/collection_counts.h"

#include <algorithm>
#include <string>
#include <vector>

namespace atb::mst {

struct JoinedTree::State {
  struct Slot {
    crypto::Digest digest;
    bool is_node = false;
    std::string key;  // of a record
  };
  struct Level {
    std::vector<Slot> slots;
    std::size_t next = 0;
    std::optional<unsigned> height;  // empty above the root
  };

  State(const ipld::Cid& root, const Limits& limits)
      : usual_(root.codec() == ipld::Codec::dag_cbor), limits_(&limits) {
    Level& above = levels_.emplace_back();
    above.slots.push_back({.digest = root.digest(), .is_node = true, .key = {}});
    depth_ = 1;
  }

  bool add(const TreePart& part);
  void rise();
  bool take(const TreePart& part, const TreePart::Outer& outer);
  bool take_node(const TreePart& part, const TreePart::Outer& outer, const Level& level);
  bool go_down(const TreePart& part);
  bool come_to(std::string_view first, std::string_view last);

  bool usual_;
  const Limits* limits_;
  std::vector<Level> levels_;  // of these, the first `depth_`; the rest is kept for its memory
  std::size_t depth_ = 0;
  std::string last_;     // key
  unsigned height_ = 0;  // of the root
  unsigned below_ = 0;   // of the node that was taken last
};

// Away from nodes that are through.
void JoinedTree::State::rise() {
  while (depth_ > 0 && levels_[depth_ - 1].next == levels_[depth_ - 1].slots.size()) --depth_;
}

bool JoinedTree::State::add(const TreePart& part) {
  if (!usual_) return false;
  for (const TreePart::Outer& outer : part.outer) {
    rise();
    if (depth_ == 0 || !take(part, outer)) return false;
  }
  return go_down(part);
}

bool JoinedTree::State::take(const TreePart& part, const TreePart::Outer& outer) {
  Level& level = levels_[depth_ - 1];
  const Slot& slot = level.slots[level.next++];
  if (slot.is_node != outer.is_node || slot.digest != outer.digest) return false;
  return outer.is_node ? take_node(part, outer, level) : come_to(slot.key, slot.key);
}

bool JoinedTree::State::take_node(const TreePart& part, const TreePart::Outer& outer, const Level& level) {
  if (!level.height) {
    if (!outer.has_keys || *outer.height >= limits_->mst_depth) return false;  // no root of a tree
    height_ = *outer.height;
    below_ = height_;
  } else {
    if (*level.height == 0 || (outer.height && *outer.height != *level.height - 1)) return false;
    below_ = *level.height - 1;
  }
  return outer.first.bytes == 0 || come_to(part.key(outer.first), part.key(outer.last));
}

bool JoinedTree::State::come_to(std::string_view first, std::string_view last) {
  if (first <= last_) return false;
  last_ = last;
  return true;
}

bool JoinedTree::State::go_down(const TreePart& part) {
  std::size_t slot = 0;
  for (std::size_t i = 0; i < part.levels.size(); ++i) {
    const TreePart::Level& open = part.levels[i];
    if (below_ < i || (open.height && *open.height != below_ - i)) return false;
    if (levels_.size() == depth_) levels_.emplace_back();
    Level& level = levels_[depth_++];
    level.height = below_ - static_cast<unsigned>(i);
    level.next = 0;
    level.slots.resize(open.slots);
    for (Slot& own : level.slots) {
      const TreePart::Slot& other = part.slots[slot++];
      own.digest = other.digest;
      own.is_node = other.is_node;
      own.key = part.key(other.key);
    }
  }
  return true;
}

JoinedTree::JoinedTree(const ipld::Cid& root, const Limits& limits)
    : state_(std::make_unique<State>(root, limits)) {}
JoinedTree::~JoinedTree() = default;

bool JoinedTree::add(const TreePart& part) { return state_->add(part); }

std::optional<WholeTree> JoinedTree::whole(std::span<PartReader* const> readers) {
  state_->rise();
  if (!state_->usual_ || state_->depth_ != 0) return std::nullopt;
  WholeTree tree;
  tree.height = state_->height_;
  CollectionCounts all;
  for (const PartReader* reader : readers) {
    const PartTotals totals = reader->totals();
    tree.nodes += totals.nodes;
    tree.records += totals.records;
    tree.record_bytes += totals.record_bytes;
    for (const auto& [name, count] : totals.collections) {
      if (!all.count(name, count)) return std::nullopt;
    }
  }
  tree.collections = all.counts();
  std::ranges::sort(tree.collections);
  return tree;
}

}  // namespace atb::mst
