// A host that works against its user: operations that it signed within the last 72 hours, undone by the move
// itself. Private to this module.
//
// The next operation of the user's then follows the last good one, and not the head; a key above the host's
// signs it, so the directory must take it, and everything after the last good one is nullified. The keys that
// signed what is undone go with it: their holders could sign the same again.
#pragma once

#include "core/migrate/move.h"
#include "core/plc/forks.h"

#include <cstddef>
#include <string>
#include <vector>

namespace atb::migrate {

// What the next operation builds on.
struct Base {
  std::size_t entry = 0;                     // of the log, in force
  std::vector<std::size_t> undone = {};      // entries that go, oldest first
  std::vector<std::string> rogue_keys = {};  // did:key: those that signed them, the user's own not among them
};

// Operations in force that the key could undo, oldest first: signed by a key below it, less than 72 hours
// old. Pure. Some may be the user's own doing, through the host: nobody but the person knows.
std::vector<plc::Reversal> undoable(const plc::AuditedLog& log, const std::string& key, std::int64_t now_us);

// Each of them is asked about once, or was answered by --undo-operation and --keep-operation; the answers go
// to the journal. Ids (kind refused): "leave.foreign_operation" (nobody can be asked), "leave.key_removed"
// (the user's key was taken out, and that shall not be undone or nobody can be asked).
Result<Base> settle_base(Move& move, const plc::AuditedLog& log);

// What the identity said there, without the rogue keys, those of `host_keys` and --remove-key when something
// is undone.
plc::State state_at(const Move& move, const plc::AuditedLog& log, const Base& base,
                    const std::vector<std::string>& host_keys);

// The fight, before it is agreed to; empty when nothing is undone.
std::string describe_undoing(const plc::AuditedLog& log, const Base& base, std::int64_t now_us);

}  // namespace atb::migrate
