// Randomness as a parameter: tests replay it.
#pragma once

#include "core/base/bytes.h"

#include <cstdint>
#include <string>

namespace atb::os {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableByteView buffer) = 0;
  std::uint64_t uint64();
  // Lower-case hex of `bytes` random bytes.
  std::string hex(std::size_t bytes);
};

// The kernel's generator, through libsodium.
Random& system_random();

}  // namespace atb::os
