// Proves a tree from its blocks in whatever order they lie, once each, and keeps little of them: each node is
// checked by itself while it is there, and what binds blocks to each other is checked at the end. For the
// files of today's hosts, whose blocks lie in no order that a walk (walker.h) could follow.
//
// It knows two answers. "Whole": a walk would find no breach and nothing missing, and every block that passed
// belongs. Or that it cannot say so: then a walk has to find out what there is to tell. So it never calls a
// tree whole that the walk would not, and gives up at the first thing that is not as usual.
#pragma once

#include "core/base/limits.h"
#include "core/base/stop.h"
#include "core/ipld/cid.h"
#include "core/mst/whole_tree.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace atb::mst {

// Takes the blocks of one run after another, in one thread at a time; another thread takes other runs with
// another reader.
class GatherReader {
 public:
  // Random, drawn when the blocks are chosen already, and the same for all readers of a tree: what keeps
  // whoever chose them from making two digests pass for one (digest_marks.h).
  using Salt = std::array<std::uint64_t, 8>;
  // `expected_blocks` is a guess.
  GatherReader(const Limits& limits, const Salt& salt, std::uint64_t expected_blocks);
  ~GatherReader();
  void begin();
  // A block passes, whose hash is known to be right; it and its CID live until end(). False: give up.
  bool node(const ipld::Cid& cid, ByteView block);
  bool record(const ipld::Cid& cid, std::size_t bytes);
  bool end();

 private:
  friend class GatheredTree;
  struct State;
  std::unique_ptr<State> state_;
};

// How many readers there may be.
inline constexpr std::size_t kGatherReaders = 8;
// After the last run, once. Empty: give up; also when stopped.
std::optional<WholeTree> gathered_tree(const ipld::Cid& root, std::span<GatherReader* const> readers,
                                       const Limits& limits, const StopToken& stop = {});

}  // namespace atb::mst
