// plc sign, plc submit, plc revert: changes of an identity by its user's own key.
#include "cli/commands/commands.h"
#include "cli/commands/key_files.h"
#include "cli/commands/plc_input.h"
#include "cli/render/step_view.h"
#include "core/account/key_file.h"
#include "core/base/text.h"
#include "core/migrate/plan_facts.h"
#include "core/migrate/publish.h"
#include "core/os/atomic_file.h"

#include <fmt/format.h>

#include <functional>

namespace atb::cli {
namespace {

Status write_new(Shell& shell, const std::string& path, const std::string& text) {
  World& world = shell.world();
  if (os::exists(world.fs, path)) {
    return fail(ErrorKind::refused, "plc.out_exists", "there is a file already: " + path, "name another");
  }
  return os::write_file(world.fs, world.random, path, as_bytes(text));
}

Result<plc::OperationFile> read_operation(Shell& shell, const std::string& path) {
  const Bytes raw = TRY(os::read_file(shell.world().fs, shell.absolute(path), Limits{}.json_bytes));
  return TRY_CONTEXT("in " + path, plc::parse_operation_file(as_text(raw), Limits{}));
}

// --- sign ------------------------------------------------------------------------------------------------

// A log for an operation to follow: none that contradicts what was seen before.
Result<plc::AuditedLog> log_to_build_on(Shell& shell, const std::string& what) {
  auto given = TRY(read_log(shell, what));
  TRY(migrate::check_witnesses(held_against(given)));
  return std::move(given.log);
}

Result<plc::AuditedLog> log_for(Shell& shell, const plc::OperationFile& file, const PlcOptions& options) {
  if (options.log.empty() && !file.log) {
    return fail(ErrorKind::refused, "plc.unknown_change",
                "the file does not hold the account's log, and what it changes cannot be shown",
                "give the log with --log: plc-log.json of a backup, or what the directory gave out");
  }
  const std::string& from = options.log.empty() ? options.what : options.log;
  return log_to_build_on(shell, names_file(from) ? from : "./" + from);
}

Status agree_to_sign(Shell& shell, const syntax::Did& did, const PlcOptions& options) {
  if (!options.confirm.empty()) {
    if (options.confirm == did.str()) return {};
    return fail(ErrorKind::refused, "move.confirm",
                "--confirm names " + printable(options.confirm) + ", and the account is " + did.str());
  }
  account::Prompter& prompter = shell.world().prompter;
  if (!prompter.can_ask()) {
    return fail(ErrorKind::refused, "move.confirm", "nobody is there to agree to the change of identity",
                "in a script, give --confirm " + did.str());
  }
  if (TRY(prompter.confirm("Sign this change of " + did.str() + "?"))) return {};
  return fail(ErrorKind::refused, "move.not_agreed", "you did not agree, and nothing was signed",
              "the same command asks again");
}

struct Signed {
  std::string did;
  std::string operation;
  std::string file;
  std::string signer;
};

Result<Signed> sign(Shell& shell, const PlcOptions& options) {
  World& world = shell.world();
  auto file = TRY(read_operation(shell, options.what));
  if (file.is_signed) {
    return fail(ErrorKind::refused, "plc.signed_already", "the operation is signed already",
                "'atbackup plc submit FILE' publishes it");
  }
  const plc::AuditedLog log = TRY(log_for(shell, file, options));
  if (file.did && *file.did != log.did) {
    return fail(ErrorKind::untrusted, "plc.file_did",
                "the file is about " + file.did->str() + ", and the log is that of " + log.did.str());
  }
  const account::RotationKey opened = TRY(account::open_key_file(
      world.fs, shell.absolute(options.rotation_key), shell.secret(options.passphrase, "ATBACKUP_PASSPHRASE"),
      world.prompter, Limits{}, world.stop));
  remember_key(shell, shell.absolute(options.rotation_key), opened);
  plc::Operation operation = std::move(file.operation);
  TRY(operation.sign(opened.key));
  TRY(plc::check_directory_limits(operation));
  const std::int64_t now_us = world.clock.wall_us();
  const plc::Placement placement = TRY(plc::place(log, operation, now_us));
  StepView(shell).say(migrate::describe_operation(log, operation, placement, now_us));
  TRY(agree_to_sign(shell, log.did, options));
  const std::string path = shell.absolute(options.out);
  TRY(write_new(shell, path, plc::operation_file(log.did, operation, nullptr)));
  return Signed{log.did.str(), operation.cid().str(), path, placement.signer};
}

// --- submit, revert ----------------------------------------------------------------------------------------

using Change = std::function<Result<migrate::Published>(const migrate::World&)>;

Result<migrate::Published> publish(Shell& shell, const Change& change) {
  exporter::Context& context = *TRY(shell.context());
  const std::string state_folder = TRY(shell.state_folder());
  StepView view(shell);
  return change({.context = context,
                 .prompter = shell.world().prompter,
                 .watcher = view,
                 .state_folder = state_folder,
                 .absolute = [&shell](const std::string& path) { return shell.absolute(path); }});
}

Result<migrate::Published> submit(Shell& shell, const PlcOptions& options) {
  auto file = TRY(read_operation(shell, options.what));
  if (!file.is_signed) {
    return fail(ErrorKind::refused, "plc.not_signed", "the operation is not signed",
                "'atbackup plc sign FILE --rotation-key KEY -o SIGNED' signs it");
  }
  std::optional<syntax::Did> did = file.did;
  if (!options.other.empty()) did = TRY(did_of(shell, options.other));
  if (!did) {
    return fail(ErrorKind::invalid_input, "usage", "the file does not say whose operation it is",
                "atbackup plc submit FILE ACCOUNT");
  }
  if (file.did && *file.did != *did) {
    return fail(ErrorKind::untrusted, "plc.file_did",
                "the file is about " + file.did->str() + ", and not about " + did->str());
  }
  migrate::Options wanted;
  wanted.confirm = options.confirm;
  return publish(shell, [&](const migrate::World& world) {
    return migrate::submit_operation(world, *did, file.operation, wanted);
  });
}

Result<migrate::Published> revert(Shell& shell, const PlcOptions& options) {
  const syntax::Did did = TRY(did_of(shell, options.what));
  migrate::Options wanted;
  wanted.rotation_key = shell.absolute(options.rotation_key);
  wanted.remove_keys = options.remove_keys;
  wanted.confirm = options.confirm;
  migrate::SecretSources sources;
  sources.passphrase = shell.secret(options.passphrase, "ATBACKUP_PASSPHRASE");
  return publish(shell, [&](const migrate::World& world) {
    return migrate::revert_operation(world, did, options.operation, wanted, sources);
  });
}

struct Unsigned {
  std::string did;
  std::string file;
};

Result<Unsigned> revert_for_later(Shell& shell, const PlcOptions& options) {
  const plc::AuditedLog log = TRY(log_to_build_on(shell, options.what));
  const std::int64_t now_us = shell.world().clock.wall_us();
  const plc::Operation operation =
      TRY(migrate::reversal_to_sign(log, options.operation, options.signer, options.remove_keys, now_us));
  StepView(shell).say(
      migrate::describe_reversal(log, operation.state(), options.operation, options.signer, now_us));
  const std::string path = shell.absolute(options.unsigned_out);
  TRY(write_new(shell, path, plc::operation_file(log.did, operation, &log)));
  return Unsigned{log.did.str(), path};
}

data::Array array_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

ExitCode finish(Shell& shell, std::string_view command, const Result<migrate::Published>& published) {
  if (!published) return shell.error(published.error());
  shell.text(fmt::format("In force in the directory: {}\n", published->operation));
  for (const std::string& gone : published->undone) shell.text(fmt::format("  undone: {}\n", gone));
  shell.text(published->can_be_undone.empty()
                 ? "Nobody can undo it.\n"
                 : fmt::format("A key above the one that signed it can undo it until {}.\n",
                               published->can_be_undone));
  if (!published->undone.empty())
    shell.text("Look every day for some days: atbackup plc log " + published->did + "\n");
  return shell.summary(command, ExitCode::done,
                       data::Object()
                           .set("did", published->did)
                           .set("operation", published->operation)
                           .set("undone", array_of(published->undone))
                           .set("rotation_keys", array_of(published->keys))
                           .set("can_be_undone_until", published->can_be_undone));
}

}  // namespace

ExitCode run_plc_sign(Shell& shell, const PlcOptions& options) {
  const auto made = sign(shell, options);
  if (!made) return shell.error(made.error());
  shell.text(fmt::format("Signed, and written to {}:\n  {}\n", made->file, made->operation));
  shell.text("Nothing has changed yet: 'atbackup plc submit FILE' publishes it, on any machine.\n");
  return shell.summary("plc sign", ExitCode::done,
                       data::Object()
                           .set("did", made->did)
                           .set("operation", made->operation)
                           .set("signer", made->signer)
                           .set("file", made->file));
}

ExitCode run_plc_submit(Shell& shell, const PlcOptions& options) {
  return finish(shell, "plc submit", submit(shell, options));
}

ExitCode run_plc_revert(Shell& shell, const PlcOptions& options) {
  if (!options.rotation_key.empty()) return finish(shell, "plc revert", revert(shell, options));
  if (options.unsigned_out.empty() || options.signer.empty()) {
    return shell.error(Error(ErrorKind::invalid_input, "usage", "no key is named that shall sign",
                             "give --rotation-key FILE, or --unsigned-out FILE with --signer KEY"));
  }
  const auto made = revert_for_later(shell, options);
  if (!made) return shell.error(made.error());
  shell.text("Nothing has changed yet. Sign it on the other machine, and publish it:\n");
  shell.text(fmt::format("  atbackup plc sign {} --rotation-key KEYFILE -o SIGNED\n", printable(made->file)));
  shell.text("  atbackup plc submit SIGNED\n");
  return shell.summary("plc revert", ExitCode::done,
                       data::Object().set("did", made->did).set("file", made->file));
}

}  // namespace atb::cli
