#include "core/mst/walker.h"

#include "core/mst/key_check.h"
#include "core/mst/usual_keys.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace atb::mst {
namespace {

using Bound = UsualKeys::Bound;

// One level of the stack. Kept and used again for its buffers: no allocation a record once they have grown.
struct Level {
  std::optional<ipld::Cid> cid;
  Bytes buffer;
  Node node;
  std::vector<bool> in_place;      // an entry each
  std::vector<unsigned> heights;   // of the entries' keys, during the check
  std::string greatest;            // key in order so far, during the check
  std::size_t next = 0;            // the entry to be told next
  bool before_entry = true;        // the subtree before `next` has not been looked at yet
  std::string key;                 // of the entry before `next`; empty at the start
  std::string next_key;            // of `next`, where it bounds a subtree; and scratch of the check
  std::optional<unsigned> height;  // unknown while only nodes without keys were seen
  Bound lower;                     // keys lie between these, exclusive; views into levels above
  Bound upper;

  // To the subtree before `next`.
  const std::optional<ipld::Cid>& link() const {
    return next == 0 ? node.left : node.entries[next - 1].subtree;
  }
};

// The key of an entry in place of the key before it; of one that build_key() could build.
void extend_key(const Entry& entry, std::string& key) {
  key.resize(static_cast<std::size_t>(entry.prefix_length));
  key += entry.suffix;
}

enum class KeyBuild : std::uint8_t { done, prefix_too_long, key_too_long };

// The key of an entry, from the key before it, which is another string.
KeyBuild build_key(const Entry& entry, std::string_view previous, std::size_t limit, std::string& key) {
  if (entry.prefix_length > previous.size()) return KeyBuild::prefix_too_long;
  const auto shared = static_cast<std::size_t>(entry.prefix_length);
  if (entry.suffix.size() > limit || shared > limit - entry.suffix.size()) return KeyBuild::key_too_long;
  key.assign(previous, 0, shared);
  extend_key(entry, key);
  return KeyBuild::done;
}

class Walk {
 public:
  Walk(ipld::BlockSource& blocks, const Limits& limits, Visitor& visitor, FindingSink& findings,
       const StopToken& stop)
      : blocks_(&blocks),
        limits_(&limits),
        visitor_(&visitor),
        findings_(&findings),
        stop_(&stop),
        usual_keys_(limits) {}

  Result<WalkStats> run(const ipld::Cid& root) {
    TRY(descend(root, std::nullopt, {}, {}));
    while (depth_ > 0 && !gave_up_) TRY(step(*levels_[depth_ - 1]));
    return stats_;
  }

 private:
  // One move at the top of the stack: into a subtree, past an entry, or back up.
  Status step(Level& level);
  Status enter_subtree(Level& level);
  Status tell_entry(Level& level);

  // Reads and checks the node behind a link; when it is in place it becomes the top of the stack.
  Status descend(const ipld::Cid& cid, std::optional<unsigned> height, Bound lower, Bound upper);
  bool may_follow(const ipld::Cid& cid);
  // These tell findings; false when the node is to be left out.
  bool check_node(Level& level);
  bool nothing_wrong(Level& level);
  bool check_keys(Level& level);
  bool check_heights(Level& level);
  void check_entry_form(const Entry& entry, std::string_view previous, std::string_view key);
  // Forgets the entries from `at` on, whose keys cannot be known, and the subtree before them.
  void cut_node(Level& level, std::size_t at);
  // A link that leads nowhere good: remembers the nodes without keys at the top of the stack that hold it.
  void remember_keyless();
  void remember(const ipld::Cid& cid);

  void breach(std::string_view id, std::string where, std::string detail) {
    ++stats_.breaches;
    findings_->add({std::string(id), Severity::damage, std::move(where), std::move(detail)});
  }

  ipld::BlockSource* blocks_;
  const Limits* limits_;
  Visitor* visitor_;
  FindingSink* findings_;
  const StopToken* stop_;

