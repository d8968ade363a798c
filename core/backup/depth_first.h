// Writes a repository as a CAR in depth-first order: commit, then each node before its content, records in
// key order, extra blocks (never thrown away) last, in the order they lay.
#pragma once

#include "core/base/byte_source.h"
#include "core/base/limits.h"
#include "core/base/progress.h"
#include "core/base/stop.h"
#include "core/car/block_index.h"
#include "core/ipld/block_source.h"

namespace atb::backup {

struct DepthFirstFacts {
  std::uint64_t bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t extra_blocks = 0;
};

// The tree must be proven already: a missing block is an Error here. `index` is the index behind `blocks`;
// its marks are used.
Result<DepthFirstFacts> write_depth_first(ipld::BlockSource& blocks, car::BlockIndex& index,
                                          const ipld::Cid& commit, const Limits& limits, ByteSink& out,
                                          Progress& progress, const StopToken& stop);

// Every block that is there, in file order, for a repository that is not whole: nothing is known about its
// tree. A copy for a look, never a backup.
Result<DepthFirstFacts> write_as_they_lie(ipld::BlockSource& blocks, car::BlockIndex& index,
                                          const ipld::Cid& root, ByteSink& out, const StopToken& stop);

}  // namespace atb::backup
