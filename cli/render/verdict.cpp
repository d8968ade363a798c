#include "cli/render/verdict.h"

#include "core/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atb::cli {
namespace {

std::uint64_t lost_records(const verify::Verdict& verdict) {
  return verdict.report.count("mst.missing_record");
}
std::uint64_t good_records(const verify::Verdict& verdict) {
  return verdict.proof.records - lost_records(verdict);
}

bool failed(const verify::Verdict& verdict, std::string_view check) {
  const Check* found = verdict.report.check(check);
  return found != nullptr && found->outcome == Outcome::failed;
}

// The file is none, or broken before its first block.
bool unreadable(const verify::Verdict& verdict) {
  const Check* blocks = verdict.report.check("blocks");
  return blocks != nullptr && blocks->outcome == Outcome::not_checked;
}

// Records may be there that the tree does not lead to.
bool can_be_salvaged(const verify::Verdict& verdict) {
  return !unreadable(verdict) && (!verdict.proof.commit || verdict.report.count("mst.missing_node") != 0 ||
                                  verdict.proof.breaches != 0);
}

std::string what_is_damaged(const verify::Verdict& verdict) {
  const verify::RepoProof& proof = verdict.proof;
  const std::uint64_t lost = lost_records(verdict);
  const std::uint64_t good = good_records(verdict);
  if (unreadable(verdict)) return "no repository can be read here";
  if (!proof.commit) {
    return fmt::format("its commit {}; records may be there, and nothing proves them",
                       verdict.report.count("commit.missing") != 0 ? "is lost" : "cannot be read");
  }
  const std::string in_place = good == 0 ? std::string("no record is in place")
                                         : counted(good, "record is", "records are") + " good and in place";
  if (verdict.report.count("mst.missing_node") != 0)
    return "part of the tree is lost; " + in_place + ", others may be salvaged";
  if (proof.breaches != 0) return "the tree of records breaks its rules; " + in_place;
  if (lost != 0) {
    return fmt::format("{} of {} {} lost; the other {} good", counted(lost),
                       counted(proof.records, "record", "records"), lost == 1 ? "is" : "are",
                       counted(good, "is", "are"));
  }
  const std::uint64_t blobs = verdict.report.count("blob.absent") + verdict.report.count("blob.wrong_bytes");
  const std::string all_records = proof.records == 1
                                      ? "its one record is good"
                                      : fmt::format("all {} records are good", counted(proof.records));
  if (blobs != 0)
    return fmt::format("{}; {} lost or altered", all_records, counted(blobs, "blob is", "blobs are"));
  return all_records + "; a file around them is not";
}

// By the finding that came first.
std::string why_not_authentic(const Report& report) {
  struct Reason {
    std::string_view id;
    std::string_view words;
  };
  static constexpr std::array<Reason, 8> kReasons = {{
      {"commit.signature", "no key of the account signed it"},
      {"commit.nullified_key", "it is signed with a key that the owner struck out"},
      {"commit.after_key", "it is signed with a former key, after that was replaced"},
      {"commit.wrong_did", "it is of another account"},
      {"log.wrong_did", "the PLC log beside it is of another account"},
      {"log.invalid", "the PLC log beside it was altered"},
      {"document.wrong_did", "the DID document beside it is of another account"},
      {"manifest.wrong_did", "its backup.json is of another account"},
  }};
  for (const Reason& reason : kReasons) {
    if (report.count(reason.id) != 0) return fmt::format(" ({})", reason.words);
  }
  return "";
}

// The gravest finding, the first of its kind.
const Finding* gravest(const Report& report) {
  const Finding* found = nullptr;
  for (const Finding& finding : report.findings()) {
    if (found == nullptr || finding.severity > found->severity) found = &finding;
  }
  return found;
}

std::string advice_on_damage(const verify::Verdict& verdict, const std::string& path) {
  const std::string account = verdict.did.empty() ? "ACCOUNT" : verdict.did;
  if (unreadable(verdict)) {
    return "Look whether it is the right file. If it is, take another copy, or export again while the host "
           "lives:\n"
           "    atbackup export " +
           account + " -o NEW.car\n";
  }
  std::string text =
      "Export again while the host lives; what is here is kept aside until the new one is whole:\n";
  text += fmt::format("    atbackup export {} -o {}\n", account, path);
  const bool records_hurt = !verdict.proof.tree_complete;
  if (!records_hurt) return text;
  text += "If the host is gone, take out what is good:\n";
  text += fmt::format("    atbackup extract --records F.jsonl {}--from {}\n",
                      can_be_salvaged(verdict) ? "--salvage " : "", path);
  return text;
}

std::string advice_on_missing(const verify::Verdict& verdict, const std::string& path) {
  if (verdict.proof.authentic) return "Run the export again: hosts sometimes find again what was missing.\n";
  if (!verdict.did.starts_with("did:plc:")) return "Name the account's key with --key, if you know it.\n";
  return fmt::format(
      "To prove it, give the account's PLC log, which any machine with a network has:\n"
      "    curl -o log.json https://plc.directory/{}/log/audit\n"
      "    atbackup verify {} --plc-log log.json\n",
      verdict.did, path);
}

std::string steps(const verify::Verdict& verdict, ExitCode code, const std::string& path) {
  switch (code) {
    case ExitCode::damaged:
      return advice_on_damage(verdict, path);
    case ExitCode::untrusted:
      return "Keep it aside and do not use it. Export again from the account's own host, and compare.\n";
    case ExitCode::incomplete:
      return advice_on_missing(verdict, path);
    case ExitCode::alarm:
      return "What the backup is worth stands below. The receipt is of another state of it: ask who made "
             "which.\n";
    default:
      return "";
  }
}

}  // namespace

