// key list, key show: which key files there are, and what they are good for, without opening them.
#include "cli/commands/key_files.h"

#include "cli/commands/commands.h"
#include "core/account/key_file.h"
#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/crypto/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace atb::cli {
namespace {

// The same key in two places has the same; short enough to be read out.
std::string fingerprint_of(const std::string& did_key) {
  constexpr std::size_t kDigits = 16;
  const std::string digits = hex_encode(crypto::sha256(as_bytes(did_key))).substr(0, kDigits);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); i += 4) text += (i == 0 ? "" : " ") + digits.substr(i, 4);
  return text;
}

struct Standing {
  std::string did;
  std::string handle;
  std::size_t rank = 0;  // from 0
  std::size_t of = 0;
  std::string as_of;  // RFC 3339: of the last operation that was seen
};

// By the logs that were seen last; nobody is asked.
Result<std::vector<Standing>> standings_of(Shell& shell, const std::string& did_key) {
  std::vector<Standing> list;
  identity::WitnessStore& witnesses = *TRY(shell.witnesses());
  for (const syntax::Did& did : TRY(witnesses.dids())) {
    const auto logs = TRY(witnesses.of(did));
    if (logs.empty()) continue;
    const auto& entries = logs.front().entries;
    const auto head = std::ranges::find_if(entries.rbegin(), entries.rend(),
                                           [](const plc::LogEntry& one) { return !one.nullified; });
    if (head == entries.rend()) continue;
    const plc::State& state = head->operation.state();
    const auto& keys = state.rotation_keys;
    const auto place = std::ranges::find(keys, did_key);
    if (place == keys.end()) continue;
    list.push_back({did.str(), state.handle(), static_cast<std::size_t>(place - keys.begin()), keys.size(),
                    os::rfc3339(head->created_us)});
  }
  return list;
}

struct Listed {
  std::string file;
  std::string form;     // "sealed", "plain", "gone", "changed"
  std::string did_key;  // empty: only the passphrase tells
  std::string made_for;
  std::vector<Standing> standings;
};

std::string words_of(const Standing& one) {
  return fmt::format("  in {}{}: rank {} of {}{}, as of {}\n", one.did,
                     one.handle.empty() ? "" : " (" + printable(one.handle) + ")", one.rank + 1, one.of,
                     one.rank == 0 ? ", the highest" : "", one.as_of);
}

std::string words_of(const Listed& one) {
  std::string text = fmt::format("{}  {}\n", printable(one.file), one.form);
  if (one.did_key.empty()) {
    return text + "  which key it holds only its passphrase tells: 'atbackup key show FILE'\n";
  }
  text += fmt::format("  {}\n  fingerprint {}\n", one.did_key, fingerprint_of(one.did_key));
  if (!one.made_for.empty()) text += "  made for " + printable(one.made_for) + "\n";
  for (const Standing& standing : one.standings) text += words_of(standing);
  if (one.standings.empty())
    text += "  in no account that was seen from here ('atbackup key check FILE ACCOUNT' asks)\n";
  return text;
}

data::Object object_of(const Listed& one) {
  data::Array accounts;
  for (const Standing& standing : one.standings) {
    accounts.emplace_back(data::Object()
                              .set("did", standing.did)
                              .set("handle", standing.handle)
                              .set("rank", static_cast<std::int64_t>(standing.rank + 1))
                              .set("of", static_cast<std::int64_t>(standing.of))
                              .set("as_of", standing.as_of));
  }
  data::Object object;
  object.set("file", one.file).set("form", one.form);
  if (!one.did_key.empty()) object.set("key", one.did_key).set("fingerprint", fingerprint_of(one.did_key));
  return object.set("made_for", one.made_for).set("accounts", std::move(accounts));
}

// What can be told of a file without its passphrase. Empty: it is no key file.
Result<std::optional<Listed>> look_at(Shell& shell, account::KnownKeys& known, const std::string& path) {
  const auto file = account::KeyFile::read(shell.world().fs, path);
  if (!file || !file->claims_to_be_key()) return std::optional<Listed>();
  Listed one{path, file->sealed() ? "sealed" : "plain", {}, {}, {}};
  if (const auto seen = TRY(known.find(path))) {
    one.did_key = seen->did_key;
    one.made_for = seen->made_for;
  } else if (!file->sealed()) {
    const auto opened = TRY(file->open(Secret(), Limits{}));
    remember_key(shell, path, opened);
    one.did_key = opened.key.public_key().did_key();
  }
  if (!one.did_key.empty()) one.standings = TRY(standings_of(shell, one.did_key));
  return std::optional(std::move(one));
}

