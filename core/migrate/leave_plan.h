// What a move without its old host stands on, and what stands against it. Pure: a part of plan.h.
#pragma once

#include "core/base/result.h"
#include "core/plc/audit.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atb::migrate {

struct LeaveFacts {
  plc::AuditedLog log;              // the directory's, fetched now; empty for a did:web
  bool web = false;                 // then no key is needed but the domain
  std::string key = {};             // did:key whose private half the user holds; empty: none was given
  std::string signing_key = {};     // … and of --signing-key-file; empty: none was given
  std::string present_signer = {};  // did:key that the identity names now
  std::int64_t now_us = 0;

  std::string backup = {};       // as the user named it
  std::string backup_host = {};  // origin it was taken from; empty: unknown
  std::string backup_time = {};  // RFC 3339; empty: unknown
  bool backup_has_log = true;
  std::optional<std::size_t> log_breach =
      {};  // entry of the backup's log that the directory's does not have there
  std::uint64_t records = 0;
  std::uint64_t blobs = 0;
  std::uint64_t blob_bytes = 0;
  std::uint64_t missing_blobs = 0;
  std::vector<std::string> oversized_blobs = {};  // CIDs that the new host says it would not take
  std::uint64_t blob_limit = 0;                   // 0: it does not say

  bool old_answers = false;
  bool old_is_newer = false;  // it serves another commit than the backup's
};

// Place of a key among the rotation keys in force: 0 is the highest. Empty: it is none of them.
std::optional<std::size_t> rank_of(const plc::State& state, const std::string& key);

// Kind refused, with what remains in the hint: "leave.no_key", "leave.signing_key" (the identity names
// another), "leave.log_differs", "leave.key_unknown", "leave.key_rank" (it was removed, and that cannot be
// undone), "leave.tombstoned" (the account was given up, and that cannot be undone), "leave.blob_limit". A
// key that was removed, or an account that was given up, and could be put back, does: that is settled when
// the first operation is signed.
Status check_leave(const LeaveFacts& facts);

// What is known of a rotation key from the log alone, for the person who must say whose it is; may be empty.
std::string about_key(const plc::AuditedLog& log, const std::string& key);

// Who could undo what a key of this rank does, and until when.
std::string who_can_undo(const plc::State& state, const std::string& key, std::int64_t now_us);

}  // namespace atb::migrate
