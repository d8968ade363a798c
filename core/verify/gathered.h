// A repository proven as its file is read, once, on both cores: in parts where its blocks lie as a walk meets
// them, and gathered from whatever order they lie in otherwise. No index, and no block is hashed twice.
#pragma once

#include "core/backup/source.h"
#include "core/base/progress.h"
#include "core/base/stop.h"
#include "core/car/indexed_car.h"
#include "core/data/cbor.h"
#include "core/mst/whole_tree.h"
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

// Empty where anything at all was not as usual: then a walk can say what it was. An Error only when the file
// cannot be opened, or when stopped.
Result<std::optional<Gathered>> gather(backup::Repository& repository, const Limits& limits,
                                       Progress& progress, const StopToken& stop);

}  // namespace atb::verify
