// The blobs of a backup against what its records refer to and its manifest lists. A part of verify.h.
#pragma once

#include "core/backup/source.h"
#include "core/verify/verify.h"

namespace atb::verify {

// Adds the checks "references" and "blobs" and findings "blob.missing" (missing: the manifest lists it so),
// "blob.absent", "blob.wrong_bytes" (damage), "blob.extra" (info, one with a count); fills the counts of
// `verdict`. A source that holds no blobs: not checked. Each blob goes to `taker` on the way, unless that is
// null.
Status check_blobs(backup::BackupSource& source, Verdict& verdict, Taker* taker, Progress& progress,
                   const StopToken& stop);

}  // namespace atb::verify
