#include "cli/render/verdict.h"

#include "core/base/text.h"

#include <fmt/format.h>

namespace atb::cli {

ExitCode exit_code_of(const verify::Verdict& verdict) {
  const ExitCode by_findings = exit_code_of(verdict.report);
  return verdict.proof.authentic ? by_findings : graver(by_findings, ExitCode::incomplete);
}

std::string headline(const Shell::Style& style, const verify::Verdict& verdict, ExitCode code) {
  const std::string did = verdict.did.empty() ? "unknown account" : printable(verdict.did);
  const std::string who = verdict.handle.empty() ? did : did + " (" + printable(verdict.handle) + ")";
  switch (code) {
    case ExitCode::done:
      return fmt::format("{}{}: the backup is sound{}\n", style.green, who, style.plain);
    case ExitCode::incomplete:
      return verdict.proof.authentic
                 ? fmt::format("{}{}: authentic, but something is missing{}\n", style.bold, who, style.plain)
                 : fmt::format("{}{}: nothing is broken, but the signature is not proven{}\n", style.bold,
                               who, style.plain);
    case ExitCode::untrusted:
      return fmt::format("{}{}: NOT AUTHENTIC: do not trust this backup{}\n", style.red, who, style.plain);
    case ExitCode::damaged:
      return fmt::format("{}{}: DAMAGED{}\n", style.red, who, style.plain);
    default:
      return fmt::format("{}{}: someone should look{}\n", style.bold, who, style.plain);
  }
}

std::string advice(ExitCode code) {
  switch (code) {
    case ExitCode::damaged:
      return "What hashes right is still good: 'atbackup extract' takes it out. Export again while the host "
             "lives, or "
             "take an older copy.\n";
    case ExitCode::untrusted:
      return "Export again from the account's own host, and compare.\n";
    case ExitCode::incomplete:
      return "Run 'atbackup export' on it again, to fetch what is missing.\n";
    default:
      return "";
  }
}

void show_beside(Shell& shell, const verify::Verdict& verdict, ExitCode code) {
  if (code != ExitCode::done) shell.tell(headline(shell.err_style(), verdict, code));
  show_report(shell, verdict.report, Beside::result);
  if (code != ExitCode::done) shell.tell(advice(code));
}

data::Object summary_head(const verify::Verdict& verdict) {
  const verify::RepoProof& proof = verdict.proof;
  data::Object summary;
  summary.set("did", verdict.did).set("handle", verdict.handle);
  if (proof.commit) {
    summary.set("commit", proof.commit_cid.str()).set("data", proof.commit->data.str());
    if (proof.commit->rev) summary.set("rev", proof.commit->rev->str());
  }
  return summary.set("key_proof", verify::name_of(proof.key_proof)).set("key", proof.key);
}

}  // namespace atb::cli
