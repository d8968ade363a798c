// Which blocks of a repository say nothing to anybody but that they are there: records within the data model,
// without blobs. A proof need not read them twice.
#pragma once

#include "core/base/limits.h"
#include "core/car/indexed_car.h"

namespace atb::backup {

// For one reader, which looks from one thread at a time: it remembers what records look like.
car::LookAtBlock look_for_plain(const Limits& limits);

}  // namespace atb::backup
