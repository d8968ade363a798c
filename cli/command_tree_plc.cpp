// `plc` and the files of `key`: what they take.
#include "cli/command_tree_parts.h"

#include <CLI/CLI.hpp>

namespace atb::cli {
namespace {

void add_looking(CLI::App& plc, PlcOptions& options) {
  CLI::App* log = plc.add_subcommand(
      "log", "Who signed what in an account's history, what was undone, and who could undo what until when");
  log->add_option("what", options.what, "An account, a backup, or a file with its log")
      ->type_name("ACCOUNT|FILE")
      ->required();

  CLI::App* verify = plc.add_subcommand(
      "verify", "Audit an account's history, and hold it against every log of it that was seen before");
  verify->add_option("what", options.what, "An account; or, offline, a backup or a file with its log")
      ->type_name("ACCOUNT|FILE")
      ->required();
  verify->add_option("--did", options.did, "The account it must be; another one is a forgery")
      ->type_name("DID");

  CLI::App* diff =
      plc.add_subcommand("diff", "What differs between two histories, documents or operations, in words");
  diff->add_option("from", options.what, "An account, a backup, a log, a DID document, or an operation")
      ->type_name("ACCOUNT|FILE")
      ->required();
  diff->add_option("to", options.other, "The same; an operation is shown as the change that it makes")
      ->type_name("ACCOUNT|FILE")
      ->required();
}

void add_confirm(CLI::App& command, PlcOptions& options) {
  command
      .add_option("--confirm", options.confirm,
                  "Answers the last question in scripts; must be the account's DID")
      ->type_name("DID");
}

void add_sign(CLI::App& plc, PlcOptions& options) {
  CLI::App* sign = plc.add_subcommand(
      "sign", "Sign an operation with your own key, without a network: a file in, a file out");
  sign->add_option("file", options.what, "The operation, as 'plc revert --unsigned-out' or you wrote it")
      ->type_name("FILE")
      ->required();
  sign->add_option("--rotation-key", options.rotation_key, "Your own rotation key")
      ->type_name("FILE")
      ->required();
  sign->add_option("-o,--output", options.out, "The signed operation")->type_name("FILE")->required();
  sign->add_option("--log", options.log, "The account's log, where the operation's file does not hold it")
      ->type_name("FILE");
  add_confirm(*sign, options);
  add_secret(*sign, options.passphrase, "passphrase", "Passphrase of the key's file");
}

void add_submit(CLI::App& plc, PlcOptions& options) {
  CLI::App* submit = plc.add_subcommand(
      "submit", "Publish a signed operation: audited, shown and agreed to first, seen in force afterwards");
  submit->add_option("file", options.what, "The signed operation")->type_name("FILE")->required();
  submit->add_option("account", options.other, "Whose it is, where the file does not say")
      ->type_name("ACCOUNT");
  add_confirm(*submit, options);
}

void add_revert(CLI::App& plc, PlcOptions& options) {
  CLI::App* revert = plc.add_subcommand(
      "revert", "Undo an operation of the last 72 hours that a lower key has signed, with your own key");
  revert->add_option("account", options.what, "Handle, DID or at:// URI")->type_name("ACCOUNT")->required();
  revert
      ->add_option("operation", options.operation,
                   "CID of the first that shall be undone; needed when there are several")
      ->type_name("CID");
  CLI::Option* key =
      revert->add_option("--rotation-key", options.rotation_key, "Your own rotation key")->type_name("FILE");
  CLI::Option* out =
      revert
          ->add_option("--unsigned-out", options.unsigned_out,
                       "Publish nothing: write it to this file, for 'plc sign' on another machine")
          ->type_name("FILE")
          ->excludes(key);
  revert->add_option("--signer", options.signer, "With --unsigned-out: the key that will sign it")
      ->type_name("did:key:…")
      ->needs(out);
  revert->add_option("--remove-key", options.remove_keys, "Take this rotation key out as well; repeatable")
      ->type_name("KEY")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  add_confirm(*revert, options);
  add_secret(*revert, options.passphrase, "passphrase", "Passphrase of the key's file");
}

}  // namespace

void add_key_files(CLI::App& key, KeyOptions& options) {
  CLI::App* list = key.add_subcommand(
      "list", "The key files known here, and the accounts that they stand in as far as was seen");
  list->add_option("folder", options.file, "Look for key files in this folder too")->type_name("PATH");

  CLI::App* show = key.add_subcommand(
      "show", "The public part of a key's file; the passphrase is asked for only where it is needed");
  show->add_option("file", options.file, "The key's file")->type_name("FILE")->required();
  show->add_flag("--sheet", options.sheet, "Open it, and show the sheet to be printed once more");
  add_secret(*show, options.passphrase, "passphrase", "Passphrase of the file");
}

void add_foreign_operations(CLI::App& migrate, MigrateOptions& options) {
  migrate
      .add_option("--undo-operation", options.undo_operations,
                  "With --from: this operation was done against you, and is undone by the move; repeatable")
      ->type_name("CID")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  migrate
      .add_option("--keep-operation", options.keep_operations,
                  "With --from: this operation was your own doing, and stays; repeatable")
      ->type_name("CID")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  migrate
      .add_option(
          "--signing-key-file", options.signing_key,
          "With --from: the account's signing key, saved from its host's disk; spares the first change")
      ->type_name("FILE");
  migrate.add_flag("--hostile-host", options.hostile_host,
                   "With --from: the old host works against you; its keys go with the first change already");
}

void add_plc(CLI::App& app, PlcOptions& options) {
  CLI::App* command =
      app.add_subcommand("plc", "The history of an account's identity, and changes of it by your own key");
  add_looking(*command, options);
  add_sign(*command, options);
  add_submit(*command, options);
  add_revert(*command, options);
  command->require_subcommand(1);
}

}  // namespace atb::cli
