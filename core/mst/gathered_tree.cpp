#include "core/mst/gathered_tree.h"

#include "core/mst/kept_nodes.h"
#include "core/mst/mark_pile.h"
#include "core/mst/usual_nodes.h"

#include <algorithm>
#include <string>
#include <vector>

namespace atb::mst {
namespace {

constexpr std::uint32_t kPlace = (1U << KeptNodes::kPlaceBits) - 1;
static_assert(kGatherReaders <= 1U << (32 - KeptNodes::kPlaceBits));
constexpr std::uint32_t kNowhere = 0xffffffff;

}  // namespace

struct GatherReader::State {
  State(const Limits& limits, const Salt& salt, std::uint64_t expected_blocks)
      : most_links(limits.repo_blocks),
        marks(salt),
        nodes(limits),
        records(expected_blocks),
        record_links(expected_blocks),
        node_marks(expected_blocks / 4),
        node_links(expected_blocks / 4) {}

  bool keep(const UsualNode& node, const std::uint8_t* digest);

  std::uint64_t most_links;
  DigestMarks marks;
  UsualNodes nodes;
  std::vector<const std::uint8_t*> digests;  // of the nodes of this run
  KeptNodes kept;
  std::uint64_t all_nodes = 0;
  MarkPiles records;       // with their lengths
  MarkPiles record_links;  // without a number
  MarkPiles node_marks;    // with their places
  MarkPiles node_links;    // with the number of the link
  std::uint32_t links = 0;
};

// What of the node is needed later.
bool GatherReader::State::keep(const UsualNode& node, const std::uint8_t* digest) {
  kept.begin(node.height);
  bool beside_link = true;  // as the first is kept too
  for (std::uint32_t at = node.first; at < node.end; ++at) {
    const UsualLink& link = nodes.link(at);
    const DigestMark mark = marks.of(link.digest());
    if (link.is_subtree()) {
      kept.link(links);
      node_links.add(mark, links++);
      beside_link = true;
      continue;
    }
    record_links.add(mark, 0);
    const bool last = at + 1 == node.end;
    if ((beside_link || last || nodes.link(at + 1).is_subtree()) &&
        !kept.key({link.collection, link.key().substr(link.slash + 1)}))
      return false;
    beside_link = false;
  }
  const auto place = kept.end();
  if (!place) return false;
  node_marks.add(marks.of(digest), *place);
  ++all_nodes;
  return links != kNowhere;
}

GatherReader::GatherReader(const Limits& limits, const Salt& salt, std::uint64_t expected_blocks)
    : state_(std::make_unique<State>(limits, salt, expected_blocks)) {}
GatherReader::~GatherReader() = default;

void GatherReader::begin() {
  state_->nodes.begin();
  state_->digests.clear();
}

bool GatherReader::node(const ipld::Cid& cid, ByteView block) {
  if (cid.codec() != ipld::Codec::dag_cbor) return false;
  state_->digests.push_back(cid.digest().data());
  return state_->nodes.add(block);
}

bool GatherReader::record(const ipld::Cid& cid, std::size_t bytes) {
  if (cid.codec() != ipld::Codec::dag_cbor || bytes >= kNowhere) return false;
  state_->records.add(state_->marks.of(cid.digest().data()), static_cast<std::uint32_t>(bytes));
  return true;
}

bool GatherReader::end() {
  if (!state_->nodes.end()) return false;
  const auto nodes = state_->nodes.nodes();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!state_->keep(nodes[i], state_->digests[i])) return false;
  }
  // Links cost memory as blocks do, and a small file may hold many.
  return state_->nodes.keys() + state_->links <= state_->most_links;
}

// All that the readers have, held against each other.
class GatheredTree {
 public:
  GatheredTree(std::span<GatherReader* const> readers, const Limits& limits, const StopToken& stop)
      : limits_(limits), stop_(stop) {
    for (GatherReader* reader : readers) readers_.push_back(reader->state_.get());
  }

