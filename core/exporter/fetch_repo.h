// Fetches a repository into a spool until it is whole and proven, from a host that may be slow, broken, or
// written to meanwhile.
//
// getRepo streams into the spool, every block hashed as it arrives. Then the proof walks; what is missing is
// asked for by getBlocks (halved on failure: one lost CID fails a whole call), then getRepo since the rev
// received, then all of it anew, twice; only then is the host to blame ("export.incomplete", kind incomplete,
// naming what is missing). A body that broke off keeps the blocks that came.
#pragma once

#include "core/car/spool.h"
#include "core/exporter/context.h"
#include "core/verify/proof.h"
#include "core/xrpc/client.h"

#include <optional>
#include <string>

namespace atb::exporter {

struct FetchedRepo {
  ipld::Cid root;  // the commit
  verify::RepoProof proof;
  Report report;
};

// Where there must be space for what is fetched. `copies`: 1 for the spool, 2 when the repository is written
// there once more.
struct Room {
  std::string folder;  // existing; empty: not looked at
  unsigned copies = 1;
};

class RepositoryFile;

struct FetchOptions {
  Room room;
  RepositoryFile* file = nullptr;  // written on the way: whole when fetching succeeds, gone when not
  std::optional<ipld::Cid>* root = nullptr;  // told the root of what came, also when fetching fails
};

// Fails with "export.not_a_repo" (the answer is no CAR; says what it looks like), "export.wrong_did"
// (untrusted), "export.signature" (untrusted), "export.damaged" (corrupt: the host's tree breaks the rules,
// or blocks came with wrong bytes and never with the right ones), "export.incomplete", "export.no_space"
// (before the disk is full). The spool then holds what came, for NAME.rejected.
Result<FetchedRepo> fetch_repo(const Context& context, const xrpc::Client& host, const syntax::Did& did,
                               const verify::KeyEvidence& evidence, car::Spool& spool,
                               const FetchOptions& options = {});

}  // namespace atb::exporter
