// What is told of a tree that is proven whole without a walk (gathered_tree.h, joined_tree.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace atb::mst {

// A repository with more is left to the walk, and that keeps so many.
inline constexpr std::size_t kKeptCollections = 10'000;

struct WholeTree {
  std::uint64_t nodes = 0;
  std::uint64_t records = 0;       // keys
  std::uint64_t record_bytes = 0;  // of the block behind each key
  unsigned height = 0;
  std::vector<std::pair<std::string, std::uint64_t>> collections;  // sorted by name, with counts of keys
  friend bool operator==(const WholeTree&, const WholeTree&) = default;
};

}  // namespace atb::mst
