// What could follow a log now: where an operation would stand, what it would undo, and who could undo what,
// until when. The rules are those of the audit, asked before the directory is.
#pragma once

#include "core/plc/audit.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::plc {

// Index of the entry that this one follows. Empty for the first.
std::optional<std::size_t> previous_of(const AuditedLog& log, std::size_t entry);
// The entry that took the place of this one. Empty when it is in force.
std::optional<std::size_t> undone_by(const AuditedLog& log, std::size_t entry);

// Who could still undo an entry, and with it all that came after.
struct Undoing {
  std::vector<std::string> keys;  // did:key, best rank first: those above the one that signed it
  std::int64_t until_us = 0;      // inclusive
};
// Empty when nobody can: the first entry, one that was undone already, one that the highest key has signed,
// one that is older than 72 hours.
std::optional<Undoing> undoing_of(const AuditedLog& log, std::size_t entry, std::int64_t now_us);

// Where a signed operation would stand.
struct Placement {
  std::size_t prev = 0;                  // the entry it follows
  std::size_t signer_rank = 0;           // among the rotation keys of that entry
  std::string signer;                    // did:key
  std::vector<std::size_t> undoes = {};  // entries in force that it would nullify, oldest first
};
// Ids (kind refused) "plc.stale" (it follows nothing that is in force), "plc.revert_rank" and
// "plc.revert_late" (it would undo what it may not); "plc.signature" (untrusted).
Result<Placement> place(const AuditedLog& log, const Operation& operation, std::int64_t now_us);

// How an entry is undone: by an operation that follows `prev` and says again what that said.
struct Reversal {
  std::size_t entry = 0;  // the first that is undone
  std::size_t prev = 0;
  std::size_t rank = 0;             // of the own key, there
  std::vector<std::size_t> undone;  // all that are, oldest first; `entry` among them
  std::int64_t until_us = 0;        // inclusive
};
// `target`: CID of the entry to be undone; empty: the only one that `key` can undo. `key`: the user's own.
// Ids: "plc.revert_target" (not_found: no such entry); kind refused: "plc.revert_done" (it is undone
// already), "plc.revert_late", "plc.revert_rank", "plc.revert_none" (there is nothing to be undone),
// "plc.revert_which" (several could be: the message lists them).
Result<Reversal> plan_reversal(const AuditedLog& log, std::string_view target, const std::string& key,
                               std::int64_t now_us);

}  // namespace atb::plc
