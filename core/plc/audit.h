// The audit of a whole did:plc log, as GET /<did>/log/audit gives it: every signature, every link,
// nullification recomputed. createdAt is the directory's word: it is not signed.
#pragma once

#include "core/plc/operation.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::plc {

struct LogEntry {
  syntax::Did did;
  Operation operation;
  ipld::Cid cid;           // as listed
  bool nullified = false;  // as listed
  std::string created_at;
  std::int64_t created_us = 0;
};

// Parses the JSON array. Ids "plc.log" (kind corrupt), "plc.too_large" (limit_exceeded: more than
// Limits::plc_operations entries) and those of Operation::parse and of the JSON reader. Members of an entry
// that we do not know are let be: they are not signed.
Result<std::vector<LogEntry>> parse_log(std::string_view json, const Limits& limits);

struct AuditedEntry {
  std::size_t signer_rank =
      0;                   // index into the rotation keys of the operation before (its own, for the genesis)
  std::string signer;      // did:key
  bool nullified = false;  // as computed
  std::int64_t created_us = 0;
};

// A span of time in which a key was the DID's signing key ("atproto"). Spans of nullified operations overlap
// those of the history in force, which knows nothing of them.
struct KeyPeriod {
  std::string did_key;
  std::int64_t from_us = 0;
  std::optional<std::int64_t> until_us;  // empty: still in force
  bool nullified = false;                // the operation that named it was nullified: never trust it
  std::size_t entry = 0;                 // index into the log
};

struct AuditedLog {
  syntax::Did did;
  std::vector<LogEntry> entries;
  std::vector<AuditedEntry> audit;  // same order
  std::size_t head = 0;             // index of the last entry in force
  bool tombstoned = false;

  const Operation& head_operation() const { return entries[head].operation; }
  ipld::Cid head_cid() const { return entries[head].cid; }
  // Empty when tombstoned.
  const State& state() const { return entries[head].operation.state(); }
  // Oldest first.
  std::vector<KeyPeriod> signing_keys() const;
};

// A log only ever grows. The index of the first entry of `older` that `newer` does not have at that place;
// empty when `newer` is `older` and perhaps more. Whether an entry is nullified may change.
std::optional<std::size_t> first_difference(const std::vector<LogEntry>& older,
                                            const std::vector<LogEntry>& newer);

// 72 hours, inclusive.
constexpr std::int64_t kRecoveryWindowUs = 72LL * 3600 * 1'000'000;

// Ids, all kind untrusted: "plc.empty", "plc.did" (an entry of another DID, or a genesis that makes another),
// "plc.cid", "plc.genesis" (the first entry is none, or there is a second), "plc.prev" (follows nothing in
// the log, or what was nullified), "plc.after_tombstone", "plc.order" (createdAt does not go forward),
// "plc.signature", "plc.rank" (fork by a key without the rank), "plc.late_recovery" (past 72 h),
// "plc.nullified_flag".
Result<AuditedLog> audit_log(const syntax::Did& did, std::vector<LogEntry> entries);

}  // namespace atb::plc
