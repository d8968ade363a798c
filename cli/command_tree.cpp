#include "cli/command_tree.h"

#include "cli/command_tree_parts.h"
#include "cli/exit_code.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace atb::cli {
namespace {

std::string exit_code_footer() {
  std::string text = "Exit codes:\n";
  for (const ExitCodeText& one : kExitCodes)
    text += fmt::format("  {:>3}  {}\n", static_cast<int>(one.code), one.meaning);
  return text;
}

void add_global(CLI::App& app, GlobalOptions& options) {
  app.add_flag("--json", options.json, "One JSON object a line on standard output, errors too");
  app.add_flag("--json-progress", options.json_progress, "With --json: progress too");
  app.add_flag("-q,--quiet", options.quiet, "No progress");
  app.add_flag("-v,--verbose", options.verbose, "More of what happens; up to three times");
  app.add_option("--color", options.color, "Colours: auto, always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_flag("-y,--yes", options.yes, "Take the answer yes to questions about what can be undone");
  app.add_option("--plc-url", options.plc_url, "The PLC directory")
      ->type_name("URL")
      ->envname("ATBACKUP_PLC_URL");
  app.add_option("--pds", options.pds, "Ask this host instead of the one that the DID document names")
      ->type_name("URL")
      ->envname("ATBACKUP_PDS");
  app.add_option("--dns-server", options.dns_server, "Ask this DNS server about handles")
      ->type_name("IP:PORT")
      ->envname("ATBACKUP_DNS_SERVER");
  app.add_option("--allow-private-host", options.allow_private,
                 "Talk to this host although it has plain http or a private address; repeatable")
      ->type_name("HOST[:PORT]")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--proxy", options.proxy, "Proxy for all requests; none is used otherwise")
      ->type_name("URL")
      ->envname("ATBACKUP_PROXY");
}

void add_export(CLI::App& app, ExportOptions& options) {
  CLI::App* command = app.add_subcommand(
      "export", "Fetch an account's repository (and blobs, preferences, DID history), and prove it");
  command->add_option("account", options.accounts, "Handle, DID or at:// URI")
      ->type_name("ACCOUNT")
      ->required();
  command
      ->add_option("-o,--output", options.out,
                   "DIR/ for a backup folder, F.car for one CAR file, - for standard output")
      ->type_name("PATH")
      ->required();
  command->add_option("--jobs", options.jobs, "Blobs fetched side by side")
      ->type_name("N")
      ->check(CLI::Range(1, 32));
  command->add_flag("--accept-change", options.accept_change,
                    "Adopt a repository that raised an alarm (rolled back, forked, emptied)");
}

void add_verify(CLI::App& app, VerifyOptions& options) {
  CLI::App* command = app.add_subcommand("verify", "Prove a backup, offline");
  command->add_option("path", options.path, "A backup folder or a CAR file")
      ->type_name("DIR|F.car")
      ->required();
  command->add_option("--did", options.did, "The account it must be; another one is a forgery")
      ->type_name("DID");
  command
      ->add_option("--plc-log", options.plc_log,
                   "For a CAR: the DID's audit log, instead of the file beside it")
      ->type_name("FILE");
  command->add_option("--key", options.key, "Take this key for the account's, on your word")
      ->type_name("did:key:…");
  command->add_option("--receipt", options.receipt, "Write the verdict into this file, for others to check")
      ->type_name("FILE");
  command
      ->add_option("--against-receipt", options.against_receipt,
                   "Tell what differs from the verdict in this file, which --receipt wrote")
      ->type_name("FILE");
  command->add_flag("--force", options.force, "Replace a receipt that is there already");
}

void add_from(CLI::App& command, std::string& from) {
  command.add_option("--from", from, "The backup to look into: a backup folder or a CAR file")
      ->type_name("PATH")
      ->required();
}

void add_looking_in(CLI::App& app, AllOptions& options) {
  CLI::App* ls = app.add_subcommand("ls", "List what is in a backup: its collections, or the records of one");
  ls->add_option("what", options.ls.what,
                 "A collection, or an at:// URI; without it all collections are listed")
      ->type_name("AT-URI|COLLECTION");
  add_from(*ls, options.ls.from);

  CLI::App* cat = app.add_subcommand("cat", "Print a record of a backup as JSON");
  cat->add_option("uri", options.cat.uri, "The record, as at://ACCOUNT/COLLECTION/KEY")
      ->type_name("AT-URI")
      ->required();
  add_from(*cat, options.cat.from);

  CLI::App* extract = app.add_subcommand("extract", "Take records, the repository or blobs out of a backup");
  extract
      ->add_option("--records", options.extract.records,
                   "All records, a JSON object a line, into this file ('-' is standard output)")
      ->type_name("FILE");
  extract->add_option("--car", options.extract.car, "The repository as one CAR, blocks depth-first")
      ->type_name("FILE");
  extract
      ->add_option("--blobs", options.extract.blobs, "All pictures, films and other blobs, into this folder")
      ->type_name("PATH");
  extract->add_flag("--salvage", options.extract.salvage,
                    "With --records, of a damaged backup: also records whose place in the tree is lost");
  extract->add_flag("--force", options.extract.force, "Replace files that are there already");
  add_from(*extract, options.extract.from);
}

void add_migrate_inputs(CLI::App& command, MigrateOptions& options) {
  CLI::Option* from = command
                          .add_option("--from", options.from,
                                      "Leave without the old host: from this backup, with --rotation-key")
                          ->type_name("PATH");
  command
      .add_option("--rotation-key", options.rotation_key,
                  "Your own rotation key, which signs in place of the old host")
      ->type_name("FILE");
  command.add_option("--handle", options.handle, "Handle on the new host")->type_name("HANDLE");
  command.add_option("--email", options.email, "E-mail address for the new host; the old host's otherwise")
      ->type_name("ADDRESS");
  command.add_option("--invite-code", options.invite_code, "Invite code of the new host")->type_name("CODE");
  command
      .add_option("--allow-missing-blobs", options.allow_missing_blobs,
                  "Go without the blobs listed in this file, a CID a line")
      ->type_name("FILE");
  CLI::Option* out = command
                         .add_option("--recovery-key-out", options.recovery_key_out,
                                     "Make a recovery key of your own, sealed in this file")
                         ->type_name("FILE")
                         ->excludes(from);
  command.add_flag("--no-recovery-key", options.no_recovery_key, "Make none, and do not ask")->excludes(out);
  command.add_option("--keep-key", options.keep_keys, "This rotation key is yours: keep it; repeatable")
      ->type_name("KEY")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command
      .add_option("--remove-key", options.remove_keys,
                  "This rotation key is not yours: remove it; repeatable")
      ->type_name("KEY")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  add_foreign_operations(command, options);
  command
      .add_option("--confirm", options.confirm,
                  "Answers the last question in scripts; must be the account's DID")
      ->type_name("DID");
  command.add_flag("--wait", options.wait,
                   "At a limit of a host, such as its uploads a day, wait for its end and go on");
  command.add_option("--jobs", options.jobs, "Blobs carried side by side")
      ->type_name("N")
      ->check(CLI::Range(1, 32));
  add_secret(command, options.password, "password", "Main password on the old host");
  add_secret(command, options.new_password, "new-password", "Password for the new host");
  add_secret(command, options.auth_code, "auth-code", "Login code that a host mails");
  add_secret(command, options.plc_token, "plc-token",
             "Code for the change of identity that the old host mails");
  add_secret(command, options.passphrase, "passphrase",
             "Passphrase of the recovery key file, and for the secrets of the move");
}

void add_rehearse(CLI::App& migrate, MigrateOptions& options) {
  CLI::App* rehearse = migrate.add_subcommand(
      "rehearse", "The whole move from a backup, to a server of its own on this machine: does it restore?");
  rehearse->add_option("backup", options.backup, "A backup folder or a CAR file")
      ->type_name("BACKUP")
      ->required();
  rehearse
      ->add_option("--server-dir", options.server_dir,
                   "Where the reference server is installed: the folder with its node_modules")
      ->type_name("PATH")
      ->envname("ATBACKUP_SERVER_DIR");
  rehearse
      ->add_option("--rotation-key", options.rotation_key,
                   "Your own rotation key, to see that it opens and stands in the record; it signs nothing")
      ->type_name("FILE");
  rehearse
      ->add_option("--allow-missing-blobs", options.allow_missing_blobs,
                   "Go without the blobs listed in this file, a CID a line")
      ->type_name("FILE");
  rehearse->add_option("--jobs", options.jobs, "Blobs carried side by side")
      ->type_name("N")
      ->check(CLI::Range(1, 32));
  rehearse->add_flag("--keep", options.keep, "Leave the files of the rehearsal, such as the server's log");
  add_secret(*rehearse, options.passphrase, "passphrase", "Passphrase of the key's file");
}

void add_migrate(CLI::App& app, MigrateOptions& options) {
  CLI::App* command = app.add_subcommand("migrate", "Move an account to another host");
  command->add_option("account", options.account, "Handle, DID or at:// URI")->type_name("ACCOUNT");
  command->add_option("--to", options.to, "The new host")->type_name("URL");
  command->add_flag("--dry-run", options.dry_run,
                    "Only look and plan: what would be done, what it needs, what stands against it");
  add_migrate_inputs(*command, options);
  command->add_subcommand("status", "Where the moves on this machine stand");
  CLI::App* resume = command->add_subcommand("resume", "Go on with a move that was interrupted");
  resume->add_option("account", options.account, "Which one, when several are under way")
      ->type_name("ACCOUNT");
  add_migrate_inputs(*resume, options);
  resume->add_flag("--bring-late-posts", options.bring_late_posts,
                   "Bring over what was written on the old host and did not come along");
  CLI::App* activate =
      command->add_subcommand("activate", "Activate an account that its own host holds as deactivated");
  activate->add_option("account", options.account, "Handle, DID or at:// URI")
      ->type_name("ACCOUNT")
      ->required();
  add_secret(*activate, options.password, "password", "Main password of the account");
  add_secret(*activate, options.auth_code, "auth-code", "Login code that the host mails");
  CLI::App* abort = command->add_subcommand("abort", "Give a move up, as far as its state lets it");
  abort->add_option("account", options.account, "Which one, when several are under way")
      ->type_name("ACCOUNT");
  abort
      ->add_option("--rotation-key", options.rotation_key,
                   "Your own rotation key, where the identity was changed already")
      ->type_name("FILE");
  abort
      ->add_option("--confirm", options.confirm,
                   "Agrees to a change of the identity in scripts; must be the account's DID")
      ->type_name("DID");
  add_secret(*abort, options.passphrase, "passphrase",
             "Passphrase of the key file, and of the move's secrets");
  add_rehearse(*command, options);
  command->require_subcommand(0, 1);
}

void add_doctor(CLI::App& app, DoctorOptions& options) {
  CLI::App* command = app.add_subcommand(
      "doctor", "Could you leave today? Looks at host, backup, key, name and the record's history");
  command->add_option("account", options.accounts, "Handle, DID or at:// URI")
      ->type_name("ACCOUNT")
      ->required();
  command
      ->add_option("--from", options.from, "The account's backup: a backup folder or a CAR file; repeatable")
      ->type_name("PATH")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command
      ->add_option("--rotation-key", options.rotation_keys,
                   "File of your rotation key, to see that it opens; repeatable")
      ->type_name("FILE")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--to", options.to, "The host you would go to: would it take the account?")
      ->type_name("URL");
  add_secret(*command, options.passphrase, "passphrase", "Passphrase of the key's file");
}

void add_key_new(CLI::App& command, KeyOptions& options) {
  CLI::App* made =
      command.add_subcommand("new", "Make a key, seal it in a file, and show it once to be printed");
  made->add_option("file", options.file, "The file to be made")->type_name("FILE")->required();
  add_secret(*made, options.passphrase, "passphrase", "Passphrase for the file");
}

void add_key_enroll(CLI::App& command, KeyOptions& options) {
  CLI::App* enroll = command.add_subcommand(
      "enroll",
      "Put a key into an account's identity, with the help of its living host or of a key that is in it");
  enroll->add_option("account", options.account, "Handle, DID or at:// URI")
      ->type_name("ACCOUNT")
      ->required();
  enroll->add_option("--rotation-key", options.file, "The key's file")->type_name("FILE")->required();
  enroll
      ->add_option("--signed-by", options.signed_by,
                   "Another rotation key of yours, already in the identity, which signs in place of the host")
      ->type_name("FILE");
  enroll
      ->add_option("--rank", options.rank,
                   "Its place among the rotation keys; 1, above all others, when not given")
      ->type_name("N")
      ->check(CLI::Range(1, 10));
  enroll
      ->add_option("--confirm", options.confirm,
                   "Answers the last question in scripts; must be the account's DID")
      ->type_name("DID");
  add_secret(*enroll, options.password, "password", "Main password on the account's host");
  add_secret(*enroll, options.auth_code, "auth-code", "Login code that the host mails");
  add_secret(*enroll, options.plc_token, "plc-token", "Code for the change of identity that the host mails");
  add_secret(*enroll, options.passphrase, "passphrase", "Passphrase of the key's file");
  add_secret(*enroll, options.signer_passphrase, "signer-passphrase",
             "Passphrase of the --signed-by file; that of the key's file when not given");
}

void add_key(CLI::App& app, KeyOptions& options) {
  CLI::App* command =
      app.add_subcommand("key", "A rotation key of your own, which moves your account without its host");
  add_key_new(*command, options);
  add_key_enroll(*command, options);
  CLI::App* check =
      command->add_subcommand("check", "Open a key's file, and tell what the key can do for an account");
  check->add_option("file", options.file, "The key's file")->type_name("FILE")->required();
  check->add_option("account", options.account, "Handle, DID or at:// URI")->type_name("ACCOUNT");
  add_secret(*check, options.passphrase, "passphrase", "Passphrase of the file");
  add_key_files(*command, options);
  command->require_subcommand(1);
}

void add_sessions(CLI::App& app, AllOptions& options) {
  CLI::App* login = app.add_subcommand("login", "Log in on an account's host, for private data in exports");
  login->add_option("account", options.login.account, "Handle, DID or at:// URI")
      ->type_name("ACCOUNT")
      ->required();
  add_secret(*login, options.login.password, "password", "Main or app password");
  add_secret(*login, options.login.auth_code, "auth-code", "Login code that the host mails");
  login->add_flag("--allow-takendown", options.login.allow_takendown,
                  "Ask for a restricted session of an account that was taken down");
  CLI::App* logout = app.add_subcommand("logout", "End a session, at the host and here");
  logout
      ->add_option("account", options.logout.account,
                   "Handle, DID or at:// URI; needed when there are several")
      ->type_name("ACCOUNT");
  app.add_subcommand("whoami", "The sessions that are kept here");
}

}  // namespace

void add_secret(CLI::App& app, SecretOptions& secret, const std::string& name, const std::string& what) {
  CLI::Option* file = app.add_option("--" + name + "-file", secret.file,
                                     what + ": read from this file ('-' is standard input)")
                          ->type_name("FILE");
  app.add_option("--" + name + "-command", secret.command,
                 what + ": first line that this command prints (run without a shell)")
      ->type_name("COMMAND")
      ->excludes(file);
}

std::unique_ptr<CLI::App> make_command_tree(AllOptions& options) {
  auto app = std::make_unique<CLI::App>(
      "Backs up AT Protocol accounts, proves the backups, and moves accounts between hosts", "atbackup");
  app->set_version_flag("--version", "atbackup " ATB_VERSION);
  app->set_help_flag("-h,--help", "This help");
  app->fallthrough();
  app->require_subcommand(1);
  app->option_defaults()->always_capture_default(false);
  add_global(*app, options.global);
  add_export(*app, options.export_);
  add_verify(*app, options.verify);
  add_looking_in(*app, options);
  add_migrate(*app, options.migrate);
  add_doctor(*app, options.doctor);
  add_key(*app, options.key);
  add_plc(*app, options.plc);
  add_sessions(*app, options);
  CLI::App* explain = app->add_subcommand("explain", "Say what the id of a finding or an error means");
  explain->add_option("id", options.explain.id, "The id, as --json and -v show it: mst.missing_node")
      ->type_name("ID")
      ->required();
  CLI::App* completion = app->add_subcommand("completion", "Print the completion script of a shell");
  completion->add_option("shell", options.completion.shell, "bash, zsh or fish")
      ->type_name("SHELL")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  const std::string footer = exit_code_footer();
  app->footer(footer);
  for (CLI::App* command : app->get_subcommands({})) {
    command->footer(footer);
    command->fallthrough();
    for (CLI::App* inner : command->get_subcommands({})) {
      inner->footer(footer);
      inner->fallthrough();
    }
  }
  return app;
}

}  // namespace atb::cli
