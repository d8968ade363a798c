#include "core/verify/evidence.h"

#include <fmt/format.h>

namespace atb::verify {
namespace {

Result<plc::AuditedLog> audit(const std::string& json, const Limits& limits) {
  std::vector<plc::LogEntry> entries = TRY(plc::parse_log(json, limits));
  if (entries.empty()) return fail(ErrorKind::untrusted, "plc.empty", "the log has no entries");
  const syntax::Did did = entries.front().did;
  return plc::audit_log(did, std::move(entries));
}

std::string log_text(const plc::AuditedLog& log) {
  std::size_t nullified = 0;
  for (const plc::AuditedEntry& entry : log.audit) nullified += entry.nullified ? 1U : 0U;
  return fmt::format("{} operations, {} nullified; every signature and link checked", log.entries.size(),
                     nullified);
}

Status load_log(backup::BackupSource& source, const std::optional<syntax::Did>& did, const Options& options,
                LoadedEvidence& evidence, Verdict& verdict) {
  const auto json = TRY(source.plc_log());
  if (!json) {
    const bool none_to_have = did && !did->is_plc();
    verdict.report.add_check(
        "log", Outcome::not_checked,
        none_to_have ? "a " + std::string(did->method()) + " DID has no log" : "there is no PLC log here");
    return {};
  }
  auto log = audit(*json, options.limits);
  if (!log) {
    verdict.report.add_check("log", Outcome::failed, log.error().message);
    verdict.report.add(
        {"log.invalid", Severity::forged, "",
         fmt::format("the PLC log does not pass its audit ({}: {})", log.error().id, log.error().message)});
    return {};
  }
  verdict.log_entries = log->entries.size();
  verdict.log_head = log->head_cid().str();
  verdict.log_head_time = log->entries[log->head].created_at;
  // The name of somebody else would be taken for that of this account.
  if (!log->tombstoned && did && log->did == *did) verdict.handle = log->state().handle();
  if (did && log->did != *did) {
    // The finding is prove_key()'s.
    verdict.report.add_check("log", Outcome::failed,
                             "it is of another account, " + log->did.str() + "; its audit passed");
  } else {
    verdict.report.add_check("log", Outcome::passed, log_text(*log));
  }
  evidence.log = std::move(*log);
  return {};
}

// A did:plc document is only a copy of what the log says; the two should agree.
void compare(const did::Document& document, const plc::AuditedLog& log, Verdict& verdict) {
  if (log.tombstoned || log.did != document.did) return;
  const std::string* named = log.state().verification_method("atproto");
  const std::string in_log = named == nullptr ? "none" : *named;
  const std::string in_document = document.signing_key ? document.signing_key->did_key() : "none";
  if (in_log == in_document) return;
  verdict.report.add(
      {"document.differs", Severity::warning, document.did.str(),
       fmt::format("the DID document names the key {}, the log {}; the log counts", in_document, in_log)});
}

Status load_document(backup::BackupSource& source, const std::optional<syntax::Did>& did,
                     const Options& options, LoadedEvidence& evidence, Verdict& verdict) {
  const auto json = TRY(source.did_document());
  if (!json || !did) return {};
  auto document = did::parse_document(*json, *did, options.limits);
  if (document) {
    if (evidence.log) compare(*document, *evidence.log, verdict);
    if (verdict.handle.empty()) {
      if (const auto handle = document->handle()) verdict.handle = handle->str();
    }
    evidence.document = std::move(*document);
    return {};
  }
  const Error& error = document.error();
  if (error.kind == ErrorKind::untrusted) {
    verdict.report.add({"document.wrong_did", Severity::forged, "", error.message});
  } else {
    verdict.report.add(
        {"document.invalid", Severity::damage, "", fmt::format("{}: {}", error.id, error.message)});
  }
  return {};
}

}  // namespace

Result<LoadedEvidence> load_evidence(backup::BackupSource& source,
                                     const std::optional<syntax::Did>& commit_did, const Options& options,
                                     Verdict& verdict) {
  LoadedEvidence evidence;
  TRY(load_log(source, commit_did, options, evidence, verdict));
  TRY(load_document(source, commit_did, options, evidence, verdict));
  return evidence;
}

}  // namespace atb::verify
