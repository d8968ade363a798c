// Inside mst only: how many keys there are of each collection, for keys that come in any order. Neighbours
// nearly always share theirs.
#pragma once

#include "core/mst/whole_tree.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atb::mst {

class CollectionCounts {
 public:
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;

  // The collection of what is counted next. False: it was not added yet.
  bool turn_to(std::string_view name) {
    if (!counts_.empty() && counts_[number_].first == name) return true;
    const auto known = numbers_.find(name);
    if (known == numbers_.end()) return false;
    number_ = known->second;
    return true;
  }
  // And turns to it. False: there are kKeptCollections already.
  bool add(std::string_view name) {
    if (counts_.size() == kKeptCollections) return false;
    number_ = static_cast<std::uint16_t>(counts_.size());
    counts_.emplace_back(name, 0);
    numbers_.emplace(name, number_);
    return true;
  }
  std::uint16_t number() const { return number_; }  // of the collection turned to
  void count() { ++counts_[number_].second; }
  // So many keys of a collection, which is added if need be. False as in add().
  bool count(std::string_view name, std::uint64_t keys) {
    if (!turn_to(name) && !add(name)) return false;
    counts_[number_].second += keys;
    return true;
  }
  const std::string& name(std::uint16_t number) const { return counts_[number].first; }
  const Counts& counts() const { return counts_; }  // by number

 private:
  std::map<std::string, std::uint16_t, std::less<>> numbers_;
  Counts counts_;
  std::uint16_t number_ = 0;
};

}  // namespace atb::mst
