#include "core/mst/gathered_tree.h"

#include "core/mst/kept_nodes.h"
#include "core/mst/node.h"
#include "core/mst/seen_blocks.h"
#include "core/mst/usual_keys.h"

#include <algorithm>
#include <map>

namespace atb::mst {
namespace {

// The state of a block. What was only named by links so far is not there yet.
constexpr std::uint32_t kThere = 1U << 31;
constexpr std::uint32_t kNode = 1U << 30;
// Of a node: reached, and where it is kept.
constexpr std::uint32_t kReached = 1U << 29;
constexpr std::uint32_t kPlace = kReached - 1;
// Of a record: how many keys link to it, and its length.
constexpr unsigned kLengthBits = 23;
constexpr std::uint32_t kLength = (1U << kLengthBits) - 1;
constexpr std::uint32_t kOneLink = 1U << kLengthBits;
constexpr std::uint32_t kLinks = 63U << kLengthBits;

}  // namespace

struct GatheredTree::State {
  using Number = SeenBlocks::Number;

  State(const Limits& limits, const Salt& salt, std::uint64_t expected_blocks)
      : limits_(&limits), seen_(salt, expected_blocks), usual_keys_(limits) {}
  bool add_node(const ipld::Cid& cid, ByteView block);
  bool add_record(const ipld::Cid& cid, std::size_t bytes);
  std::optional<WholeTree> whole(const ipld::Cid& root, const StopToken& stop);

  // One level of the tree while it is held together.
  struct Level {
    KeptNodes::Read node;
    std::size_t next = 0;  // item
    unsigned height = 0;
    std::optional<KeptKey> lower;  // views into levels above
    std::optional<KeptKey> upper;
  };

  // A link that waits for its number: what that takes is fetched meanwhile.
  struct Link {
    crypto::Digest digest;
    std::uint8_t* number_at;  // of a subtree, where its number is kept; null: to a record
  };
  static constexpr std::size_t kWaiting = 32;  // a power of two

  bool keep(std::optional<unsigned> height);
  bool find_collection();
  bool add_link(const ipld::Cid& cid, std::uint8_t* number_at);
  bool number_link(const Link& link);
  bool hold_together(const ipld::Cid& root, WholeTree& tree, const StopToken& stop);
  bool enter(Number number, std::optional<unsigned> height, const std::optional<KeptKey>& lower,
             const std::optional<KeptKey>& upper);
  bool follow(Level& level, std::size_t at);
  bool below(const KeptKey& a, const KeptKey& b) const;

  const Limits* limits_;
  SeenBlocks seen_;
  KeptNodes kept_;
  UsualKeys usual_keys_;
  Node node_;
  std::string key_;
  std::map<std::string, std::uint16_t, std::less<>> collection_numbers_;
  std::vector<std::pair<std::string, std::uint64_t>> collections_;  // by number
  std::uint16_t collection_ = 0;                                    // of key_
  std::size_t slash_ = 0;
  std::array<Link, kWaiting> waiting_{};
  std::size_t links_ = 0;  // so far
  std::uint64_t nodes_ = 0;
  std::uint64_t records_ = 0;
  std::vector<std::unique_ptr<Level>> levels_;
  std::size_t depth_ = 0;
};

bool GatheredTree::State::add_record(const ipld::Cid& cid, std::size_t bytes) {
  const auto number = seen_.number_of(cid.digest());
  if (!number || cid.codec() != ipld::Codec::dag_cbor || bytes > kLength) return false;
  std::uint32_t& state = seen_.state(*number);
  if ((state & kThere) != 0) return false;
  state |= kThere | static_cast<std::uint32_t>(bytes);
  return true;
}

bool GatheredTree::State::add_node(const ipld::Cid& cid, ByteView block) {
  if (cid.codec() != ipld::Codec::dag_cbor || !decode_node_into(node_, block, *limits_)) return false;
  const auto height = usual_keys_.height(node_.entries, std::nullopt, std::nullopt);
  // Without keys it stands for a height that has none.
  if (!height && (!node_.entries.empty() || !node_.left)) return false;
  if (!keep(height)) return false;
  const auto place = kept_.end();
  const auto number = seen_.number_of(cid.digest());
  if (!place || !number || seen_.state(*number) != 0) return false;
  seen_.state(*number) = kThere | kNode | *place;
  ++nodes_;

  std::size_t subtrees = 0;
  if (node_.left && !add_link(*node_.left, kept_.link_at(subtrees++))) return false;
  for (const Entry& entry : node_.entries) {
    if (!add_link(entry.value, nullptr)) return false;
    if (entry.subtree && !add_link(*entry.subtree, kept_.link_at(subtrees++))) return false;
  }
  return true;
}

// What of the node at hand is needed later.
bool GatheredTree::State::keep(std::optional<unsigned> height) {
  const auto& entries = node_.entries;
  kept_.begin(height);
  if (node_.left) kept_.link();
  slash_ = 0;
  bool beside_link = true;  // as the first is kept too
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    key_.resize(static_cast<std::size_t>(entry.prefix_length));
    key_ += entry.suffix;
    if ((slash_ == 0 || entry.prefix_length <= slash_) && !find_collection()) return false;
    ++collections_[collection_].second;
    beside_link = beside_link || entry.subtree || i + 1 == entries.size();
    if (beside_link && !kept_.key({collection_, std::string_view(key_).substr(slash_ + 1)})) return false;
    if (entry.subtree) kept_.link();
    beside_link = entry.subtree.has_value();
  }
  records_ += entries.size();
  return true;
}

