// What a backup holds as proof of the account's key, read and audited. A part of verify.h.
#pragma once

#include "core/backup/source.h"
#include "core/verify/verify.h"

namespace atb::verify {

struct LoadedEvidence {
  std::optional<plc::AuditedLog> log;
  std::optional<did::Document> document;
};

// `commit_did` is what the repository says of itself; empty when unreadable. Adds the check "log" and
// findings "log.invalid", "document.wrong_did" (forged), "document.invalid" (damage), "document.differs"
// (warning); fills the log's facts and the handle of `verdict`.
Result<LoadedEvidence> load_evidence(backup::BackupSource& source,
                                     const std::optional<syntax::Did>& commit_did, const Options& options,
                                     Verdict& verdict);

}  // namespace atb::verify
