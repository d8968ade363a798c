// The user's own rotation key: made, put into an identity, looked at.
#include "cli/commands/commands.h"
#include "cli/commands/key_files.h"
#include "cli/render/step_view.h"
#include "core/account/key_file.h"
#include "core/base/text.h"
#include "core/migrate/enroll.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::cli {
namespace {

struct Made {
  std::string path;
  std::string did_key;
  bool sheet_shown = false;
};

Result<Made> make(Shell& shell, const KeyOptions& options) {
  World& world = shell.world();
  const std::string path = shell.absolute(options.file);
  if (os::exists(world.fs, path)) {
    return fail(ErrorKind::refused, "key.exists", "there is a file already: " + path,
                "name another: a key that is overwritten is lost");
  }
  const account::SecretSource source = shell.secret(options.passphrase, "ATBACKUP_PASSPHRASE");
  const Secret phrase = TRY(account::choose_passphrase(source, path, world.fs, world.prompter, world.stop));
  auto key = TRY(crypto::PrivateKey::generate(crypto::Curve::k256, world.random));
  const account::RotationKey made{std::move(key), {}};
  TRY(account::write_key_file(world.fs, world.random, path, made, phrase, world.clock.wall_us()));
  // What lies on the disk now must open, while the sheet can still be shown.
  const auto file = TRY(account::KeyFile::read(world.fs, path));
  const account::RotationKey opened = TRY(file.open(phrase, Limits{}));
  account::show_key_sheet(world.prompter, opened.key, "", path);
  remember_key(shell, path, opened);
  return Made{path, opened.key.public_key().did_key(), world.prompter.can_ask()};
}

std::string rank_words(std::size_t rank, std::size_t count) {
  if (count == 1) return "the only rotation key";
  return fmt::format("rank {} of {}{}", rank + 1, count, rank == 0 ? ", the highest" : "");
}

std::vector<std::string> lines_about(const std::vector<std::string>& keys, const std::string& own) {
  std::vector<std::string> lines;
  lines.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    lines.push_back(
        fmt::format("  {}  {}{}\n", i + 1, printable(keys[i]), keys[i] == own ? "  (yours)" : ""));
  return lines;
}

data::Array array_of(const std::vector<std::string>& texts) {
  data::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

Result<migrate::Enrolled> enroll(Shell& shell, const KeyOptions& options) {
  exporter::Context& context = *TRY(shell.context());
  const std::string state_folder = TRY(shell.state_folder());
  StepView view(shell);
  const migrate::World world{.context = context,
                             .prompter = shell.world().prompter,
                             .watcher = view,
                             .state_folder = state_folder,
                             .absolute = [&shell](const std::string& path) { return shell.absolute(path); }};
  migrate::Options wanted;
  wanted.from_host = shell.options().pds;
  wanted.rotation_key = shell.absolute(options.file);
  wanted.rank = options.rank - 1;
  if (!options.signed_by.empty()) wanted.signed_by = shell.absolute(options.signed_by);
  wanted.confirm = options.confirm;
  const migrate::SecretSources sources{
      .password = shell.secret(options.password, "ATBACKUP_PASSWORD"),
      .new_password = {},
      .auth_code = shell.secret(options.auth_code, "ATBACKUP_AUTH_CODE"),
      .plc_token = shell.secret(options.plc_token, "ATBACKUP_PLC_TOKEN"),
      .passphrase = shell.secret(options.passphrase, "ATBACKUP_PASSPHRASE"),
      .signer_passphrase = shell.secret(options.signer_passphrase, "ATBACKUP_SIGNER_PASSPHRASE"),
      .invite_code = {}};
  return migrate::enroll(world, TRY(account_argument(options.account)), wanted, sources);
}

struct Checked {
  std::string did_key;
  std::string made_for;
  std::string account;  // DID; empty: none was named
  std::vector<std::string> keys;
  std::optional<std::size_t> rank;
};

Result<Checked> check(Shell& shell, const KeyOptions& options) {
  World& world = shell.world();
  const account::RotationKey opened = TRY(account::open_key_file(
      world.fs, shell.absolute(options.file), shell.secret(options.passphrase, "ATBACKUP_PASSPHRASE"),
      world.prompter, Limits{}, world.stop));
  remember_key(shell, shell.absolute(options.file), opened);
  Checked result{opened.key.public_key().did_key(), opened.did, {}, {}, {}};
  if (options.account.empty()) return result;
  exporter::Context& context = *TRY(shell.context());
  const identity::Identity identity =
      TRY(context.resolver.resolve(TRY(account_argument(options.account)), context.stop));
  result.account = identity.did().str();
  if (!identity.log) return result;
  result.keys = identity.log->state().rotation_keys;
  const auto found = std::ranges::find(result.keys, result.did_key);
  if (found != result.keys.end()) result.rank = static_cast<std::size_t>(found - result.keys.begin());
  return result;
}

std::string words(const Checked& checked) {
  std::string text = "The file opens: " + checked.did_key + "\n";
  if (!checked.made_for.empty()) text += "It was made for " + printable(checked.made_for) + ".\n";
  if (checked.account.empty()) return text;
  if (!checked.rank) {
    text += "It is NOT among the rotation keys of " + checked.account + ", and cannot move it.\n";
  } else {
    text +=
        fmt::format("For {} it is {}.\n", checked.account, rank_words(*checked.rank, checked.keys.size()));
    if (*checked.rank != 0) text += "What it signs can be undone for 72 hours by those above it.\n";
  }
  for (const std::string& line : lines_about(checked.keys, checked.did_key)) text += line;
  return text;
}

}  // namespace

ExitCode run_key_new(Shell& shell, const KeyOptions& options) {
  const auto made = make(shell, options);
  if (!made) return shell.error(made.error());
  shell.text(fmt::format("A new rotation key, sealed in {}:\n  {}\n", made->path, made->did_key));
  shell.text(
      "It can do nothing yet: 'atbackup key enroll ACCOUNT --rotation-key FILE' puts it into an identity.\n");
  if (!made->sheet_shown)
    shell.tell(
        "There is no terminal to show the sheet on: this file is the only copy. Keep another of it.\n");
  return shell.summary(
      "key new", ExitCode::done,
      data::Object().set("file", made->path).set("key", made->did_key).set("sheet_shown", made->sheet_shown));
}

ExitCode run_key_enroll(Shell& shell, const KeyOptions& options) {
  const auto enrolled = enroll(shell, options);
  if (!enrolled) return shell.error(enrolled.error());
  shell.text(fmt::format("Your key is in the identity of {}: {}.\n", enrolled->did,
                         rank_words(enrolled->rank, enrolled->keys.size())));
  for (const std::string& line : lines_about(enrolled->keys, enrolled->key)) shell.text(line);
  shell.text(
      "Keep a backup too ('atbackup export'): key and backup together let you leave when the host is "
      "gone.\n");
  return shell.summary("key enroll", ExitCode::done,
                       data::Object()
                           .set("did", enrolled->did)
                           .set("host", enrolled->host)
                           .set("key", enrolled->key)
                           .set("rank", static_cast<std::int64_t>(enrolled->rank + 1))
                           .set("rotation_keys", array_of(enrolled->keys))
                           .set("operation", enrolled->operation));
}

ExitCode run_key_check(Shell& shell, const KeyOptions& options) {
  const auto checked = check(shell, options);
  if (!checked) return shell.error(checked.error());
  const bool of_use = checked->account.empty() || checked->rank;
  shell.text(words(*checked));
  data::Object details;
  details.set("key", checked->did_key).set("made_for", checked->made_for);
  if (!checked->account.empty()) {
    details.set("did", checked->account).set("rotation_keys", array_of(checked->keys));
    if (checked->rank) details.set("rank", static_cast<std::int64_t>(*checked->rank + 1));
  }
  return shell.summary("key check", of_use ? ExitCode::done : ExitCode::bad_key, details);
}

}  // namespace atb::cli
