// Proves a tree from its blocks in whatever order they pass, once each, and keeps little of them: each node
// is checked by itself while it is there, and what binds nodes to each other is checked at the end. For the
// files of today's hosts, whose blocks lie in no order that a walk (walker.h) could follow.
//
// It knows two answers. "Whole": a walk would find no breach and nothing missing, and every block that passed
// belongs. Or that it cannot say so: then a walk has to find out what there is to tell. So it never calls a
// tree whole that the walk would not, and gives up at the first thing that is not as usual.
#pragma once

#include "core/base/limits.h"
#include "core/base/stop.h"
#include "core/ipld/cid.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace atb::mst {

// A repository with more is left to the walk, and that keeps so many.
inline constexpr std::size_t kKeptCollections = 10'000;

struct WholeTree {
  std::uint64_t nodes = 0;
  std::uint64_t records = 0;       // keys
  std::uint64_t record_bytes = 0;  // of the block behind each key
  unsigned height = 0;
  std::vector<std::pair<std::string, std::uint64_t>> collections;  // sorted by name, with counts of keys
};

class GatheredTree {
 public:
  // Random: what makes the table of blocks safe from whoever chose them.
  using Salt = std::array<std::uint64_t, 4>;
  // `expected_blocks` is a guess.
  GatheredTree(const Limits& limits, const Salt& salt, std::uint64_t expected_blocks);
  ~GatheredTree();
  // Fetches what it will take to add this block: the first some time before, the second a little later.
  void fetch_place(const ipld::Cid& cid) const;
  void fetch_digest(const ipld::Cid& cid) const;
  // A block passes, whose hash is known to be right. False: give up.
  bool add_node(const ipld::Cid& cid, ByteView block);
  bool add_record(const ipld::Cid& cid, std::size_t bytes);
  // After the last one, once. Empty also when stopped.
  std::optional<WholeTree> whole(const ipld::Cid& root, const StopToken& stop = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atb::mst
