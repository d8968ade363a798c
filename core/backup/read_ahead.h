// Reads and hashes a CAR in a thread of its own, a few batches ahead of whoever walks through it: the second
// core.
#pragma once

#include "core/car/indexed_car.h"

namespace atb::backup {

// As car::open_batches. A small file is read in the caller's thread.
Result<std::unique_ptr<car::Batches>> read_ahead(const RandomAccess& file, const Limits& limits,
                                                 const car::LookAtBlock& look = {});

}  // namespace atb::backup
