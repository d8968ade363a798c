#include "core/mst/tree_part.h"

#include "core/mst/usual_nodes.h"

#include <cstring>
#include <span>

namespace atb::mst {
namespace {

constexpr std::uint32_t kRecord = 0xffffffff;

struct PartBlock {
  const std::uint8_t* digest;
  std::uint32_t node;  // its number, or kRecord
};

// A node on the way down, and how far it is through.
struct PartLevel {
  std::uint32_t node;
  std::uint32_t next;  // link
  std::uint32_t end;
  std::optional<unsigned> height;
};

crypto::Digest digest_at(const std::uint8_t* bytes) {
  crypto::Digest digest;
  std::memcpy(digest.data(), bytes, digest.size());
  return digest;
}

}  // namespace

struct PartReader::State {
  explicit State(const Limits& limits) : nodes_(limits) {}

  bool node(const ipld::Cid& cid, ByteView block);
  bool record(const ipld::Cid& cid, std::size_t bytes);
  bool end(TreePart& part);

  // In line, as a million of them pass.
  void add(const PartBlock& block) {
    if (count_ == blocks_.size()) blocks_.resize(2 * count_ + 64);
    blocks_[count_++] = block;
  }
  void descend(std::uint32_t node, std::optional<unsigned> height);
  bool step(const PartBlock& block, TreePart& part);
  bool pass_record(const PartLevel& level, TreePart& part);
  bool pass_node(PartLevel& level, std::uint32_t child, TreePart& part);
  void settle_heights(unsigned height, TreePart& part);
  void leave_open(TreePart& part) const;
  static TreePart::Key keep(std::string_view key, TreePart& part);
  void keep_last(TreePart& part);

  std::vector<PartBlock> blocks_;  // of these, the first count_
  std::size_t count_ = 0;
  UsualNodes nodes_;
  std::uint64_t all_nodes_ = 0;
  std::uint64_t record_bytes_ = 0;
  std::vector<PartLevel> levels_;
  std::string_view last_;  // key that passed below the outer block at hand
};

bool PartReader::State::record(const ipld::Cid& cid, std::size_t bytes) {
  if (cid.codec() != ipld::Codec::dag_cbor) return false;
  add({cid.digest().data(), kRecord});
  record_bytes_ += bytes;
  return true;
}

bool PartReader::State::node(const ipld::Cid& cid, ByteView block) {
  if (cid.codec() != ipld::Codec::dag_cbor) return false;
  add({cid.digest().data(), static_cast<std::uint32_t>(nodes_.nodes().size())});
  ++all_nodes_;
  return nodes_.add(block);
}

bool PartReader::State::end(TreePart& part) {
  if (!nodes_.end()) return false;
  part.outer.clear();
  part.levels.clear();
  part.slots.clear();
  part.text.clear();
  levels_.clear();
  last_ = {};
  for (const PartBlock& block : std::span(blocks_).first(count_)) {
    if (!step(block, part)) return false;
    if (levels_.empty() || levels_.back().next != levels_.back().end) continue;
    while (!levels_.empty() && levels_.back().next == levels_.back().end) levels_.pop_back();
    if (levels_.empty()) keep_last(part);
  }
  if (!levels_.empty()) {
    keep_last(part);
    leave_open(part);
  }
  return true;
}

bool PartReader::State::step(const PartBlock& block, TreePart& part) {
  const bool is_node = block.node != kRecord;
  if (levels_.empty()) {
    TreePart::Outer& outer = part.outer.emplace_back();
    outer.digest = digest_at(block.digest);
    outer.is_node = is_node;
    if (is_node) {
      outer.height = nodes_.nodes()[block.node].height;
      outer.has_keys = outer.height.has_value();
      descend(block.node, outer.height);
    }
    return true;
  }
  PartLevel& level = levels_.back();
  const UsualLink& link = nodes_.link(level.next);
  if (link.is_subtree() != is_node || !crypto::same_digest(block.digest, link.digest())) return false;
  if (is_node) return pass_node(level, block.node, part);
  if (!pass_record(level, part)) return false;
  ++level.next;
  return true;
}

void PartReader::State::descend(std::uint32_t node, std::optional<unsigned> height) {
  const UsualNode& entered = nodes_.nodes()[node];
  levels_.push_back({.node = node, .next = entered.first, .end = entered.end, .height = height});
}

// Keys that neighbour in their node ascend; those that something lies between are held against each other
// here. All ascend in the order of the tree, then: so none lies outside the bounds of its subtree.
bool PartReader::State::pass_record(const PartLevel& level, TreePart& part) {
  const std::string_view key = nodes_.link(level.next).key();
  if (last_.empty()) {
    part.outer.back().first = keep(key, part);
  } else {
    const bool beside =
        level.next != nodes_.nodes()[level.node].first && !nodes_.link(level.next - 1).is_subtree();
    if (!beside && key <= last_) return false;
  }
  last_ = key;
  return true;
}

bool PartReader::State::pass_node(PartLevel& level, std::uint32_t child, TreePart& part) {
  std::optional<unsigned> height = nodes_.nodes()[child].height;
  if (level.height) {
    if (*level.height == 0 || (height && *height != *level.height - 1)) return false;
    height = *level.height - 1;
  } else if (height) {
    settle_heights(*height, part);
  }
  ++level.next;
  descend(child, height);
  return true;
}

// A key tells the heights of nodes without any above it.
void PartReader::State::settle_heights(unsigned height, TreePart& part) {
  for (auto level = levels_.rbegin(); level != levels_.rend() && !level->height; ++level)
    level->height = ++height;
  part.outer.back().height = levels_.front().height;
}

TreePart::Key PartReader::State::keep(std::string_view key, TreePart& part) {
  const TreePart::Key kept{static_cast<std::uint32_t>(part.text.size()),
                           static_cast<std::uint32_t>(key.size())};
  part.text += key;
  return kept;
}

void PartReader::State::keep_last(TreePart& part) {
  if (!last_.empty()) part.outer.back().last = keep(last_, part);
  last_ = {};
}

void PartReader::State::leave_open(TreePart& part) const {
  for (const PartLevel& level : levels_) {
    for (std::uint32_t next = level.next; next < level.end; ++next) {
      const UsualLink& link = nodes_.link(next);
      TreePart::Slot& slot = part.slots.emplace_back();
      slot.digest = digest_at(link.digest());
      slot.is_node = link.is_subtree();
      if (!slot.is_node) slot.key = keep(link.key(), part);
    }
    part.levels.push_back({level.height, level.end - level.next});
  }
}

PartReader::PartReader(const Limits& limits) : state_(std::make_unique<State>(limits)) {}
PartReader::~PartReader() = default;
void PartReader::begin() {
  state_->count_ = 0;
  state_->nodes_.begin();
}
bool PartReader::node(const ipld::Cid& cid, ByteView block) { return state_->node(cid, block); }
bool PartReader::record(const ipld::Cid& cid, std::size_t bytes) { return state_->record(cid, bytes); }
bool PartReader::end(TreePart& part) { return state_->end(part); }

PartTotals PartReader::totals() const {
  return {state_->all_nodes_, state_->nodes_.keys(), state_->record_bytes_,
          state_->nodes_.collections().counts()};
}

}  // namespace atb::mst
