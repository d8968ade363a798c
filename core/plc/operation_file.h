// An operation on its way between machines, as a file: whose it is, the operation with or without its
// signature, and the log that it builds on, so that a machine without a network can say what it changes.
//
//   {"type": "atbackup plc operation", "did": "did:plc:…", "operation": {…}, "log": […]}
//
// The operation alone, as other programs write it, is read too.
#pragma once

#include "core/plc/audit.h"

#include <optional>
#include <string>
#include <string_view>

namespace atb::plc {

struct OperationFile {
  std::optional<syntax::Did> did;
  Operation operation;
  bool is_signed = false;
  std::optional<AuditedLog> log;  // audited: it comes from another machine
};

// An unsigned operation without "prev" follows the last of the log in force. Ids: "plc.operation_file"
// (corrupt), "plc.file_did" (untrusted: the log is of another DID), those of Operation::parse, parse_log and
// audit_log.
Result<OperationFile> parse_operation_file(std::string_view text, const Limits& limits);
// `log` may be null.
std::string operation_file(const syntax::Did& did, const Operation& operation, const AuditedLog* log);

// As GET /<did>/log/audit gives it.
data::Value log_json(const std::vector<LogEntry>& entries);

}  // namespace atb::plc
