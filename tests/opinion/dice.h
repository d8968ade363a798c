// Chance that is the same in every run and with every library: the numbers of std::mt19937_64 are laid down,
// those of the distributions are not.
#pragma once

#include "core/base/bytes.h"

#include <cstdint>
#include <random>
#include <vector>

namespace atb::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  std::size_t between(std::size_t least, std::size_t most) { return least + below(most - least + 1); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(below(256)); }
  Bytes bytes(std::size_t count) {
    Bytes all(count);
    for (std::uint8_t& one : all) one = byte();
    return all;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace atb::test
