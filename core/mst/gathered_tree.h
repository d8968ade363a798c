// Proves a tree from its blocks in whatever order they pass, once each, and keeps little of them: each node
// is checked by itself while it is there, and what binds nodes to each other is checked at the end. For the
// files of today's hosts, whose blocks lie in no order that a walk (walker.h) could follow.
//
// It knows two answers. "Whole": a walk would find no breach and nothing missing, and every block that passed
// belongs. Or that it cannot say so: then a walk has to find out what there is to tell. So it never calls a
// tree whole that the walk would not, and gives up at the first thing that is not as usual.
#pragma once

#include "core/base/limits.h"
#include "core/ipld/cid.h"
#include "core/mst/kept_nodes.h"
#include "core/mst/node.h"
#include "core/mst/seen_blocks.h"
#include "core/mst/usual_keys.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace atb::mst {

struct WholeTree {
  std::uint64_t nodes = 0;
  std::uint64_t records = 0;       // keys
  std::uint64_t record_bytes = 0;  // of the block behind each key
  unsigned height = 0;
  std::vector<std::pair<std::string, std::uint64_t>> collections;  // sorted by name, with counts of keys
};

class GatheredTree {
 public:
  // `salt` is random; `expected_blocks` a guess.
  GatheredTree(const Limits& limits, std::uint64_t salt, std::uint64_t expected_blocks);
  // Soon this block will pass.
  void expect(const ipld::Cid& cid) const { seen_.fetch_place(cid.digest()); }
  void expect_now(const ipld::Cid& cid) const { seen_.fetch_digest(cid.digest()); }
  // A block passes, whose hash is known to be right. False: give up.
  bool add_node(const ipld::Cid& cid, ByteView block);
  bool add_record(const ipld::Cid& cid, std::size_t bytes);
  // After the last one. Once.
  std::optional<WholeTree> whole(const ipld::Cid& root);

 private:
  using Number = SeenBlocks::Number;
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
    std::uint8_t* number;  // of a subtree, where it is kept; null: to a record
  };
  static constexpr std::size_t kWaiting = 32;  // a power of two

  bool keep(std::optional<unsigned> height);
  bool find_collection();
  bool add_link(const ipld::Cid& cid, std::uint8_t* number);
  bool number_link(const Link& link);
  bool hold_together(const ipld::Cid& root, WholeTree& tree);
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

}  // namespace atb::mst
