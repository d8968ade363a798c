// A repository as it is read in the order of its file, for files in which a walk would have to look for each
// node: those that today's hosts send. No index, and no block is read twice.
#pragma once

#include "core/backup/source.h"
#include "core/base/progress.h"
#include "core/base/stop.h"
#include "core/car/indexed_car.h"
#include "core/data/cbor.h"
#include "core/mst/gathered_tree.h"
#include "core/repo/commit.h"

#include <optional>
#include <vector>

namespace atb::verify {

// All that belongs to the commit was there and as it should be, and nothing else was: the same that a walk
// would find. The commit is read, its signature not looked at.
struct Gathered {
  ipld::Cid root;
  repo::Commit commit;
  mst::WholeTree tree;
  std::vector<data::BlobRef> blobs;  // as RepoProof's
  car::CarFacts facts;
};

// Before anything is asked of the repository. Empty for a file in a walk's order, of which nothing was taken
// yet; and where anything at all was not as usual: then its batches were taken, and what is asked of it
// next makes it read the file again for an index, over which a walk can say what it was. An Error only when
// stopped.
Result<std::optional<Gathered>> gather(backup::Repository& repository, const Limits& limits,
                                       Progress& progress, const StopToken& stop);

}  // namespace atb::verify
