// Whole signed repositories of typical records, of any size: the tree and the blocks lie in scratch files
// beside the result, and memory holds some 50 bytes a tree node, or 60 a block for an order that is no walk.
#pragma once

#include "core/syntax/tid.h"
#include "tests/support/repo_fixture.h"

#include <cstdint>
#include <string>

namespace atb::test {

struct TypicalRepoFacts {
  ipld::Cid commit;
  syntax::Tid rev;
  std::uint64_t records = 0;
  std::uint64_t nodes = 0;
  std::uint64_t record_bytes = 0;
  std::uint64_t blocks = 0;
};

// Uses the number of records, curve, seed, DID and rev of the options. The order of the reference server is
// that of an account which grew record by record: newest rev first, and a node has the rev of the record that
// last changed it. Scratch files are named after `path` and gone before this returns.
TypicalRepoFacts write_typical_repo(const RepoOptions& options, BlockOrder order, const std::string& path,
                                    ByteSink& out);

}  // namespace atb::test