// Of key_. False: there are too many.
bool GatheredTree::State::find_collection() {
  slash_ = key_.find('/');
  const std::string_view name = std::string_view(key_).substr(0, slash_);
  if (!collections_.empty() && collections_[collection_].first == name) return true;
  const auto [known, made] =
      collection_numbers_.try_emplace(std::string(name), static_cast<std::uint16_t>(collections_.size()));
  if (made && collections_.size() == kKeptCollections) return false;
  if (made) collections_.emplace_back(name, 0);
  collection_ = known->second;
  return true;
}

bool GatheredTree::State::add_link(const ipld::Cid& cid, std::uint8_t* number_at) {
  if (cid.codec() != ipld::Codec::dag_cbor) return false;
  Link& link = waiting_[links_ % kWaiting];
  if (links_ >= kWaiting && !number_link(link)) return false;
  link = {cid.digest(), number_at};
  seen_.fetch_place(link.digest);
  if (links_ >= kWaiting / 2) seen_.fetch_digest(waiting_[(links_ - kWaiting / 2) % kWaiting].digest);
  ++links_;
  return true;
}

bool GatheredTree::State::number_link(const Link& link) {
  const auto number = seen_.number_of(link.digest);
  if (!number) return false;
  if (link.number_at != nullptr) {
    KeptNodes::write_link(link.number_at, *number);
    return true;
  }
  std::uint32_t& state = seen_.state(*number);
  if ((state & kNode) != 0 || (state & kLinks) == kLinks) return false;
  state += kOneLink;
  return true;
}

std::optional<WholeTree> GatheredTree::State::whole(const ipld::Cid& root, const StopToken& stop) {
  for (std::size_t i = links_ - std::min(links_, kWaiting); i < links_; ++i) {
    if (!number_link(waiting_[i % kWaiting])) return std::nullopt;
  }
  WholeTree tree;
  if (!hold_together(root, tree, stop)) return std::nullopt;
  for (Number number = 0; number < seen_.count(); ++number) {
    const std::uint32_t state = seen_.state(number);
    if ((state & kThere) == 0) return std::nullopt;
    if ((state & kNode) != 0) {
      if ((state & kReached) == 0) return std::nullopt;
      continue;
    }
    const std::uint32_t links = (state & kLinks) >> kLengthBits;
    if (links == 0) return std::nullopt;
    tree.record_bytes += std::uint64_t{links} * (state & kLength);
  }
  tree.nodes = nodes_;
  tree.records = records_;
  tree.collections = std::move(collections_);
  std::ranges::sort(tree.collections);
  return tree;
}

