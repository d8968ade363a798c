// What is done to a sound repository: each change breaks one rule, or none. Named by "part: what".
#pragma once

#include "tests/opinion/draft.h"
#include "tests/support/hostile/maker.h"

#include <string_view>

namespace atb::test {

// What our own verification must say of a repository so changed.
enum class Expect : std::uint8_t {
  clean,
  told,   // accepted, and something told that no sound repository has
  fails,  // damaged, forged or incomplete
  any,    // chance decides
};
std::string_view name_of(Expect expect);

// The repository, and whose it should be.
struct Subject {
  explicit Subject(const Base& base);
  Draft draft;
  std::string did;
  PlcLog log;
};

struct Change {
  std::string name;
  Expect expect;
  // The file; empty when the repository is too small for this change.
  std::function<std::optional<Bytes>(Subject&, Dice&)> make;
  std::size_t times = 1;  // how often it comes in a round: where chance decides, once says little
};

std::vector<Change> changes_of_files();
std::vector<Change> changes_of_commits();
std::vector<Change> changes_of_trees();
std::vector<Change> changes_of_records();

// One bit turned, a byte set, put in or taken out, or the end cut off.
void spoil(Bytes& bytes, Dice& dice);

}  // namespace atb::test
