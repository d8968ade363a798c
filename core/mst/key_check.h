// Is a key a repo path? As syntax::RepoPath::parse, without allocating for each of a million keys: neighbours
// nearly always share their collection, which is parsed once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace atb::mst {

class KeyCheck {
 public:
  enum class Verdict : std::uint8_t { good, not_normal, not_a_path };
  Verdict check(std::string_view key);

 private:
  std::string collection_;  // the last good one
  bool normal_ = true;      // is its authority in lower case
};

}  // namespace atb::mst
