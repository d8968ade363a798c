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

}  // namespace atb::migrate