  std::vector<std::unique_ptr<Level>>
      levels_;  // the first depth_ are in use; the rest are kept for their buffers
  std::size_t depth_ = 0;
  std::unordered_set<ipld::Cid> misplaced_;
  UsualKeys usual_keys_;
  KeyCheck key_check_;
  WalkStats stats_;
  bool gave_up_ = false;
};

Status Walk::step(Level& level) {
  if (level.before_entry && level.link()) return enter_subtree(level);
  if (level.next < level.node.entries.size()) return tell_entry(level);
  --depth_;
  return {};
}

Status Walk::enter_subtree(Level& level) {
  level.before_entry = false;
  const auto& entries = level.node.entries;
  const bool first = level.next == 0;
  const bool last = level.next == entries.size();
  const ipld::Cid& link = *level.link();
  // Without both neighbours in place the bounds of the subtree are unknown.
  if ((!first && !level.in_place[level.next - 1]) || (!last && !level.in_place[level.next])) return {};
  if (!last) build_key(entries[level.next], level.key, limits_->mst_key_bytes, level.next_key);
  const Bound lower = first ? level.lower : Bound(level.key);
  const Bound upper = last ? level.upper : Bound(level.next_key);
  if (level.height == 0U) {
    breach("mst.child_height", level.cid->str(),
           fmt::format("a node of height 0 links to a subtree, {}", link.str()));
    remember_keyless();
    return {};
  }
  return descend(link, level.height ? std::optional(*level.height - 1) : std::nullopt, lower, upper);
}

Status Walk::tell_entry(Level& level) {
  const std::size_t at = level.next++;
  level.before_entry = true;
  extend_key(level.node.entries[at], level.key);
  if (!level.in_place[at]) return {};
  ++stats_.records;
  return visitor_->record(level.key, level.node.entries[at].value);
}

Status Walk::descend(const ipld::Cid& cid, std::optional<unsigned> height, Bound lower, Bound upper) {
  TRY(check_stop(*stop_));
  if (!may_follow(cid)) {
    remember_keyless();
    return {};
  }
  if (levels_.size() == depth_) levels_.push_back(std::make_unique<Level>());
  Level& level = *levels_[depth_];
  const auto block = blocks_->get(cid, level.buffer);
  if (!block) {
    if (block.error().kind != ErrorKind::not_found) return std::unexpected(block.error());
    ++stats_.missing_nodes;
    breach("mst.missing_node", cid.str(),
           "a node of the tree is not there, and with it all records below it");
    remember_keyless();
    return visitor_->missing_node(cid);
  }
  level.cid = cid;
  level.height = height;
  level.lower = lower;
  level.upper = upper;
  level.next = 0;
  level.before_entry = true;
  bool good = true;
  if (auto decoded = decode_node_into(level.node, *block, *limits_); !decoded) {
    breach("mst.node", cid.str(), decoded.error().message);
    good = false;
  }
  if (!good || !check_node(level)) {
    remember(cid);
    remember_keyless();
    return {};
  }
  if (stats_.records == 0 && !level.node.entries.empty())
    stats_.height = std::max(stats_.height, level.height.value_or(0));
  level.key.clear();
  ++depth_;
  ++stats_.nodes;
  return visitor_->node(cid, *block);
}

bool Walk::may_follow(const ipld::Cid& cid) {
  if (cid.codec() != ipld::Codec::dag_cbor) {
    breach("mst.codec", cid.str(), "the link to a node says codec raw instead of dag-cbor");
    return false;
  }
  if (depth_ >= limits_->mst_depth) {
    breach("mst.depth", cid.str(), fmt::format("the tree has more than {} levels", limits_->mst_depth));
    return false;
  }
  if (misplaced_.contains(cid)) {
    breach("mst.reached_twice", cid.str(),
           "another link to a node that was found broken or out of place before");
    return false;
  }
  return true;
}

bool Walk::check_node(Level& level) {
  const bool is_root = depth_ == 0;
  if (!level.node.entries.empty()) return nothing_wrong(level) || (check_keys(level) && check_heights(level));
  level.in_place.clear();
  if (is_root && !level.node.left) return true;  // the empty tree
  if (is_root) {
    breach("mst.empty_node", level.cid->str(), "the root has no keys although the tree has some");
    return true;
  }
  if (level.node.left) return true;  // stands for a height without keys
  breach("mst.empty_node", level.cid->str(), "a node has neither keys nor a subtree");
  return false;
}

// What check_keys() and check_heights() come to for nearly every node, found out at once.
bool Walk::nothing_wrong(Level& level) {
  const auto height = usual_keys_.height(level.node.entries, level.lower, level.upper);
  if (!height || (level.height && *level.height != *height)) return false;
  level.height = height;
  level.in_place.assign(level.node.entries.size(), true);
  return true;
}

bool Walk::check_keys(Level& level) {
  auto& entries = level.node.entries;
  level.in_place.assign(entries.size(), false);
  level.heights.clear();
  level.key.clear();
  bool any_in_order = false;
  for (std::size_t at = 0; at < entries.size(); ++at) {
    const KeyBuild built = build_key(entries[at], level.key, limits_->mst_key_bytes, level.next_key);
    if (built != KeyBuild::done) {
      if (built == KeyBuild::prefix_too_long) {
        breach("mst.prefix", level.cid->str(),
               fmt::format("entry {} claims to share {} bytes with the key before it, which has {}", at,
                           entries[at].prefix_length, level.key.size()));
      } else {
        breach("mst.key_length", level.cid->str(),
               fmt::format("the key of entry {} is longer than {} bytes", at, limits_->mst_key_bytes));
      }
      cut_node(level, at);
      return at > 0;
    }
    const std::string_view key = level.next_key;
    if ((level.lower && key <= *level.lower) || (level.upper && key >= *level.upper)) {
      breach("mst.bounds", level.next_key,
             fmt::format("the key lies outside the bounds of its subtree, in node {}", level.cid->str()));
      return false;
    }
    check_entry_form(entries[at], level.key, key);
    if (any_in_order && key <= level.greatest) {
      breach("mst.key_order", level.next_key,
             fmt::format("the key does not come after \"{}\", in node {}", level.greatest, level.cid->str()));
    } else {
      level.in_place[at] = true;
      level.greatest = key;
      any_in_order = true;
    }
    level.heights.push_back(key_height(key));
    std::swap(level.key, level.next_key);
  }
  return true;
}

// What is wrong with an entry without putting its position in doubt.
void Walk::check_entry_form(const Entry& entry, std::string_view previous, std::string_view key) {
  const auto claimed = static_cast<std::size_t>(entry.prefix_length);
  if (claimed < previous.size() && claimed < key.size() && previous[claimed] == key[claimed]) {
    const std::size_t common = common_prefix(previous, key);
    breach("mst.prefix", std::string(key),
           fmt::format("the entry claims to share {} bytes with the key before it and shares {}",
                       entry.prefix_length, common));
  }
  switch (key_check_.check(key)) {
    case KeyCheck::Verdict::good:
      break;
    case KeyCheck::Verdict::not_normal:
      breach("mst.key_not_normal", std::string(key), "the authority of the collection is not in lower case");
      break;
    case KeyCheck::Verdict::not_a_path:
      breach("mst.key_syntax", std::string(key), "the key is not of the form collection/record-key");
      break;
  }
  if (entry.value.codec() != ipld::Codec::dag_cbor) {
    breach("mst.codec", std::string(key), "the link to the record says codec raw instead of dag-cbor");
  }
}

void Walk::cut_node(Level& level, std::size_t at) {
  auto& entries = level.node.entries;
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(at), entries.end());
  level.in_place.resize(at);
  if (at > 0) entries.back().subtree.reset();
}

