// What a new repository, or a new PLC log, must not do to the one backed up before.
#pragma once

#include "core/backup/manifest.h"
#include "core/verify/proof.h"

#include <string_view>

namespace atb::exporter {

// "repo.rolled_back" (forged: the rev went back), "repo.forked" (forged: same rev, another commit),
// "repo.emptied" (alarm: over 20 % and at least 100 of the records are gone). Empty when all is well.
std::optional<Finding> compare_repositories(const backup::RepositoryEntry& before,
                                            const verify::RepoProof& now);

// The directory never forgets an entry; a log that lacks one is told: "plc.rewritten" (warning).
std::optional<Finding> compare_logs(std::string_view before, std::string_view now, const Limits& limits);

}  // namespace atb::exporter
