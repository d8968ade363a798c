#include "core/plc/operation_file.h"

#include "core/data/json.h"

namespace atb::plc {
namespace {

constexpr std::string_view kType = "atbackup plc operation";

Failure no_operation_file(std::string_view why) {
  return fail(ErrorKind::corrupt, "plc.operation_file",
              "this is no file of an operation: " + std::string(why),
              "it holds an operation of did:plc as JSON, alone or as 'atbackup plc' wrote it");
}

Result<AuditedLog> log_of(const data::Value& json, const std::optional<syntax::Did>& did,
                          const Limits& limits) {
  auto entries = TRY(parse_log(data::to_json(json), limits));
  if (entries.empty()) return no_operation_file("its log is empty");
  const syntax::Did whose = entries.front().did;
  if (did && whose != *did) {
    return fail(ErrorKind::untrusted, "plc.file_did",
                "the file is about " + did->str() + ", and its log is that of " + whose.str());
  }
  return audit_log(whose, std::move(entries));
}

}  // namespace

Result<OperationFile> parse_operation_file(std::string_view text, const Limits& limits) {
  const data::Value json = TRY(data::parse_json(text, limits));
  if (json.object() == nullptr) return no_operation_file("it is not an object");
  const bool wrapped = data::text_or(json, "type", "") == kType;
  const data::Value* inner = wrapped ? json.find("operation") : &json;
  if (inner == nullptr || inner->object() == nullptr) return no_operation_file("it holds no operation");
  std::optional<syntax::Did> did;
  std::optional<AuditedLog> log;
  if (wrapped) {
    if (auto whose = syntax::Did::parse(data::text_or(json, "did", ""))) did = *std::move(whose);
    if (!did) return no_operation_file("it does not say whose it is");
    if (const data::Value* entries = json.find("log")) log = TRY(log_of(*entries, did, limits));
  }
  const bool is_signed = inner->find("sig") != nullptr;
  if (is_signed) {
    auto operation = TRY(Operation::parse(*inner, limits));
    return OperationFile{std::move(did), std::move(operation), true, std::move(log)};
  }
  data::Object filled = *inner->object();
  if (filled.find("prev") == nullptr && log) filled.set("prev", log->head_cid().str());
  auto operation = TRY(Operation::parse_unsigned(filled, limits));
  return OperationFile{std::move(did), std::move(operation), false, std::move(log)};
}

std::string operation_file(const syntax::Did& did, const Operation& operation, const AuditedLog* log) {
  data::Object file;
  file.set("type", kType).set("did", did.str()).set("operation", operation.json());
  if (log != nullptr) file.set("log", log_json(log->entries));
  return data::to_json(data::Value(std::move(file)), data::JsonStyle::indented) + "\n";
}

data::Value log_json(const std::vector<LogEntry>& entries) {
  data::Array list;
  for (const LogEntry& entry : entries) {
    list.emplace_back(data::Object()
                          .set("did", entry.did.str())
                          .set("operation", entry.operation.json())
                          .set("cid", entry.cid.str())
                          .set("nullified", entry.nullified)
                          .set("createdAt", entry.created_at));
  }
  return list;
}

}  // namespace atb::plc