bool GatheredTree::State::hold_together(const ipld::Cid& root, WholeTree& tree, const StopToken& stop) {
  const auto number = seen_.number_of(root.digest());
  if (!number || root.codec() != ipld::Codec::dag_cbor) return false;
  if (!enter(*number, std::nullopt, std::nullopt, std::nullopt)) return false;
  tree.height = levels_.front()->height;
  while (depth_ > 0) {
    if (stop.stop_requested()) return false;
    Level& level = *levels_[depth_ - 1];
    while (level.next < level.node.items.size() && !level.node.items[level.next].is_link) ++level.next;
    if (level.next == level.node.items.size()) {
      --depth_;
      continue;
    }
    if (!follow(level, level.next++)) return false;
  }
  return true;
}

bool GatheredTree::State::follow(Level& level, std::size_t at) {
  const auto& items = level.node.items;
  if (level.height == 0) return false;
  const auto lower = at > 0 ? std::optional(level.node.key(items[at - 1])) : level.lower;
  const auto upper = at + 1 < items.size() ? std::optional(level.node.key(items[at + 1])) : level.upper;
  return enter(items[at].at, level.height - 1, lower, upper);
}

// A node becomes the last level, if it may be where it is linked from.
bool GatheredTree::State::enter(Number number, std::optional<unsigned> height,
                                const std::optional<KeptKey>& lower, const std::optional<KeptKey>& upper) {
  std::uint32_t& state = seen_.state(number);
  if ((state & (kThere | kNode | kReached)) != (kThere | kNode)) return false;
  state |= kReached;
  if (depth_ >= limits_->mst_depth) return false;
  if (levels_.size() == depth_) levels_.push_back(std::make_unique<Level>());
  Level& level = *levels_[depth_];
  kept_.read(state & kPlace, level.node);
  level.next = 0;
  level.lower = lower;
  level.upper = upper;
  if (!level.node.height && !height) return false;  // a root without keys
  if (level.node.height && height && *level.node.height != *height) return false;
  level.height = height ? *height : *level.node.height;
  ++depth_;
  for (const KeptNodes::Item& item : level.node.items) {
    if (!item.is_link) continue;
    const std::uint32_t below = seen_.state(item.at);
    if ((below & kNode) != 0) kept_.fetch(below & kPlace);
  }
  if (!level.node.height) return true;
  const auto is_key = [](const KeptNodes::Item& item) { return !item.is_link; };
  const auto first = std::ranges::find_if(level.node.items, is_key);
  const auto last = std::find_if(level.node.items.rbegin(), level.node.items.rend(), is_key);
  return (!lower || below(*lower, level.node.key(*first))) &&
         (!upper || below(level.node.key(*last), *upper));
}

// A slash sorts below whatever a collection may hold but '-' and '.', so names and record keys cannot be
// compared one after the other.
bool GatheredTree::State::below(const KeptKey& a, const KeptKey& b) const {
  if (a.collection == b.collection) return a.record_key < b.record_key;
  return collections_[a.collection].first + "/" < collections_[b.collection].first + "/";
}

GatheredTree::GatheredTree(const Limits& limits, const Salt& salt, std::uint64_t expected_blocks)
    : state_(std::make_unique<State>(limits, salt, expected_blocks)) {}
GatheredTree::~GatheredTree() = default;

void GatheredTree::fetch_place(const ipld::Cid& cid) const { state_->seen_.fetch_place(cid.digest()); }
void GatheredTree::fetch_digest(const ipld::Cid& cid) const { state_->seen_.fetch_digest(cid.digest()); }
bool GatheredTree::add_node(const ipld::Cid& cid, ByteView block) { return state_->add_node(cid, block); }
bool GatheredTree::add_record(const ipld::Cid& cid, std::size_t bytes) {
  return state_->add_record(cid, bytes);
}
std::optional<WholeTree> GatheredTree::whole(const ipld::Cid& root, const StopToken& stop) {
  return state_->whole(root, stop);
}

}  // namespace atb::mst
