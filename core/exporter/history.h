// What a new repository, or a new PLC log, must not do to the one backed up before.
#pragma once

#include "core/backup/manifest.h"
#include "core/exporter/context.h"
#include "core/verify/proof.h"

#include <string_view>

namespace atb::exporter {

// "repo.rolled_back" (forged: the rev went back), "repo.forked" (forged: same rev, another commit),
// "repo.emptied" (alarm: over 20 % and at least 100 of the records are gone). Empty when all is well.
std::optional<Finding> compare_repositories(const backup::RepositoryEntry& before,
                                            const verify::RepoProof& now);

// Tells `alarm`, or that it was adopted ("repo.change_accepted", info). True: the new repository is a
// suspect, to be kept as `kept_as`.
bool tell_alarm(Finding alarm, const std::string& kept_as, bool accept_change, Report& report);
// The suspect was adopted, or something newer was.
Status forget_suspect(const Context& context, const std::string& car_path);

// The directory never forgets an entry; a log that lacks one is told: "plc.rewritten" (warning).
std::optional<Finding> compare_logs(std::string_view before, std::string_view now, const Limits& limits);

}  // namespace atb::exporter
