#include "core/mst/usual_nodes.h"

#include "core/mst/node.h"
#include "core/mst/node_shape.h"
#include "core/mst/usual_keys.h"
#include "core/syntax/nsid.h"
#include "core/syntax/record_key_rule.h"

#include <algorithm>

namespace atb::mst {
namespace {

// For the keys of one run: several times of what they take, also where no record lies among the nodes.
constexpr std::size_t kTextBytes = 512U << 10;

bool is_dag_cbor(const std::uint8_t* link) {
  return link[1] == static_cast<std::uint8_t>(ipld::Codec::dag_cbor);
}

// An entry takes more bytes, and is two links at most.
constexpr std::size_t kEntryBytes = 50;

UsualLink to_subtree(const std::uint8_t* cid) { return {cid, nullptr, 0, 0, 0}; }

}  // namespace

UsualNodes::UsualNodes(const Limits& limits)
    : limits_(&limits), text_(std::make_unique_for_overwrite<char[]>(kTextBytes)) {}

void UsualNodes::begin() {
  nodes_.clear();
  used_links_ = 0;
  keys_.clear();
  used_ = 0;
}

bool UsualNodes::add(ByteView block) {
  make_room(2 * (block.size() / kEntryBytes) + 1);
  UsualNode& made = nodes_.emplace_back(UsualNode{used_links_, 0, {}});
  links_[used_links_++] = to_subtree(nullptr);  // on the left; it comes last
  usual_ = true;
  previous_ = {};
  slash_ = 0;
  if (!NodeShape(block).read(*this, *limits_) || !usual_) return false;
  const std::uint8_t* const left = links_[made.first].cid;
  if (left == nullptr) ++made.first;
  made.end = used_links_;
  // Without keys it stands for a height that has none.
  return made.first != made.end && (left == nullptr || is_dag_cbor(left));
}

void UsualNodes::make_room(std::size_t links) {
  if (room_ - used_links_ >= links) return;
  room_ = room_ * 2 + links;
  auto larger = std::make_unique_for_overwrite<UsualLink[]>(room_);
  std::copy_n(links_.get(), used_links_, larger.get());
  links_ = std::move(larger);
}

bool UsualNodes::usual_entry(std::uint64_t prefix, std::string_view suffix, const std::uint8_t* value,
                             const std::uint8_t* subtree) {
  const std::size_t limit = limits_->mst_key_bytes;
  if (!is_dag_cbor(value) || kTextBytes - used_ < limit) return false;
  const std::string_view key = usual_key(text_.get() + used_, limit, previous_, prefix, suffix);
  if (key.empty()) return false;
  if (slash_ == 0 || prefix <= slash_) {
    const std::size_t slash = key.find('/');
    if (slash == std::string_view::npos || !turn_to(key.substr(0, slash))) return false;
    slash_ = static_cast<std::uint32_t>(slash);
  }
  if (!syntax::is_record_key(key.substr(slash_ + 1))) return false;
  collections_.count();
  used_ += key.size();
  previous_ = key;
  keys_.push_back(as_bytes(key));
  links_[used_links_++] = {value, key.data(), static_cast<std::uint32_t>(key.size()), slash_,
                           collections_.number()};
  if (subtree == nullptr) return true;
  links_[used_links_++] = to_subtree(subtree);
  return is_dag_cbor(subtree);
}

bool UsualNodes::turn_to(std::string_view collection) {
  if (collections_.turn_to(collection)) return true;
  const auto nsid = syntax::Nsid::parse(collection);
  return nsid && nsid->is_normal() && collections_.add(collection);
}

// The height of each node: that of its keys, all of the run side by side.
bool UsualNodes::end() {
  heights_.clear();
  key_heights(keys_, heights_);
  all_keys_ += keys_.size();
  std::size_t at = 0;
  for (UsualNode& node : nodes_) {
    for (std::uint32_t link = node.first; link < node.end; ++link) {
      if (links_[link].is_subtree()) continue;
      const unsigned height = heights_[at++];
      if (!node.height) node.height = height;
      if (*node.height != height) return false;
    }
  }
  return true;
}

}  // namespace atb::mst