ExitCode exit_code_of(const verify::Verdict& verdict) {
  const ExitCode by_findings = exit_code_of(verdict.report);
  return verdict.proof.authentic ? by_findings : graver(by_findings, ExitCode::incomplete);
}

std::string_view word_of(const verify::Verdict& verdict, ExitCode code) {
  switch (code) {
    case ExitCode::done:
      return "sound";
    case ExitCode::incomplete:
      return verdict.proof.authentic ? "incomplete" : "not proven";
    case ExitCode::untrusted:
      return "not authentic";
    case ExitCode::damaged:
      return "damaged";
    default:
      return "to be looked at";
  }
}

std::string headline(const Shell::Style& style, const verify::Verdict& verdict, ExitCode code) {
  const std::string did = verdict.did.empty() ? "unknown account" : printable(verdict.did);
  const std::string who = verdict.handle.empty() ? did : did + " (" + printable(verdict.handle) + ")";
  switch (code) {
    case ExitCode::done:
      return fmt::format("{}{}: the backup is sound{}\n", style.green, who, style.plain);
    case ExitCode::incomplete:
      if (!verdict.proof.authentic) {
        return fmt::format("{}{}: nothing is broken, but the signature is not proven{}\n", style.bold, who,
                           style.plain);
      }
      return fmt::format("{}{}: authentic and whole, but {} not had at the export{}\n", style.bold, who,
                         counted(verdict.blobs_known_missing, "blob was", "blobs were"), style.plain);
    case ExitCode::untrusted:
      return fmt::format("{}{}: NOT AUTHENTIC: do not trust this backup{}{}\n", style.red, who,
                         why_not_authentic(verdict.report), style.plain);
    case ExitCode::damaged:
      return fmt::format("{}{}: DAMAGED: {}{}\n", style.red, who, what_is_damaged(verdict), style.plain);
    default:
      return fmt::format("{}{}: {}{}\n", style.bold, who,
                         failed(verdict, "receipt") ? "not what the receipt says" : "someone should look",
                         style.plain);
  }
}

std::string advice(const verify::Verdict& verdict, ExitCode code, const std::string& path) {
  std::string text = steps(verdict, code, printable(path));
  const Finding* finding = gravest(verdict.report);
  if (!text.empty() && finding != nullptr)
    text += fmt::format("What that means: atbackup explain {}\n", printable(finding->id));
  return text;
}

void show_beside(Shell& shell, const verify::Verdict& verdict, ExitCode code, const std::string& path) {
  if (code != ExitCode::done) shell.tell(headline(shell.err_style(), verdict, code));
  show_report(shell, verdict.report, Beside::result);
  if (code != ExitCode::done) shell.tell(advice(verdict, code, path));
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
