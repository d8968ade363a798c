// `migrate rehearse`.
#include "cli/commands/commands.h"
#include "cli/commands/migrate_options.h"
#include "cli/render/findings.h"
#include "cli/render/step_view.h"
#include "core/base/text.h"
#include "core/rehearse/rehearse.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::cli {
namespace {

std::string variable(Shell& shell, const std::string& name, const std::string& fallback) {
  const auto value = shell.world().environment(name);
  return value && value->starts_with('/') ? *value : fallback;
}

// Not the working folder: what lies there is not to be run unasked.
std::vector<std::string> server_places(Shell& shell) {
  std::vector<std::string> places;
  const std::string home = variable(shell, "HOME", "");
  const std::string data =
      variable(shell, "XDG_DATA_HOME", home.empty() ? "" : os::join(home, ".local/share"));
  if (!data.empty()) places.push_back(os::join(data, "atbackup/server"));
  // Where `npm install --global` puts packages.
  places.insert(places.end(), {"/usr/local/lib", "/usr/lib"});
  return places;
}

rehearse::World world_of(Shell& shell, migrate::Watcher& watcher) {
  World& world = shell.world();
  return {.fs = world.fs,
          .clock = world.clock,
          .random = world.random,
          .log = shell.log(),
          .progress = shell.progress(),
          .prompter = world.prompter,
          .watcher = watcher,
          .make_http =
              [&shell, &world](const std::vector<std::string>& hosts) {
                return world.make_http({.allow_private = hosts, .proxy = {}, .dns_server = {}}, shell.log());
              },
          .stop = world.stop};
}

Result<rehearse::Rehearsed> run(Shell& shell, const MigrateOptions& options) {
  StepView view(shell);
  const migrate::Options wanted = TRY(move_options(shell, options));
  const rehearse::Options drill{
      .backup = shell.absolute(options.backup),
      .server_dir = options.server_dir.empty() ? std::string() : shell.absolute(options.server_dir),
      .server_places = server_places(shell),
      .folder_in = variable(shell, "TMPDIR", "/var/tmp"),
      .keep = options.keep,
      .allowed_missing = wanted.allowed_missing,
      .rotation_key = wanted.rotation_key,
      .jobs = wanted.jobs};
  return rehearse::rehearse(world_of(shell, view), drill,
                            shell.secret(options.passphrase, "ATBACKUP_PASSPHRASE"));
}

std::string contents(const rehearse::Rehearsed& told) {
  std::string text = fmt::format("{}, {} ({})", counted(told.records, "record", "records"),
                                 counted(told.blobs, "blob", "blobs"), human_bytes(told.blob_bytes));
  if (told.preferences) text += ", " + counted(*told.preferences, "preference", "preferences");
  return text;
}

std::string key_words(const rehearse::Rehearsed& told) {
  if (!told.key_rank)
    return "the drill used one of its own; look at yours with --rotation-key, or 'atbackup doctor'";
  return fmt::format("yours opens, and is number {} in the account's record; it signed nothing here",
                     *told.key_rank + 1);
}

std::string outside_words(const rehearse::Rehearsed& told) {
  if (told.refused.empty()) return "nothing was reached, or tried";
  std::string text = "nothing was reached; the server was kept from";
  for (const std::string& name : told.refused) text += " " + printable(name, 200);
  return text;
}

std::string words(const Shell::Style& style, const rehearse::Rehearsed& told) {
  const std::uint64_t lost = told.missing_blobs;
  const std::string less =
      lost == 0 ? std::string() : fmt::format(", less {} that it lacks", counted(lost, "blob", "blobs"));
  const double seconds = static_cast<double>(told.millis) / 1000;
  std::string text =
      fmt::format("{}This backup restores{}: {}, in {:.1f} s{}\n", lost == 0 ? style.green : style.bold, less,
                  contents(told), seconds, style.plain);
  text += fmt::format("  account     {}\n", told.did);
  text += fmt::format("  moved to    the reference server {}, started for it on this machine\n",
                      printable(told.server, 40));
  text += fmt::format("  repository  the same tree there as here ({}), under a new key\n", told.data);
  text +=
      fmt::format("  blobs       {} fetched back, each the bytes that its name says\n", counted(told.blobs));
  text += told.preferences ? "  preferences put, fetched back, and equal\n"
                           : "  preferences the backup has none: log in before the next export\n";
  text += fmt::format("  key         {}\n", key_words(told));
  text += fmt::format("  outside     {}\n", outside_words(told));
  if (!told.folder.empty()) text += "  kept        " + printable(told.folder) + "\n";
  return text;
}

data::Object details(const rehearse::Rehearsed& told) {
  data::Object object;
  object.set("did", told.did)
      .set("server", told.server)
      .set("commit", told.commit)
      .set("data", told.data)
      .set("records", static_cast<std::int64_t>(told.records))
      .set("blobs", static_cast<std::int64_t>(told.blobs))
      .set("blob_bytes", static_cast<std::int64_t>(told.blob_bytes))
      .set("missing_blobs", static_cast<std::int64_t>(told.missing_blobs))
      .set("operations", static_cast<std::int64_t>(told.operations))
      .set("server_milliseconds", told.server_millis)
      .set("milliseconds", told.millis);
  if (told.preferences) object.set("preferences", static_cast<std::int64_t>(*told.preferences));
  if (told.key_rank) object.set("key_rank", static_cast<std::int64_t>(*told.key_rank + 1));
  data::Array refused;
  for (const std::string& name : told.refused) refused.emplace_back(name);
  object.set("refused", std::move(refused));
  if (!told.folder.empty()) object.set("folder", told.folder);
  return object;
}

// The machine failed, or the server: that says nothing about the backup.
bool is_breakdown(const Error& error) {
  switch (error.kind) {
    case ErrorKind::network:
    case ErrorKind::timeout:
    case ErrorKind::io:
    case ErrorKind::no_space:
    case ErrorKind::internal:
      return true;
    default:
      return false;
  }
}

std::string step_of(const Error& error) {
  constexpr std::string_view kStep = "while doing: ";
  for (const std::string& line : error.context) {
    if (line.starts_with(kStep)) return line.substr(kStep.size());
  }
  return "the look at what stands against it";
}

// One line first: what it means for the backup. Then the error, and at which step.
ExitCode tell_failure(Shell& shell, const Error& error) {
  const bool by_move = std::ranges::find(error.context, rehearse::kMoving) != error.context.end();
  if (error.kind == ErrorKind::cancelled || !by_move) return shell.error(error);
  const Shell::Style& style = shell.err_style();
  const bool breakdown = is_breakdown(error);
  shell.tell(fmt::format("{}{}{}\n", style.red,
                         breakdown ? "The rehearsal broke off, and says nothing about the backup."
                                   : "This backup does not restore as it is.",
                         style.plain));
  const ExitCode code = shell.error(error);
  shell.tell(fmt::format("  {}: {}. Nothing real was touched.\n",
                         breakdown ? "It broke off at" : "A real move would have stopped there too",
                         printable(step_of(error))));
  return code;
}

}  // namespace

ExitCode run_migrate_rehearse(Shell& shell, const MigrateOptions& options) {
  const auto told = run(shell, options);
  if (!told) return tell_failure(shell, told.error());
  const ExitCode by_findings = exit_code_of(told->report);
  const ExitCode code = told->missing_blobs == 0 ? by_findings : graver(by_findings, ExitCode::incomplete);
  shell.text(words(shell.out_style(), *told));
  show_report(shell, told->report);
  return shell.summary("migrate rehearse", code, details(*told));
}

}  // namespace atb::cli
