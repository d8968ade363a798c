#include "core/verify/verify.h"

#include "cli/commands/commands.h"
#include "cli/render/verdict.h"
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

data::Object summary_of(const verify::Verdict& verdict) {
  const verify::RepoProof& proof = verdict.proof;
  data::Object summary = summary_head(verdict);
  data::Object collections;
  for (const auto& [name, count] : proof.collections) collections.set(name, static_cast<std::int64_t>(count));
  return summary.set("plc_log_head", verdict.log_head)
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
  const ExitCode code = exit_code_of(*verdict);
  shell.text(headline(shell.out_style(), *verdict, code));
  shell.text(details(*verdict));
  show_report(shell, verdict->report);
  shell.text(advice(code));
  return shell.summary("verify", code, summary_of(*verdict));
}

}  // namespace atb::cli
