// A repository that goes over in pieces, because the host does not take it whole: each piece is a repository
// of its own, over a prefix of the keys, in which only what the host does not have yet is sent; the last one
// is the repository itself. Private to this module.
//
// A host that imports compares the tree of a CAR with the one it has, and looks blocks up in both. The tree
// over a prefix of the keys shares all its nodes with the tree over a longer prefix, but those on its right
// edge. So the nodes that a builder has finished since the last piece, the right edge, the new records and
// a commit are all that a piece needs to hold.
#pragma once

#include "core/migrate/move.h"

#include <cstdint>
#include <string>

namespace atb::migrate {

// How many records of the backup, in key order, the host has, and the root of the tree over them.
struct Place {
  std::uint64_t records = 0;
  std::string root;  // empty: nothing that a piece could build upon
};

// The last commit, as it is sent: the backup's own, or one signed anew over the same tree.
struct LastCommit {
  repo::Commit commit;
  ipld::Cid cid;
  Bytes block;
};

class PieceImport {
 public:
  // `signer` signs the commits between; `repository` must be proven, and outlive the object.
  PieceImport(Move& move, backup::Repository& repository, LastCommit last, const crypto::PrivateKey& signer,
              std::uint64_t records);

  // Sends all from where the host stands, in pieces of at most `limit` bytes. What the host refuses is handed
  // up as it is; then `last_piece` tells how large it was. "move.piece_differs" (remote): the host said yes
  // and has another tree.
  Status send(std::uint64_t limit);

  struct Sent {
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
  };
  const Sent& last_piece() const { return last_piece_; }

 private:
  Result<Place> where_the_host_stands();
  Status send_from(const Place& start, std::uint64_t limit);

  Move& move_;
  backup::Repository& repository_;
  LastCommit last_;
  const crypto::PrivateKey& signer_;
  std::uint64_t records_;
  std::uint64_t bytes_sent_ = 0;
  Sent last_piece_;
};

}  // namespace atb::migrate
