// Repositories made to deceive or to break whoever reads them, each beside its valid twin: what issue and
// specification forbid, one fault at a time, with everything else right (hashes, links, signature). For the
// tests of verify, and as files for other programs (tests/tools/make_hostile.cpp).
#pragma once

#include "core/base/limits.h"
#include "core/base/report.h"
#include "tests/support/repo_fixture.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace atb::test {

struct Expected {
  std::string id;
  Severity severity;
  friend auto operator<=>(const Expected&, const Expected&) = default;
};

struct HostileRepo {
  std::string name;                // "tree_key_on_wrong_height"
  std::vector<Expected> findings;  // all that verify tells of it, each id once
  RepoFixture bad;
  RepoFixture twin;                          // of which verify has nothing to tell
  std::function<Bytes(Bytes)> spoil = {};    // applied to the file of the bad one
  std::optional<std::string> log = {};       // another PLC log for the bad one
  std::optional<std::string> expected = {};  // the DID that is asked for (--did)
  std::optional<Limits> limits = {};         // for both, instead of the usual ones

  Bytes bad_car(BlockOrder order) const;
  Severity gravest() const;  // what the exit code goes by; info when nothing is told
};

// What is wrong is in the tree, the commit and its key, the records, the file.
std::vector<HostileRepo> hostile_trees();
std::vector<HostileRepo> hostile_commits();
std::vector<HostileRepo> hostile_records();
std::vector<HostileRepo> hostile_files();
std::vector<HostileRepo> hostile_repos();  // all of them

// The account that they are all of: its log names the key that signs them.
const std::string& hostile_did();
std::string hostile_log();
// The time that its verification takes for now.
std::int64_t hostile_now_us();

}  // namespace atb::test
