#include "core/migrate/migrate.h"

#include "cli/commands/commands.h"
#include "cli/commands/migrate_options.h"
#include "cli/render/findings.h"
#include "cli/render/step_view.h"
#include "core/base/text.h"

#include <fmt/format.h>

namespace atb::cli {
namespace {

std::string words(const migrate::Outcome& outcome) {
  std::string text =
      fmt::format("\n{} has moved to {}.\n", printable(outcome.handle), printable(outcome.new_host));
  text += fmt::format("  account     {}\n", outcome.did);
  text += fmt::format("  commit      {}, under the new key{}\n", outcome.commit,
                      outcome.same_tree ? "; the same tree as before (" + outcome.data + ")" : "");
  text += fmt::format("  backup      {}\n", printable(outcome.backup));
  text +=
      "Log out of your apps and log in again, with the new password. Some services notice the move only "
      "after a day.\n";
  for (const std::string& note : outcome.notes) text += "Note: " + printable(note) + "\n";
  return text;
}

ExitCode finish(Shell& shell, Result<migrate::Outcome> outcome) {
  if (!outcome) return shell.error(outcome.error());
  const ExitCode code = exit_code_of(outcome->report);
  shell.text(words(*outcome));
  show_report(shell, outcome->report);
  data::Array notes;
  for (const std::string& note : outcome->notes) notes.emplace_back(note);
  return shell.summary("migrate", code,
                       data::Object()
                           .set("did", outcome->did)
                           .set("handle", outcome->handle)
                           .set("old_host", outcome->old_host)
                           .set("new_host", outcome->new_host)
                           .set("commit", outcome->commit)
                           .set("data", outcome->data)
                           .set("operation", outcome->operation)
                           .set("folder", outcome->folder)
                           .set("backup", outcome->backup)
                           .set("resumed", outcome->resumed)
                           .set("notes", std::move(notes)));
}

Result<migrate::Outcome> run(Shell& shell, const MigrateOptions& options, bool resuming) {
  exporter::Context& context = *TRY(shell.context());
  StepView view(shell);
  const std::string state_folder = TRY(shell.state_folder());
  const migrate::World world = move_world(shell, context, view, state_folder);
  const migrate::Options wanted = TRY(move_options(shell, options));
  if (!resuming)
    return migrate::start(world, TRY(account_argument(options.account)), wanted,
                          move_secrets(shell, options));
  std::optional<syntax::AtIdentifier> account;
  if (!options.account.empty()) account = TRY(account_argument(options.account));
  return migrate::resume(world, account, wanted, move_secrets(shell, options));
}

}  // namespace

ExitCode run_migrate(Shell& shell, const MigrateOptions& options) {
  if (options.account.empty() || options.to.empty()) {
    return shell.error(Error(ErrorKind::invalid_input, "usage", "a move needs an account and a host",
                             "atbackup migrate ACCOUNT --to URL"));
  }
  if (options.dry_run) return run_migrate_plan(shell, options);
  return finish(shell, run(shell, options, false));
}

ExitCode run_migrate_resume(Shell& shell, const MigrateOptions& options) {
  return finish(shell, run(shell, options, true));
}

namespace {

std::string_view where_it_stands(const migrate::MoveStatus& move) {
  if (move.past_no_return) return "the identity names the new host already: the only way is forward";
  if (move.claimed) {
    return "the identity names a temporary key that only this machine holds: go on, the account cannot be "
           "used meanwhile";
  }
  return "the identity is as it was; nothing is lost by stopping";
}

std::string words(const migrate::MoveStatus& move, bool verbose) {
  std::string text = fmt::format("{} ({})\n  from {}\n  to   {}\n", move.did, printable(move.account),
                                 printable(move.old_host), printable(move.new_host));
  if (!move.aborted.empty()) {
    text += "  given up " + printable(move.aborted) + "\n";
  } else if (move.aborting) {
    text += "  is being given up; go on with 'atbackup migrate abort " + move.did + "'\n";
  } else if (!move.finished.empty()) {
    text += "  finished " + printable(move.finished) + "\n";
    for (const std::string& note : move.notes) text += "  note: " + printable(note) + "\n";
  } else {
    text += fmt::format("  next: {}\n  {}\n  go on with 'atbackup migrate resume {}'\n",
                        printable(move.next_title), where_it_stands(move), move.did);
  }
  if (!verbose) return text;
  for (const migrate::JournalEvent& event : move.events) {
    text += fmt::format("  {}  {:<14} {:<9} {}\n", os::rfc3339(event.at_us), printable(event.step),
                        printable(event.phase), printable(event.detail));
  }
  return text;
}

data::Object object_of(const migrate::MoveStatus& move) {
  data::Array notes;
  for (const std::string& note : move.notes) notes.emplace_back(note);
  return data::Object()
      .set("type", "move")
      .set("did", move.did)
      .set("account", move.account)
      .set("old_host", move.old_host)
      .set("new_host", move.new_host)
      .set("folder", move.folder)
      .set("next_step", move.next_step)
      .set("claimed", move.claimed)
      .set("past_no_return", move.past_no_return)
      .set("finished", move.finished)
      .set("aborting", move.aborting)
      .set("aborted", move.aborted)
      .set("notes", std::move(notes));
}

}  // namespace

ExitCode run_migrate_status(Shell& shell) {
  auto folder = shell.state_folder();
  if (!folder) return shell.error(folder.error());
  const auto moves = migrate::status(shell.world().fs, shell.world().clock, *folder);
  if (!moves) return shell.error(moves.error());
  ExitCode code = ExitCode::done;
  for (const migrate::MoveStatus& move : *moves) {
    if (move.unreadable) {
      show_finding(shell, {move.unreadable->id, Severity::damage, move.folder, move.unreadable->message},
                   Beside::nothing);
      code = graver(code, exit_code_of(*move.unreadable));
      continue;
    }
    shell.text(words(move, shell.options().verbose > 0));
    shell.object(object_of(move));
  }
  if (moves->empty()) shell.text("no move is under way\n");
  return shell.summary("migrate status", code,
                       data::Object().set("moves", static_cast<std::int64_t>(moves->size())));
}

}  // namespace atb::cli
