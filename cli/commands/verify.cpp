#include "core/verify/verify.h"

#include "cli/commands/commands.h"
#include "cli/render/findings.h"
#include "core/backup/folder.h"
#include "core/base/text.h"

#include <fmt/format.h>

namespace atb::cli {
namespace {

Result<verify::Options> options_of(Shell& shell, const VerifyOptions& options) {
  verify::Options result;
  result.now_us = shell.world().clock.wall_us();
  if (!options.did.empty()) result.expected_did = TRY_CONTEXT("in --did", syntax::Did::parse(options.did));
  if (!options.key.empty())
    result.key = TRY_CONTEXT("in --key", crypto::PublicKey::parse_did_key(options.key));
  return result;
}

Result<verify::Verdict> verify_path(Shell& shell, const VerifyOptions& options) {
  const verify::Options wanted = TRY(options_of(shell, options));
  auto source = options.plc_log.empty() ? backup::open_backup(shell.world().fs, options.path)
                                        : backup::open_car_backup(shell.world().fs, options.path,
                                                                  {.plc_log_path = options.plc_log});
  if (!source) return std::unexpected(std::move(source).error());
  return verify::verify_backup(**source, wanted, shell.progress(), shell.world().stop);
}

ExitCode code_of(const verify::Verdict& verdict) {
  const ExitCode by_findings = exit_code_of(verdict.report);
  return verdict.proof.authentic ? by_findings : graver(by_findings, ExitCode::incomplete);
}

std::string headline(Shell& shell, const verify::Verdict& verdict, ExitCode code) {
  const std::string did = verdict.did.empty() ? "unknown account" : printable(verdict.did);
  const std::string who = verdict.handle.empty() ? did : did + " (" + printable(verdict.handle) + ")";
  switch (code) {
    case ExitCode::done:
      return fmt::format("{}{}: the backup is sound{}\n", shell.out_style().green, who,
                         shell.out_style().plain);
    case ExitCode::incomplete:
      return verdict.proof.authentic
                 ? fmt::format("{}{}: authentic, but something is missing{}\n", shell.out_style().bold, who,
                               shell.out_style().plain)
                 : fmt::format("{}{}: nothing is broken, but the signature is not proven{}\n",
                               shell.out_style().bold, who, shell.out_style().plain);
    case ExitCode::untrusted:
      return fmt::format("{}{}: NOT AUTHENTIC: do not trust this backup{}\n", shell.out_style().red, who,
                         shell.out_style().plain);
    case ExitCode::damaged:
      return fmt::format("{}{}: DAMAGED{}\n", shell.out_style().red, who, shell.out_style().plain);
    default:
      return fmt::format("{}{}: someone should look{}\n", shell.out_style().bold, who,
                         shell.out_style().plain);
  }
}

std::string details(const verify::Verdict& verdict) {
  const verify::RepoProof& proof = verdict.proof;
  std::string text;
  if (proof.commit && proof.commit->rev) {
    text += fmt::format("  revision    {} of {}\n", proof.commit->rev->str(),
                        os::rfc3339(proof.commit->rev->unix_us()));
  }
  text += fmt::format("  signature   {}\n", words_for(proof.key_proof));
  if (verdict.log_entries != 0) {
    text += fmt::format("  PLC log     {} {}, the last in force of {} ({})\n", verdict.log_entries,
                        verdict.log_entries == 1 ? "entry" : "entries", printable(verdict.log_head_time),
                        verdict.log_head);
  }
  text +=
      fmt::format("  records     {} in {} collections\n", counted(proof.records), proof.collections.size());
  if (verdict.blobs_referenced != 0 || verdict.blobs_present != 0) {
    text += fmt::format("  blobs       {} of {} there and right, {}\n", counted(verdict.blobs_present),
                        counted(verdict.blobs_referenced), human_bytes(verdict.blob_bytes));
  }
  for (const Check& check : verdict.report.checks()) {
    if (check.outcome == Outcome::passed) continue;
    text += fmt::format("  {:<11} {}: {}\n", check.name,
                        check.outcome == Outcome::failed ? "FAILED" : "not checked", printable(check.detail));
  }
  return text;
}

std::string advice(ExitCode code) {
  switch (code) {
    case ExitCode::damaged:
      return "What hashes right is still good. Export again while the host lives, or take an older copy.\n";
    case ExitCode::untrusted:
      return "Export again from the account's own host, and compare.\n";
    case ExitCode::incomplete:
      return "Run 'atbackup export' on it again, to fetch what is missing.\n";
    default:
      return "";
  }
}

data::Object summary_of(const verify::Verdict& verdict) {
  const verify::RepoProof& proof = verdict.proof;
  data::Object summary;
  summary.set("did", verdict.did).set("handle", verdict.handle);
  if (proof.commit) {
    summary.set("commit", proof.commit_cid.str()).set("data", proof.commit->data.str());
    if (proof.commit->rev) summary.set("rev", proof.commit->rev->str());
  }
  data::Object collections;
  for (const auto& [name, count] : proof.collections) collections.set(name, static_cast<std::int64_t>(count));
  return summary.set("key_proof", verify::name_of(proof.key_proof))
      .set("key", proof.key)
      .set("plc_log_head", verdict.log_head)
      .set("plc_log_entries", static_cast<std::int64_t>(verdict.log_entries))
      .set("records", static_cast<std::int64_t>(proof.records))
      .set("nodes", static_cast<std::int64_t>(proof.nodes))
      .set("extra_blocks", static_cast<std::int64_t>(verdict.extra_blocks))
      .set("blobs_referenced", static_cast<std::int64_t>(verdict.blobs_referenced))
      .set("blobs_present", static_cast<std::int64_t>(verdict.blobs_present))
      .set("blobs_known_missing", static_cast<std::int64_t>(verdict.blobs_known_missing))
      .set("collections", std::move(collections));
}

}  // namespace

ExitCode run_verify(Shell& shell, const VerifyOptions& options) {
  auto verdict = verify_path(shell, options);
  if (!verdict) return shell.error(verdict.error());
  const ExitCode code = code_of(*verdict);
  shell.text(headline(shell, *verdict, code));
  shell.text(details(*verdict));
  show_report(shell, verdict->report);
  shell.text(advice(code));
  return shell.summary("verify", code, summary_of(*verdict));
}

}  // namespace atb::cli
