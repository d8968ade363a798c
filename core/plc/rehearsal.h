// The history of an account in a drill: the real one, and after it one entry that no directory would take,
// since its signer is not among the account's keys. Whatever follows that entry is worthless outside.
#pragma once

#include "core/plc/audit.h"

namespace atb::plc {

// As audit_log(), but that the entry with the CID `opening` may be signed by its own first rotation key, as
// if that stood above all others. Only for a log that this program serves to itself.
Result<AuditedLog> audit_rehearsal(const syntax::Did& did, std::vector<LogEntry> entries,
                                   const ipld::Cid& opening);

}  // namespace atb::plc
