// Does the proof of a backup let a move begin from it? Pure. Private to this module.
#pragma once

#include "core/verify/verify.h"

#include <functional>
#include <set>
#include <string>

namespace atb::migrate {

// Tells each finding that stands against it. "leave.backup_damaged" (refused), "move.blobs_missing"
// (incomplete); blobs in `allowed` do not count.
Status check_findings(const Report& report, const std::set<std::string>& allowed, const std::string& backup,
                      const std::function<void(const Finding&)>& tell);

// The backup proves its key by its own log. The directory's may know better: a key whose operation was
// nullified since is nobody's. A did:web has no log (null): its public document may name another key by now,
// so the backup's own counts. "leave.backup_unproven" (refused).
Status check_key(verify::RepoProof& proof, const plc::AuditedLog* log, const std::string& backup);

}  // namespace atb::migrate
