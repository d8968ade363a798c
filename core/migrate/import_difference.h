// The repository into a host that has an older one of the same account: an account that comes back to where
// it once lived, or what was written since the last import. Only what differs is sent. Private to this
// module.
//
// A host that imports compares the tree of a CAR with the one it has, and looks nodes up in both; records
// only in the CAR. So the host is asked for the nodes of its tree that ours does not have, level by level:
// where both trees have the same node, all below it is the same. A record goes along unless the host has it
// under the very same key.
#pragma once

#include "core/migrate/import_pieces.h"

#include <cstdint>

namespace atb::migrate {

// True: it was sent, and the host said yes; whether it is so now is for the caller to look at. False: nothing
// was sent, as the host tells too little of what it has, the trees have nothing in common, or the difference
// is larger than `limit` (0: none). What the host refuses is handed up as it is.
Result<bool> import_difference(Move& move, backup::Repository& repository, const LastCommit& last,
                               std::uint64_t limit);

}  // namespace atb::migrate
