#include "cli/commands/migrate_options.h"

#include "core/base/text.h"
#include "core/os/atomic_file.h"

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

}  // namespace

Result<migrate::Options> move_options(Shell& shell, const MigrateOptions& options) {
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
  wanted.undo_operations = options.undo_operations;
  wanted.keep_operations = options.keep_operations;
  if (!options.signing_key.empty()) wanted.signing_key = shell.absolute(options.signing_key);
  wanted.hostile_host = options.hostile_host;
  wanted.confirm = options.confirm;
  wanted.yes = shell.options().yes;
  wanted.wait = options.wait;
  wanted.bring_late = options.bring_late_posts;
  wanted.jobs = options.jobs;
  return wanted;
}

migrate::SecretSources move_secrets(Shell& shell, const MigrateOptions& options) {
  return {.password = shell.secret(options.password, "ATBACKUP_PASSWORD"),
          .new_password = shell.secret(options.new_password, "ATBACKUP_NEW_PASSWORD"),
          .auth_code = shell.secret(options.auth_code, "ATBACKUP_AUTH_CODE"),
          .plc_token = shell.secret(options.plc_token, "ATBACKUP_PLC_TOKEN"),
          .passphrase = shell.secret(options.passphrase, "ATBACKUP_PASSPHRASE"),
          .signer_passphrase = {},
          .invite_code = shell.secret({}, "ATBACKUP_INVITE_CODE")};
}

migrate::World move_world(Shell& shell, exporter::Context& context, migrate::Watcher& watcher,
                          const std::string& state_folder) {
  return {.context = context,
          .prompter = shell.world().prompter,
          .watcher = watcher,
          .state_folder = state_folder,
          .absolute = [&shell](const std::string& path) { return shell.absolute(path); }};
}

}  // namespace atb::cli
