// The journal of one move, in SQLite with synchronous=FULL: what was intended, tried and observed, and the
// facts that later steps need. No secrets in here.
#pragma once

#include "core/base/result.h"
#include "core/db/sqlite.h"
#include "core/os/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::migrate {

enum class Phase : std::uint8_t { intended, tried, failed, observed, skipped };
std::string_view name_of(Phase phase);

struct JournalEvent {
  std::int64_t id = 0;
  std::int64_t at_us = 0;
  std::string step;
  std::string phase;
  std::string detail;
};

// One thread. Every write is on disk when the call returns.
class Journal {
 public:
  // Makes the file if absent. Errors as db::Database::open.
  static Result<Journal> open(const std::string& path, os::Clock& clock);

  Status write(std::string_view step, Phase phase, std::string_view detail);
  Result<std::vector<JournalEvent>> events();
  // The last phase noted for a step; empty when there is none.
  Result<std::string> last_phase(std::string_view step);

  // Facts: small, not secret, replaced as a whole. Read from memory, written through.
  Status set(std::string_view name, std::string_view value);
  std::string get(std::string_view name) const;  // empty when absent
  // All of them. What happened stays.
  Status forget_facts();
  bool has(std::string_view name) const { return !get(name).empty(); }

 private:
  Journal(db::Database db, os::Clock& clock) : db_(std::move(db)), clock_(&clock) {}
  db::Database db_;
  os::Clock* clock_;
  std::vector<std::pair<std::string, std::string>> facts_;
};

// Names of facts, in one place.
namespace fact {
inline constexpr std::string_view kDid = "did";
inline constexpr std::string_view kAccount = "account";   // as the user typed it
inline constexpr std::string_view kOldHost = "old.host";  // origins
inline constexpr std::string_view kNewHost = "new.host";
inline constexpr std::string_view kNewDid = "new.did";  // of the host: the audience of service tokens
// "yes": an account was on the new host before this move could have made one (returning.h).
inline constexpr std::string_view kReturns = "account.returns";
inline constexpr std::string_view kHandle = "handle";  // on the new host
inline constexpr std::string_view kEmail = "email";
inline constexpr std::string_view kAllowedMissing = "blobs.allowed_missing";  // CIDs, a line each
inline constexpr std::string_view kBackupCommit = "backup.commit";            // CID of the proven commit
inline constexpr std::string_view kBackupData = "backup.data";                // its MST root
inline constexpr std::string_view kImportLimit = "import.limit";              // bytes a piece; empty: whole
inline constexpr std::string_view kImportPieces =
    "import.pieces";  // "records root" of each sent, a line each
inline constexpr std::string_view kImportSigned = "import.signed";  // "yes": the last commit is signed anew
inline constexpr std::string_view kImported = "import.answered";    // CID of the commit that the host took
inline constexpr std::string_view kAgreed = "plan.agreed";          // "yes" once the plan was agreed to
inline constexpr std::string_view kRecoveryPath = "recovery.path";  // "none": nobody said; "declined"
inline constexpr std::string_view kRecoveryKey = "recovery.key";    // did:key
inline constexpr std::string_view kOldKeys = "old.keys";  // the old host's own rotation keys, a line each
inline constexpr std::string_view kFrom = "backup.from";  // path; set: the move does without the old host
inline constexpr std::string_view kRotationFile = "rotation.path";
inline constexpr std::string_view kRotationKey = "rotation.key";      // did:key of the user's key that signs
inline constexpr std::string_view kRank = "rotation.rank";            // place it shall have, from 0
inline constexpr std::string_view kTemporaryKey = "temporary.key";    // did:key
inline constexpr std::string_view kFormerSigner = "old.signing_key";  // did:key, before the temporary one
inline constexpr std::string_view kSigningFile = "signing.path";      // --signing-key-file
// "yes": the temporary key is the account's own signing key, which the identity names already.
inline constexpr std::string_view kHeldSigner = "temporary.held";
inline constexpr std::string_view kClaim = "claim.signed";  // the first operation, JSON
inline constexpr std::string_view kOperation = "operation.cid";
inline constexpr std::string_view kCodeAsked = "operation.code_asked";  // Unix microseconds
inline constexpr std::string_view kSigned = "operation.signed";         // JSON
// CID of the first operation that the next signed one undoes; empty: none.
inline constexpr std::string_view kUndoes = "operation.undoes";
// CIDs of operations that could be undone and shall not be, a line each.
inline constexpr std::string_view kKeptOperations = "operation.kept";
inline constexpr std::string_view kHostile = "old.hostile";  // "yes": its keys go with the first change
// Rotation keys that the person said to keep when the first change was agreed to, a line each.
inline constexpr std::string_view kKeptKeys = "keys.kept";
inline constexpr std::string_view kRequest = "operation.request";  // what `plc submit|revert` was asked for
// The old host's last commit, when it was looked at after the move (late.h), and what it had that did not
// come along: "path cid-as-moved cid-there", a line each, "-" for none.
inline constexpr std::string_view kLateHead = "late.head";
inline constexpr std::string_view kLateRecords = "late.records";
inline constexpr std::string_view kLateDecision = "late.decision";  // "bring" or "leave"
inline constexpr std::string_view kInertKey = "fresh.record_key";
inline constexpr std::string_view kInactive =
    "new.inactive";  // "yes": the new host has said so, or was told to activate
inline constexpr std::string_view kUnlistedBlobs =
    "blobs.unlisted";  // CIDs uploaded that the host does not list
inline constexpr std::string_view kPreferences = "preferences.put";  // "given", or "refused" once
inline constexpr std::string_view kWays = "host.ways";               // ids of host_ways.h, a line each
inline constexpr std::string_view kNotes =
    "notes";  // what could not be done and is told at the end, a line each
inline constexpr std::string_view kSealed = "secrets.sealed";  // "yes": wrapped with a passphrase
inline constexpr std::string_view kAborting = "abort.begun";   // RFC 3339: it is being given up
inline constexpr std::string_view kUndo = "abort.signed";      // the operation that undoes the claim, JSON
inline constexpr std::string_view kAborted = "aborted";        // RFC 3339
inline constexpr std::string_view kFinished = "finished";      // RFC 3339
}  // namespace fact

}  // namespace atb::migrate
