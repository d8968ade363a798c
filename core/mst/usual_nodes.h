// Inside mst only: the nodes among neighbouring blocks, as long as nothing is unusual about any: each of the
// one canonical shape, with repo paths that ascend, all of one height, and links to dag-cbor. Who breaks a
// rule, and which, a walk finds out.
#pragma once

#include "core/base/limits.h"
#include "core/ipld/cid.h"
#include "core/mst/collection_counts.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace atb::mst {

// A link of a node.
struct UsualLink {
  static constexpr std::size_t kDigestAt = 4;

  const std::uint8_t* cid;  // 36 bytes, where they lie in the block
  const char* key_text;     // of a record; null: it is to a subtree
  std::uint32_t key_bytes;
  std::uint32_t slash;       // in the key
  std::uint16_t collection;  // number, of the key

  bool is_subtree() const { return key_text == nullptr; }
  std::string_view key() const { return {key_text, key_bytes}; }
  const std::uint8_t* digest() const { return cid + kDigestAt; }
};

struct UsualNode {
  std::uint32_t first;  // of its links, which stand in the order of the tree
  std::uint32_t end;
  std::optional<unsigned> height;  // empty: without keys, with one subtree
};

// For one run of blocks after another, in one thread at a time.
class UsualNodes {
 public:
  explicit UsualNodes(const Limits& limits);
  void begin();
  // A node; its bytes live until the next run. False: something is unusual.
  bool add(ByteView block);
  // After the last of the run; the heights are there after that. False: a node's keys differ in theirs.
  bool end();

  std::span<const UsualNode> nodes() const { return nodes_; }
  const UsualLink& link(std::uint32_t at) const { return links_[at]; }
  // Of all runs.
  std::uint64_t keys() const { return all_keys_; }
  const CollectionCounts& collections() const { return collections_; }

  // Of NodeShape.
  void entry(std::uint64_t prefix, std::string_view suffix, const std::uint8_t* value,
             const std::uint8_t* subtree) {
    usual_ = usual_ && usual_entry(prefix, suffix, value, subtree);
  }
  void left(const std::uint8_t* link) { links_[nodes_.back().first].cid = link; }

 private:
  bool usual_entry(std::uint64_t prefix, std::string_view suffix, const std::uint8_t* value,
                   const std::uint8_t* subtree);
  bool turn_to(std::string_view collection);
  void make_room(std::size_t links);

  const Limits* limits_;
  std::vector<UsualNode> nodes_;
  std::unique_ptr<UsualLink[]> links_;  // no vector: a million of them pass, one by one
  std::size_t room_ = 0;
  std::uint32_t used_links_ = 0;
  std::unique_ptr<char[]> text_;  // the keys
  std::size_t used_ = 0;
  std::vector<ByteView> keys_;
  std::vector<unsigned> heights_;
  std::uint64_t all_keys_ = 0;
  CollectionCounts collections_;
  // Of the node at hand.
  bool usual_ = true;  // so far
  std::string_view previous_;
  std::uint32_t slash_ = 0;
};

}  // namespace atb::mst
