// The records of a typical account of the network, invented: 60 % likes, 15 % posts, 10 % reposts, 15 %
// follows, some 237 bytes each, as measured on published repositories. One at a time, in key order, each a
// function of the seed and its number alone: five million of them need no memory, and come again the same.
#pragma once

#include "core/base/bytes.h"

#include <array>
#include <cstdint>
#include <string>

namespace atb::test {

// SplitMix64, from a seed and whatever else distinguishes this use.
class Dice {
 public:
  explicit Dice(std::uint64_t seed, std::uint64_t stream = 0, std::uint64_t number = 0);
  std::uint64_t next();
  // 0 … bound - 1.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  template <std::size_t kSize>
  void fill(std::array<std::uint8_t, kSize>& bytes) {
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(next() & 0xFFU);
  }

 private:
  std::uint64_t state_;
};

struct TypicalRecord {
  std::string key;
  std::int64_t time_us = 0;  // of its TID
  Bytes block;
};

class TypicalRecords {
 public:
  // They span the years before `end_us`, every collection all of them.
  TypicalRecords(std::size_t count, std::uint64_t seed, std::int64_t end_us);
  // False when there are no more.
  bool next(TypicalRecord& record);
  // The next record is the first of the next collection.
  void skip_collection() { number_ = counts_[collection_]; }

 private:
  static constexpr std::size_t kCollections = 4;
  std::array<std::size_t, kCollections> counts_{};
  std::uint64_t seed_;
  std::int64_t end_us_;
  std::size_t collection_ = 0;
  std::size_t number_ = 0;
};

}  // namespace atb::test