bool Walk::check_heights(Level& level) {
  const auto& heights = level.heights;
  const unsigned top = std::ranges::max(heights);
  if (!level.height) {
    level.height = top;
  } else if (top != *level.height && std::ranges::min(heights) == top) {
    breach(
        "mst.child_height", level.cid->str(),
        fmt::format("all keys of the node are of height {}, its place is of height {}", top, *level.height));
    return false;
  }
  if (top == *level.height && std::ranges::min(heights) == top) return true;
  level.key.clear();
  for (std::size_t at = 0; at < heights.size(); ++at) {
    build_key(level.node.entries[at], level.key, limits_->mst_key_bytes, level.next_key);
    std::swap(level.key, level.next_key);
    if (heights[at] == *level.height) continue;
    breach("mst.key_height", level.key,
           fmt::format("the key is of height {}, its node {} of height {}", heights[at], level.cid->str(),
                       *level.height));
    level.in_place[at] = false;
  }
  return true;
}

void Walk::remember_keyless() {
  for (std::size_t at = depth_; at > 0 && levels_[at - 1]->node.entries.empty(); --at)
    remember(*levels_[at - 1]->cid);
}

void Walk::remember(const ipld::Cid& cid) {
  if (gave_up_ || !misplaced_.insert(cid).second || misplaced_.size() <= limits_->mst_misplaced_nodes) return;
  gave_up_ = true;
  breach("mst.gave_up", cid.str(),
         fmt::format("more than {} nodes are broken or out of place", limits_->mst_misplaced_nodes));
}

}  // namespace

Result<WalkStats> walk(ipld::BlockSource& blocks, const ipld::Cid& root, const Limits& limits,
                       Visitor& visitor, FindingSink& findings, const StopToken& stop) {
  return Walk(blocks, limits, visitor, findings, stop).run(root);
}

}  // namespace atb::mst
