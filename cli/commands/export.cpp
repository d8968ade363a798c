#include "cli/commands/commands.h"
#include "cli/render/findings.h"
#include "core/base/text.h"
#include "core/exporter/exporter.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::cli {
namespace {

bool is_car(const std::string& path) { return path.ends_with(".car"); }

Result<exporter::Exported> export_one(Shell& shell, const ExportOptions& options) {
  const exporter::Context& context = *TRY(shell.context());
  const auto account = TRY(account_argument(options.accounts.front()));
  const exporter::Options wanted{.host = shell.options().pds,
                                 .jobs = options.jobs,
                                 .accept_change = options.accept_change,
                                 .blobs = true};
  if (options.out == "-") {
    return exporter::export_stream(context, account, TRY(shell.state_folder()), shell.world().streams.out,
                                   wanted);
  }
  if (is_car(options.out)) return exporter::export_car(context, account, options.out, wanted);
  return exporter::export_folder(context, account, options.out, wanted);
}

Status check(Shell& shell, const ExportOptions& options) {
  if (options.accounts.size() > 1) {
    return fail(ErrorKind::invalid_input, "usage", "-o names one backup, and several accounts are given",
                "export them one by one");
  }
  if (options.out == "-" && shell.json()) {
    return fail(ErrorKind::invalid_input, "usage",
                "the CAR and the JSON lines cannot both go to standard output", "use -o FILE with --json");
  }
  if (options.out == "-" && shell.world().streams.out_is_terminal) {
    return fail(ErrorKind::invalid_input, "usage", "a CAR file is not for the eye",
                "send it to a file or a pipe");
  }
  return {};
}

// Then the repository lies in its place, and the log that contradicts an earlier one beside it.
bool only_the_log_is_bad(const Report& report) {
  return std::ranges::all_of(report.findings(), [](const Finding& finding) {
    return finding.severity == Severity::info || finding.severity == Severity::warning ||
           finding.id.starts_with("plc.witness_");
  });
}

std::string words(const exporter::Exported& exported, ExitCode code, bool to_folder) {
  std::string who =
      exported.did.str() + (exported.handle.empty() ? "" : " (" + printable(exported.handle) + ")");
  const bool bad = code == ExitCode::untrusted || code == ExitCode::damaged || code == ExitCode::alarm;
  std::string text = fmt::format("{}: {}\n", who,
                                 bad && only_the_log_is_bad(exported.report)
                                     ? "exported and proven, but the directory contradicts itself"
                                 : bad                ? "KEPT ASIDE, someone should look"
                                 : exported.unchanged ? "up to date"
                                                      : "exported and proven");
  text += fmt::format("  to          {}\n", printable(exported.path));
  if (exported.proof.commit && exported.proof.commit->rev)
    text += fmt::format("  revision    {}\n", exported.proof.commit->rev->str());
  text += fmt::format("  signature   {}\n", words_for(exported.proof.key_proof));
  text += fmt::format("  records     {} in {} collections, {}\n", counted(exported.proof.records),
                      exported.proof.collections.size(), human_bytes(exported.car_bytes));
  if (exported.blobs != 0)
    text += fmt::format("  blobs       {}, {} of them new, {}\n", counted(exported.blobs),
                        counted(exported.blobs_fetched), human_bytes(exported.blob_bytes));
  if (!exported.has_preferences && to_folder) {
    text += "  preferences none: they are private, and you are not logged in ('atbackup login')\n";
  }
  if (exported.has_preferences)
    text += exported.preferences_partial ? "  preferences partial: an app password does not see all\n"
                                         : "  preferences kept\n";
  return text;
}

data::Object summary_of(const exporter::Exported& exported) {
  data::Object summary;
  summary.set("did", exported.did.str())
      .set("handle", exported.handle)
      .set("host", exported.host)
      .set("path", exported.path);
  if (exported.proof.commit) {
    summary.set("commit", exported.proof.commit_cid.str()).set("data", exported.proof.commit->data.str());
    if (exported.proof.commit->rev) summary.set("rev", exported.proof.commit->rev->str());
  }
  return summary.set("key_proof", verify::name_of(exported.proof.key_proof))
      .set("records", static_cast<std::int64_t>(exported.proof.records))
      .set("car_bytes", static_cast<std::int64_t>(exported.car_bytes))
      .set("unchanged", exported.unchanged)
      .set("blobs", static_cast<std::int64_t>(exported.blobs))
      .set("blobs_fetched", static_cast<std::int64_t>(exported.blobs_fetched))
      .set("blob_bytes", static_cast<std::int64_t>(exported.blob_bytes))
      .set("preferences", !exported.has_preferences      ? "none"
                          : exported.preferences_partial ? "partial"
                                                         : "full");
}

}  // namespace

ExitCode run_export(Shell& shell, const ExportOptions& options) {
  if (auto usable = check(shell, options); !usable) return shell.error(usable.error());
  auto exported = export_one(shell, options);
  if (!exported) return shell.error(exported.error());
  const ExitCode code = exit_code_of(exported->report);
  // With the CAR on standard output, the words go beside it.
  if (options.out == "-") {
    shell.tell(words(*exported, code, options.out != "-" && !is_car(options.out)));
    show_report(shell, exported->report, Beside::result);
    return code;
  }
  shell.text(words(*exported, code, options.out != "-" && !is_car(options.out)));
  show_report(shell, exported->report);
  return shell.summary("export", code, summary_of(*exported));
}

}  // namespace atb::cli
