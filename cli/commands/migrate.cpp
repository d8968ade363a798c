#include "core/migrate/migrate.h"

#include "cli/commands/commands.h"
#include "cli/render/findings.h"
#include "cli/render/step_view.h"
#include "core/base/text.h"
#include "core/os/atomic_file.h"

#include <fmt/format.h>

namespace atb::cli {
namespace {

constexpr std::size_t kMaxList = 8U << 20;

Result<std::vector<std::string>> read_cids(Shell& shell, const std::string& path) {
  std::vector<std::string> cids;
  if (path.empty()) return cids;
  const Bytes text = TRY(os::read_file(shell.world().fs, path, kMaxList));
  for (std::string_view line : split(as_text(text), '\n')) {
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    cids.push_back(TRY_CONTEXT("in " + path, ipld::Cid::parse(line)).str());
  }
  return cids;
}

Result<migrate::Options> options_of(Shell& shell, const MigrateOptions& options) {
  migrate::Options wanted;
  wanted.to = options.to;
  wanted.from_host = shell.options().pds;
  if (!options.from.empty()) wanted.from = shell.absolute(options.from);
  if (!options.rotation_key.empty()) wanted.rotation_key = shell.absolute(options.rotation_key);
  wanted.handle = options.handle;
  wanted.email = options.email;
  wanted.invite_code = options.invite_code;
  wanted.allowed_missing = TRY(read_cids(shell, options.allow_missing_blobs));
  if (!options.recovery_key_out.empty()) wanted.recovery_key_out = shell.absolute(options.recovery_key_out);
  wanted.no_recovery_key = options.no_recovery_key;
  wanted.keep_keys = options.keep_keys;
  wanted.remove_keys = options.remove_keys;
  wanted.confirm = options.confirm;
  wanted.yes = shell.options().yes;
  wanted.wait = options.wait;
  wanted.jobs = options.jobs;
  return wanted;
}

migrate::SecretSources sources_of(Shell& shell, const MigrateOptions& options) {
  return {.password = shell.secret(options.password, "ATBACKUP_PASSWORD"),
          .new_password = shell.secret(options.new_password, "ATBACKUP_NEW_PASSWORD"),
          .auth_code = shell.secret(options.auth_code, "ATBACKUP_AUTH_CODE"),
          .plc_token = shell.secret(options.plc_token, "ATBACKUP_PLC_TOKEN"),
          .passphrase = shell.secret(options.passphrase, "ATBACKUP_PASSPHRASE"),
          .invite_code = shell.secret({}, "ATBACKUP_INVITE_CODE")};
}

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
  const migrate::World world{.context = context,
                             .prompter = shell.world().prompter,
                             .watcher = view,
                             .state_folder = state_folder,
                             .absolute = [&shell](const std::string& path) { return shell.absolute(path); }};
  const migrate::Options wanted = TRY(options_of(shell, options));
  if (!resuming)
    return migrate::start(world, TRY(account_argument(options.account)), wanted, sources_of(shell, options));
  std::optional<syntax::AtIdentifier> account;
  if (!options.account.empty()) account = TRY(account_argument(options.account));
  return migrate::resume(world, account, wanted, sources_of(shell, options));
}

}  // namespace

ExitCode run_migrate(Shell& shell, const MigrateOptions& options) {
  if (options.account.empty() || options.to.empty()) {
    return shell.error(Error(ErrorKind::invalid_input, "usage", "a move needs an account and a host",
                             "atbackup migrate ACCOUNT --to URL"));
  }
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
  if (!move.finished.empty()) {
    text += "  finished " + printable(move.finished) + "\n";
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
      .set("finished", move.finished);
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
