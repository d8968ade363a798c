#include "core/migrate/moves.h"

namespace atb::migrate {
namespace {

Result<SecretsFile> open_secrets(const World& world, const SecretSources& sources, const MovePaths& paths,
                                 Journal& journal) {
  exporter::Context& context = world.context;
  std::optional<Secret> passphrase;
  const bool sealed = journal.get(fact::kSealed) == "yes" && os::exists(context.fs, paths.secrets());
  if (sealed || (account::is_set(sources.passphrase) && !journal.has(fact::kFinished))) {
    passphrase = TRY(account::obtain(sources.passphrase, "passphrase",
                                     "Passphrase of this move: ", context.fs, world.prompter, context.stop));
  }
  auto secrets = TRY(
      SecretsFile::open(context.fs, context.random, paths.secrets(), passphrase ? &*passphrase : nullptr));
  if (passphrase && journal.get(fact::kSealed) != "yes") TRY(journal.set(fact::kSealed, "yes"));
  return secrets;
}

constexpr std::string_view kGivenUp = ".given-up.";

// A move that is given up is over only when it has made room for the next one.
bool is_set_aside(const MovePaths& paths) { return paths.folder.find(kGivenUp) != std::string::npos; }

// Empty: killed before it began.
Result<std::optional<Known>> known_move(const MovePaths& paths, os::Clock& clock) {
  auto journal = TRY(Journal::open(paths.journal(), clock));
  if (!journal.has(fact::kNewHost)) return std::optional<Known>{};
  const bool finished = TRY(all_done(journal));
  return std::optional(Known{.paths = paths,
                             .did = journal.get(fact::kDid),
                             .account = journal.get(fact::kAccount),
                             .handle = journal.get(fact::kHandle),
                             .finished = finished,
                             .aborted = journal.has(fact::kAborted) && is_set_aside(paths),
                             .unreadable = {}});
}

bool names(const Known& known, const syntax::AtIdentifier& account) {
  return account.str() == known.did || account.str() == known.account || account.str() == known.handle;
}

}  // namespace

Result<std::string> set_aside(exporter::Context& context, const MovePaths& paths, std::string ending) {
  std::erase(ending, ':');
  std::string place = paths.folder + "." + ending;
  TRY(context.fs.rename(paths.folder, place));
  TRY(context.fs.sync_folder(os::parent_of(paths.folder)));
  return place;
}

Result<std::unique_ptr<os::FileLock>> lock_of(const World& world, const MovePaths& paths) {
  return TRY_CONTEXT("another 'atbackup migrate' is moving this account",
                     world.context.fs.lock(paths.lock()));
}

Result<OpenMove> open_move(const World& world, const MovePaths& paths, const Options& options,
                           const SecretSources& sources) {
  exporter::Context& context = world.context;
  OpenMove open;
  open.lock = TRY(lock_of(world, paths));
  TRY(remove_leftovers(context.fs, paths));
  auto journal = TRY(Journal::open(paths.journal(), context.clock));
  auto did = TRY(syntax::Did::parse(journal.get(fact::kDid)));
  auto secrets = TRY(open_secrets(world, sources, paths, journal));
  const net::Url old_url = TRY(net::Url::parse(journal.get(fact::kOldHost)));
  const net::Url new_url = TRY(net::Url::parse(journal.get(fact::kNewHost)));
  open.move = std::make_unique<Move>(world, options, sources, paths, did, std::move(journal),
                                     std::move(secrets), old_url, new_url);
  return open;
}

Result<std::vector<Known>> known_moves(os::FileSystem& fs, os::Clock& clock,
                                       const std::string& state_folder) {
  std::vector<Known> moves;
  const std::string folder = moves_folder(state_folder);
  if (!os::exists(fs, folder)) return moves;
  for (const std::string& name : TRY(fs.list(folder))) {
    const MovePaths paths{os::join(folder, name)};
    if (!os::exists(fs, paths.journal())) continue;
    auto known = known_move(paths, clock);
    if (!known) {
      moves.push_back({.paths = paths,
                       .did = {},
                       .account = {},
                       .handle = {},
                       .finished = false,
                       .aborted = false,
                       .unreadable = std::move(known).error()});
    } else if (*known) {
      moves.push_back(**std::move(known));
    }
  }
  return moves;
}

Result<const Known*> choose(const std::vector<Known>& moves,
                            const std::optional<syntax::AtIdentifier>& account) {
  const Known* chosen = nullptr;
  const Known* unreadable = nullptr;
  for (const Known& known : moves) {
    if (known.unreadable) {
      unreadable = &known;
      continue;
    }
    if (known.aborted || (account ? !names(known, *account) : known.finished)) continue;
    if (known.finished && chosen != nullptr) continue;
    if (chosen != nullptr && !chosen->finished) {
      return fail(ErrorKind::invalid_input, "move.several", "several moves are under way",
                  "name the account: atbackup migrate resume ACCOUNT");
    }
    chosen = &known;
  }
  if (chosen != nullptr) return chosen;
  if (unreadable != nullptr) {
    return Error(*unreadable->unreadable).while_("while reading the move in " + unreadable->paths.folder);
  }
  return fail(ErrorKind::not_found, "move.none", "no move is under way",
              "'atbackup migrate ACCOUNT --to URL' starts one");
}

}  // namespace atb::migrate