Result<std::vector<Listed>> list_keys(Shell& shell, const std::string& folder) {
  os::FileSystem& fs = shell.world().fs;
  account::KnownKeys known = TRY(known_keys(shell));
  std::vector<Listed> list;
  std::set<std::string> listed;
  if (!folder.empty()) {
    const std::string path = shell.absolute(folder);
    for (const std::string& name : TRY(fs.list(path))) {
      const auto info = fs.stat(os::join(path, name));
      if (!info || info->type != os::FileInfo::Type::file) continue;
      auto one = TRY(look_at(shell, known, os::join(path, name)));
      if (!one) continue;
      listed.insert(one->file);
      list.push_back(*std::move(one));
    }
  }
  for (const account::KnownKey& key : TRY(known.list())) {
    if (listed.contains(key.path)) continue;
    const bool there = os::exists(fs, key.path);
    if (there) {
      const auto now = known.find(key.path);
      if (now && *now && (*now)->hash == key.hash) {
        if (auto one = TRY(look_at(shell, known, key.path))) {
          listed.insert(key.path);
          list.push_back(*std::move(one));
          continue;
        }
      }
    }
    Listed one{key.path, there ? "changed" : "gone", key.did_key, key.made_for, {}};
    one.standings = TRY(standings_of(shell, key.did_key));
    list.push_back(std::move(one));
  }
  return list;
}

Result<Listed> show(Shell& shell, const KeyOptions& options) {
  World& world = shell.world();
  const std::string path = shell.absolute(options.file);
  account::KnownKeys known = TRY(known_keys(shell));
  const auto file = TRY(account::KeyFile::read(world.fs, path));
  auto one = TRY(look_at(shell, known, path));
  if (one && !one->did_key.empty() && !options.sheet) return *std::move(one);
  if (options.sheet && !world.prompter.can_ask()) {
    return fail(ErrorKind::refused, "key.no_terminal",
                "the sheet holds the key itself, and is shown only on a terminal",
                "run the command where you can read it");
  }
  const account::RotationKey opened =
      TRY(account::open_key_file(world.fs, path, shell.secret(options.passphrase, "ATBACKUP_PASSPHRASE"),
                                 world.prompter, Limits{}, world.stop));
  remember_key(shell, path, opened);
  const std::string whose = opened.did.empty() ? "" : "for " + opened.did;
  if (options.sheet) account::show_key_sheet(world.prompter, opened.key, whose, path);
  Listed shown{path, file.sealed() ? "sealed" : "plain", opened.key.public_key().did_key(), opened.did, {}};
  shown.standings = TRY(standings_of(shell, shown.did_key));
  return shown;
}

}  // namespace

Result<account::KnownKeys> known_keys(Shell& shell) {
  const std::string folder = os::join(TRY(shell.state_folder()), "key-files");
  return account::KnownKeys(shell.world().fs, shell.world().random, folder);
}

void remember_key(Shell& shell, const std::string& path, const account::RotationKey& opened) {
  auto known = known_keys(shell);
  if (!known) return;
  const auto kept =
      known->remember(path, opened.key.public_key().did_key(), opened.did, shell.world().clock.wall_us());
  if (!kept) {
    shell.log().write(LogLevel::detail, "key",
                      "which key lies in " + path + " could not be noted: " + kept.error().message);
  }
}

ExitCode run_key_list(Shell& shell, const KeyOptions& options) {
  const auto list = list_keys(shell, options.file);
  if (!list) return shell.error(list.error());
  for (const Listed& one : *list) {
    shell.object(object_of(one).set("type", "key"));
    shell.text(words_of(one));
  }
  if (list->empty())
    shell.text(
        "No key files are known here. 'atbackup key new FILE' makes one; 'atbackup key list FOLDER' "
        "looks in a folder.\n");
  return shell.summary("key list", ExitCode::done,
                       data::Object().set("keys", static_cast<std::int64_t>(list->size())));
}

ExitCode run_key_show(Shell& shell, const KeyOptions& options) {
  const auto shown = show(shell, options);
  if (!shown) return shell.error(shown.error());
  shell.text(words_of(*shown));
  return shell.summary("key show", ExitCode::done, object_of(*shown));
}

}  // namespace atb::cli