  std::optional<WholeTree> whole(const ipld::Cid& root) {
    WholeTree tree;
    if (readers_.size() > kGatherReaders || root.codec() != ipld::Codec::dag_cbor || !count(tree) ||
        !match_records(tree) || !match_nodes(readers_.front()->marks.of(root.digest().data())) ||
        !hold_together(tree))
      return std::nullopt;
    return tree;
  }

 private:
  // One level of the tree while it is held together.
  struct Level {
    KeptNodes::Read node;
    std::uint32_t reader = 0;
    std::size_t next = 0;  // item
    unsigned height = 0;
    std::optional<KeptKey> lower;  // views into levels above
    std::optional<KeptKey> upper;
  };

  bool count(WholeTree& tree);
  bool match_records(WholeTree& tree);
  bool match_nodes(const DigestMark& root);
  bool hold_together(WholeTree& tree);
  bool enter(std::uint32_t target, std::optional<unsigned> height, const std::optional<KeptKey>& lower,
             const std::optional<KeptKey>& upper);
  bool follow(Level& level, std::size_t at);
  KeptKey key(const Level& level, const KeptNodes::Item& item) const;
  bool below(const KeptKey& a, const KeptKey& b) const;

  const Limits& limits_;
  const StopToken& stop_;
  std::vector<GatherReader::State*> readers_;
  MarkTable table_;
  std::vector<std::uint32_t> counts_;  // by place in the table
  CollectionCounts collections_;
  std::vector<std::vector<std::uint16_t>> collection_numbers_;  // of all, by a reader's own
  std::vector<std::vector<std::uint32_t>> targets_;             // of a reader's links: reader and place
  std::uint32_t root_ = kNowhere;
  std::vector<std::unique_ptr<Level>> levels_;
  std::size_t depth_ = 0;
};

// The totals; and the collections under common numbers.
bool GatheredTree::count(WholeTree& tree) {
  for (const GatherReader::State* reader : readers_) {
    tree.nodes += reader->all_nodes;
    tree.records += reader->nodes.keys();
    auto& numbers = collection_numbers_.emplace_back();
    for (const auto& [name, keys] : reader->nodes.collections().counts()) {
      if (!collections_.count(name, keys)) return false;
      numbers.push_back(collections_.number());
    }
    targets_.emplace_back(reader->links, kNowhere);
  }
  tree.collections = collections_.counts();
  std::ranges::sort(tree.collections);
  return true;
}

// Every link to a record finds one, and every record is linked to, each there once.
bool GatheredTree::match_records(WholeTree& tree) {
  for (std::size_t pile = 0; pile < MarkPiles::kPiles; ++pile) {
    if (stop_.stop_requested()) return false;
    table_.marks().clear();
    for (const GatherReader::State* reader : readers_) reader->records.copy_to(pile, table_.marks());
    if (!table_.lay()) return false;
    counts_.assign(table_.marks().size(), 0);
    const auto match = [&](const NumberedMark& link) {
      const std::size_t found = table_.find(link.mark);
      if (found == MarkTable::kNone) return false;
      counts_[found] = 1;
      tree.record_bytes += table_.marks()[found].number;
      return true;
    };
    for (const GatherReader::State* reader : readers_) {
      if (!reader->record_links.all_of(pile, match)) return false;
    }
    if (std::ranges::find(counts_, 0U) != counts_.end()) return false;
  }
  return true;
}

// Every node but the root is linked to once, and every such link finds one.
bool GatheredTree::match_nodes(const DigestMark& root) {
  for (std::size_t pile = 0; pile < MarkPiles::kPiles; ++pile) {
    if (stop_.stop_requested()) return false;
    table_.marks().clear();
    for (std::uint32_t reader = 0; reader < readers_.size(); ++reader) {
      const std::size_t before = table_.marks().size();
      readers_[reader]->node_marks.copy_to(pile, table_.marks());
      for (std::size_t i = before; i < table_.marks().size(); ++i)
        table_.marks()[i].number |= reader << KeptNodes::kPlaceBits;
    }
    if (!table_.lay()) return false;
    counts_.assign(table_.marks().size(), 0);
    const std::size_t at_root = table_.find(root);
    if (at_root != MarkTable::kNone) {
      root_ = table_.marks()[at_root].number;
      counts_[at_root] = 1;
    }
    for (std::uint32_t reader = 0; reader < readers_.size(); ++reader) {
      const auto match = [&](const NumberedMark& link) {
        const std::size_t found = table_.find(link.mark);
        if (found == MarkTable::kNone || counts_[found]++ != 0) return false;
        targets_[reader][link.number] = table_.marks()[found].number;
        return true;
      };
      if (!readers_[reader]->node_links.all_of(pile, match)) return false;
    }
    if (std::ranges::find(counts_, 0U) != counts_.end()) return false;
  }
  return root_ != kNowhere;
}

