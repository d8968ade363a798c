// A host that works against its user: operations that it signed within the last 72 hours, undone by the move
// itself. Private to this module; what is pure of it is in contestable.h.
//
// The next operation of the user's then follows the last good one, and not the head; a key above the host's
// signs it, so the directory must take it, and everything after the last good one is nullified. The keys that
// signed what is undone go with it: their holders could sign the same again.
#pragma once

#include "core/migrate/contestable.h"
#include "core/migrate/move.h"

#include <string>
#include <vector>

namespace atb::migrate {

// What the person has said so far: --undo-operation, --keep-operation, and the answers of earlier runs.
Answers answers_so_far(const Journal& journal, const Options& options);

// Each of them is asked about once, or was answered; the answers go to the journal. Ids: those of
// unanswered(), when nobody can be asked or what cannot be kept shall not be undone.
Result<Base> settle_base(Move& move, const plc::AuditedLog& log);

// state_at(), without the keys of `host_keys` and --remove-key.
plc::State state_at(const Move& move, const plc::AuditedLog& log, const Base& base,
                    const std::vector<std::string>& host_keys);

// The user said that the old host is hostile: its keys go with the first change already. Those of `host_keys`
// go; of others the person says whose they are, once. Ids of shall_be_kept(). When nobody said so, `state` as
// it is.
Result<plc::State> without_hostile_keys(Move& move, plc::State state,
                                        const std::vector<std::string>& host_keys,
                                        const plc::AuditedLog& log);
// What that means, before it is agreed to; empty when nobody said so. `before`: the state that the change
// follows.
std::string describe_hostility(const Move& move, const plc::State& before, const plc::State& after);

}  // namespace atb::migrate
