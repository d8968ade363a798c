// Random numbers that are the same in every run (SplitMix64).
#pragma once

#include "core/os/random.h"

#include <mutex>

namespace atb::test {

class SeededRandom final : public os::Random {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : state_(seed) {}
  void fill(MutableByteView buffer) override {
    const std::scoped_lock lock(mutex_);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < buffer.size(); ++i) {
      if (i % 8 == 0) bits = next();
      buffer[i] = static_cast<std::uint8_t>(bits & 0xffU);
      bits >>= 8U;
    }
  }

 private:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  std::mutex mutex_;
  std::uint64_t state_;
};

}  // namespace atb::test
