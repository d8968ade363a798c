#include "cli/commands/commands.h"
#include "cli/render/verdict.h"
#include "core/backup/file_list.h"
#include "core/base/text.h"
#include "core/verify/receipt.h"

#include <fmt/format.h>

#include <algorithm>

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

Result<std::unique_ptr<backup::BackupSource>> open(Shell& shell, const VerifyOptions& options) {
  if (options.plc_log.empty()) return backup::open_backup(shell.world().fs, options.path);
  return backup::open_car_backup(shell.world().fs, options.path, {.plc_log_path = options.plc_log});
}

// What the run is to read and write beside the backup, looked at before any work.
Result<std::optional<verify::Receipt>> prepare(Shell& shell, const VerifyOptions& options) {
  if (!options.receipt.empty() && !options.force && os::exists(shell.world().fs, options.receipt)) {
    return fail(ErrorKind::refused, "receipt.exists",
                options.receipt + " is there already, and was left as it is",
                "give another name, or --force to replace it");
  }
  if (options.against_receipt.empty()) return std::optional<verify::Receipt>{};
  const Limits limits;
  const Bytes json = TRY_CONTEXT("in --against-receipt",
                                 os::read_file(shell.world().fs, options.against_receipt, limits.json_bytes));
  return std::optional(TRY_CONTEXT("in --against-receipt", verify::parse_receipt(as_text(json), limits)));
}

struct Run {
  verify::Verdict verdict;
  Status receipt;  // of writing it
};

// The receipt is written as the backup was found; what another one says of it comes after.
Result<Run> verify_path(Shell& shell, const VerifyOptions& options) {
  const verify::Options wanted = TRY(options_of(shell, options));
  const auto then = TRY(prepare(shell, options));
  const auto source = TRY(open(shell, options));
  verify::Verdict verdict = TRY(verify::verify_backup(*source, wanted, shell.progress(), shell.world().stop));
  Run run{std::move(verdict), {}};
  if (options.receipt.empty() && !then) return run;
  auto files = TRY(backup::hash_files(shell.world().fs, options.path, {.plc_log_path = options.plc_log},
                                      shell.world().stop));
  verify::Receipt now = TRY(verify::make_receipt(*source, std::move(files), run.verdict, wanted));
  const ExitCode code = exit_code_of(run.verdict);
  now.verdict = word_of(run.verdict, code);
  now.exit = static_cast<int>(code);
  if (then) verify::compare_receipts(*then, now, wanted.now_us, run.verdict.report);
  if (!options.receipt.empty()) {
    run.receipt = os::write_file(shell.world().fs, shell.world().random, options.receipt,
                                 as_bytes(verify::receipt_json(now)));
  }
  return run;
}

std::string signature_words(const verify::Verdict& verdict) {
  const Check* signature = verdict.report.check("signature");
  if (signature != nullptr && signature->outcome == Outcome::failed) return "WRONG";
  if (verdict.proof.key_proof != verify::KeyProof::none && !verdict.proof.authentic)
    return "by a former key of the account, which was no longer in force";
  return words_for(verdict.proof.key_proof);
}

// The links of the chain of proof that did not pass; those that were not checked for one reason share a line.
// With -v all of them.
std::string chain(const Report& report, bool all) {
  std::string text;
  std::size_t passed = 0;
  std::vector<std::pair<std::string_view, std::string>> not_checked;  // why, and what
  for (const Check& check : report.checks()) {
    if (check.outcome == Outcome::passed) ++passed;
    if (check.outcome == Outcome::failed || (all && check.outcome == Outcome::passed)) {
      text += fmt::format("  {:<11} {}: {}\n", check.name,
                          check.outcome == Outcome::failed ? "FAILED" : "passed", printable(check.detail));
    } else if (check.outcome == Outcome::not_checked) {
      const auto same =
          std::ranges::find(not_checked, check.detail, [](const auto& one) { return one.first; });
      if (same == not_checked.end()) {
        not_checked.emplace_back(check.detail, check.name);
      } else {
        same->second += ", " + check.name;
      }
    }
  }
  for (const auto& [why, names] : not_checked)
    text += fmt::format("  not checked {}: {}\n", names, printable(why));
  if (!all && passed != 0)
    text += fmt::format("  passed      {}; -v shows them\n", counted(passed, "check", "checks"));
  return text;
}

std::string details(const verify::Verdict& verdict, bool all) {
  const verify::RepoProof& proof = verdict.proof;
  std::string text;
  if (proof.commit && proof.commit->rev) {
    text += fmt::format("  revision    {} of {}\n", proof.commit->rev->str(),
                        os::rfc3339(proof.commit->rev->unix_us()));
  }
  if (proof.commit) text += fmt::format("  signature   {}\n", signature_words(verdict));
  if (verdict.log_entries != 0) {
    text += fmt::format("  PLC log     {} {}, the last in force of {} ({})\n", verdict.log_entries,
                        verdict.log_entries == 1 ? "entry" : "entries", printable(verdict.log_head_time),
                        verdict.log_head);
  }
  if (proof.commit) {
    text += fmt::format("  records     {} in {}\n", counted(proof.records),
                        counted(proof.collections.size(), "collection", "collections"));
  }
  if (verdict.blobs_referenced != 0 || verdict.blobs_present != 0) {
    text += fmt::format("  blobs       {} of {} there and right, {}\n", counted(verdict.blobs_present),
                        counted(verdict.blobs_referenced), human_bytes(verdict.blob_bytes));
  }
  return text + chain(verdict.report, all);
}

data::Object summary_of(const verify::Verdict& verdict) {
  const verify::RepoProof& proof = verdict.proof;
  data::Object summary = summary_head(verdict);
  data::Object collections;
  for (const auto& [name, count] : proof.collections) collections.set(name, static_cast<std::int64_t>(count));
  return summary.set("plc_log_head", verdict.log_head)
      .set("plc_log_entries", static_cast<std::int64_t>(verdict.log_entries))
      .set("records", static_cast<std::int64_t>(proof.records))
      .set("records_lost", static_cast<std::int64_t>(verdict.report.count("mst.missing_record")))
      .set("nodes_lost", static_cast<std::int64_t>(verdict.report.count("mst.missing_node")))
      .set("rules_broken", static_cast<std::int64_t>(proof.breaches))
      .set("nodes", static_cast<std::int64_t>(proof.nodes))
      .set("extra_blocks", static_cast<std::int64_t>(verdict.extra_blocks))
      .set("blobs_referenced", static_cast<std::int64_t>(verdict.blobs_referenced))
      .set("blobs_present", static_cast<std::int64_t>(verdict.blobs_present))
      .set("blobs_known_missing", static_cast<std::int64_t>(verdict.blobs_known_missing))
      .set("collections", std::move(collections));
}

}  // namespace

ExitCode run_verify(Shell& shell, const VerifyOptions& options) {
  auto run = verify_path(shell, options);
  if (!run) return shell.error(run.error());
  const verify::Verdict& verdict = run->verdict;
  const ExitCode code = exit_code_of(verdict);
  shell.text(headline(shell.out_style(), verdict, code));
  shell.text(advice(verdict, code, options.path));
  shell.text(details(verdict, shell.options().verbose > 0));
  show_report(shell, verdict.report);
  if (!run->receipt) return graver(code, shell.error(run->receipt.error()));
  if (!options.receipt.empty()) shell.text(fmt::format("  receipt     {}\n", printable(options.receipt)));
  return shell.summary("verify", code, summary_of(verdict).set("receipt", options.receipt));
}

}  // namespace atb::cli