bool GatheredTree::hold_together(WholeTree& tree) {
  if (!enter(root_, std::nullopt, std::nullopt, std::nullopt)) return false;
  tree.height = levels_.front()->height;
  std::uint64_t entered = 1;
  while (depth_ > 0) {
    if (stop_.stop_requested()) return false;
    Level& level = *levels_[depth_ - 1];
    while (level.next < level.node.items.size() && !level.node.items[level.next].is_link) ++level.next;
    if (level.next == level.node.items.size()) {
      --depth_;
      continue;
    }
    if (!follow(level, level.next++)) return false;
    ++entered;
  }
  return entered == tree.nodes;  // and not in a ring beside it
}

bool GatheredTree::follow(Level& level, std::size_t at) {
  const auto& items = level.node.items;
  if (level.height == 0) return false;
  const auto lower = at > 0 ? std::optional(key(level, items[at - 1])) : level.lower;
  const auto upper = at + 1 < items.size() ? std::optional(key(level, items[at + 1])) : level.upper;
  return enter(targets_[level.reader][items[at].at], level.height - 1, lower, upper);
}

// A node becomes the last level, if it may be where it is linked from.
bool GatheredTree::enter(std::uint32_t target, std::optional<unsigned> height,
                         const std::optional<KeptKey>& lower, const std::optional<KeptKey>& upper) {
  if (depth_ >= limits_.mst_depth) return false;
  if (levels_.size() == depth_) levels_.push_back(std::make_unique<Level>());
  Level& level = *levels_[depth_];
  level.reader = target >> KeptNodes::kPlaceBits;
  readers_[level.reader]->kept.read(target & kPlace, level.node);
  level.next = 0;
  level.lower = lower;
  level.upper = upper;
  if (!level.node.height && !height) return false;  // a root without keys
  if (level.node.height && height && *level.node.height != *height) return false;
  level.height = height ? *height : *level.node.height;
  ++depth_;
  for (const KeptNodes::Item& item : level.node.items) {
    if (!item.is_link) continue;
    const std::uint32_t next = targets_[level.reader][item.at];
    readers_[next >> KeptNodes::kPlaceBits]->kept.fetch(next & kPlace);
  }
  if (!level.node.height) return true;
  const auto is_key = [](const KeptNodes::Item& item) { return !item.is_link; };
  const auto first = std::ranges::find_if(level.node.items, is_key);
  const auto last = std::find_if(level.node.items.rbegin(), level.node.items.rend(), is_key);
  return (!lower || below(*lower, key(level, *first))) && (!upper || below(key(level, *last), *upper));
}

KeptKey GatheredTree::key(const Level& level, const KeptNodes::Item& item) const {
  KeptKey key = level.node.key(item);
  key.collection = collection_numbers_[level.reader][key.collection];
  return key;
}

// A slash sorts below whatever a collection may hold but '-' and '.', so names and record keys cannot be
// compared one after the other.
bool GatheredTree::below(const KeptKey& a, const KeptKey& b) const {
  if (a.collection == b.collection) return a.record_key < b.record_key;
  return collections_.name(a.collection) + "/" < collections_.name(b.collection) + "/";
}

std::optional<WholeTree> gathered_tree(const ipld::Cid& root, std::span<GatherReader* const> readers,
                                       const Limits& limits, const StopToken& stop) {
  return GatheredTree(readers, limits, stop).whole(root);
}

}  // namespace atb::mst
