// What the `plc` commands are given: an account, a backup, a log, a document, an operation. Private to them.
#pragma once

#include "cli/shell.h"
#include "core/did/document.h"
#include "core/plc/operation_file.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace atb::cli {

// An argument with a '/' or a known ending is a file or folder; at:// URIs are accounts.
bool names_file(const std::string& what);

struct GivenLog {
  std::string from;  // where it comes from, for people
  plc::AuditedLog log;
  bool from_directory = false;
  std::vector<Finding> contradictions;  // to logs seen before
};
// From the directory, or from a file, without a network. "plc.no_log" (not_found): a backup without one.
Result<GivenLog> read_log(Shell& shell, const std::string& what);
// Of its contradictions those that speak against it: a file that was written earlier may well be shorter.
std::vector<Finding> held_against(const GivenLog& given);
// The DID of an account; a handle is only looked up.
Result<syntax::Did> did_of(Shell& shell, const std::string& account);

// One side of a difference.
struct Side {
  std::string from;
  std::optional<GivenLog> log;
  std::optional<plc::OperationFile> operation;
  std::optional<did::Document> document;
};
Result<Side> read_side(Shell& shell, const std::string& what);

// "  (yours: /path)" for keys whose files are known here.
class OwnKeys {
 public:
  explicit OwnKeys(Shell& shell);
  std::string mark(const std::string& did_key) const;
  std::string file_of(const std::string& did_key) const;

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace atb::cli
