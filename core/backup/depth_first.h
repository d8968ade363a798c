// Writes a repository as a CAR in depth-first order: commit, then each node before its content, records in
// key order, extra blocks (never thrown away) last, in the order they lay.
#pragma once

#include "core/base/byte_source.h"
#include "core/base/limits.h"
#include "core/base/progress.h"
#include "core/base/stop.h"
#include "core/car/block_index.h"
#include "core/car/writer.h"
#include "core/ipld/block_source.h"

#include <optional>

namespace atb::backup {

struct DepthFirstFacts {
  std::uint64_t bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t extra_blocks = 0;
};

// Writes while somebody else walks, once each block that comes.
class DepthFirstWriter {
 public:
  // `index` is the index behind the blocks; its marks are used. A section is a write: `out` should gather
  // them. Both must outlive the object.
  DepthFirstWriter(car::BlockIndex& index, ByteSink& out) : index_(&index), out_(&out) {}
  // First of all.
  Status begin(const ipld::Cid& commit);
  // A block as the walk comes to it, the commit before all others. One that came before is left out: equal
  // records share one.
  Status put(const ipld::Cid& cid, ByteView block);
  // After the walk: the extra blocks.
  Result<DepthFirstFacts> finish(ipld::BlockSource& blocks, const StopToken& stop);

  const car::Writer& writer() const { return *writer_; }  // after begin()

 private:
  car::BlockIndex* index_;
  ByteSink* out_;
  std::optional<car::Writer> writer_;
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
