// Reads a CAR in parts on both cores: each part is taken out of the file, hashed and worked through by one
// thread, so that its bytes stay in the cache of one core; only what the work makes of them is joined, in the
// order of the file.
#pragma once

#include "core/base/stop.h"
#include "core/car/batch.h"

namespace atb::backup {

inline constexpr std::size_t kPartThreads = 2;
// So many parts are worked on, or wait for one before them, at most.
inline constexpr std::size_t kPartPlaces = 8;

class PartWork {
 public:
  virtual ~PartWork() = default;
  // One part, by the thread of that number; both at once, with different places. What it makes of the part it
  // keeps at `place` until that is joined. False: give up.
  virtual bool work(std::size_t thread, const car::SectionBatch& part, std::size_t place) = 0;
  // In the order of the file, one at a time, in any of the threads. False: give up.
  virtual bool join(std::size_t place) = 0;
};

// True: all of the file was read, worked through and joined. False: someone gave up, or the file could not be
// read to its end. An Error only when it cannot be opened, or when stopped. A small file is read in the
// caller's thread alone.
Result<bool> read_in_parts(const RandomAccess& file, const Limits& limits, const car::LookAtBlock& look,
                           PartWork& work, const StopToken& stop);

}  // namespace atb::backup
