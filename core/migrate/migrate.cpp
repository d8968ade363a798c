#include "core/migrate/migrate.h"

#include "core/migrate/leave.h"
#include "core/migrate/machine.h"
#include "core/migrate/move.h"

namespace atb::migrate {
namespace {

struct OpenMove {
  std::unique_ptr<os::FileLock> lock;
  std::unique_ptr<Move> move;
  bool resumed = false;
};

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

// A finished move makes room for the next one of the same account; its journal and backup are kept beside it.
Status set_aside(exporter::Context& context, const MovePaths& paths, const Journal& journal) {
  std::string when = journal.get(fact::kFinished);
  std::erase(when, ':');
  TRY(context.fs.rename(paths.folder, paths.folder + "." + when));
  return context.fs.sync_folder(os::parent_of(paths.folder));
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

// A run that was killed between publishing and noting it: the directory knows. The old host may be gone by
// now, and nothing before this point needs it any more.
Status look_at_submission(Move& move) {
  const std::string phase = TRY(move.journal.last_phase(kPointOfNoReturn));
  if (phase.empty() || TRY(past_no_return(move.journal))) return {};
  const auto submit = submit_step();
  const Observation seen = TRY(submit->observe(move));
  if (!seen.satisfied) return {};
  return move.journal.write(kPointOfNoReturn, Phase::observed, seen.detail);
}

Result<Outcome> run(OpenMove open) {
  Move& move = *open.move;
  TRY(look_at_submission(move));
  TRY(observe_and_plan(move));
  TRY(run_steps(move, steps_of(move.journal)));
  Outcome outcome;
  outcome.did = move.did.str();
  outcome.old_host = move.old_host.host().origin();
  outcome.new_host = move.new_host.host().origin();
  outcome.handle = move.journal.get(fact::kHandle);
  outcome.folder = move.paths.folder;
  outcome.backup = move.backup_path();
  outcome.data = move.journal.get(fact::kBackupData);
  outcome.operation = move.journal.get(fact::kOperation);
  if (const auto head = read_head(move, move.new_host)) {
    outcome.commit = head->cid.str();
    outcome.same_tree = head->commit.data.str() == outcome.data;
  }
  outcome.resumed = open.resumed;
  outcome.notes = move.notes();
  if (move.journal.get(fact::kRecoveryPath) == "none") {
    outcome.notes.emplace_back(
        "No recovery key was made: only the new host can move the account on. --recovery-key-out makes one "
        "at the next move.");
  }
  outcome.report = std::move(move.report);
  return outcome;
}

// What an earlier, finished move left in the folder is put aside for the next one; when that was killed while
// it tidied up, its secrets go first. The same command again after a move that is done is no new move.
Status make_room(const World& world, const MovePaths& paths, const identity::Identity& identity,
                 const std::string& target, const Options& options, const SecretSources& secrets) {
  {
    const auto lock = TRY(lock_of(world, paths));
    const auto journal = TRY(Journal::open(paths.journal(), world.context.clock));
    if (!journal.has(fact::kFinished)) return {};
    if (journal.get(fact::kNewHost) == target && identity.document.host == target) return {};
  }
  const OpenMove old = TRY(open_move(world, paths, options, secrets));
  TRY(run_steps(*old.move, steps_of(old.move->journal)));
  TRY(set_aside(world.context, paths, old.move->journal));
  return world.context.fs.make_folders(paths.folder);
}

// The old host may die at any time: a move that began with it goes on without it, and never back.
Status note_way(Journal& journal, const Options& options) {
  if (!options.from.empty()) TRY(journal.set(fact::kFrom, options.from));
  if (!options.rotation_key.empty()) TRY(journal.set(fact::kRotationFile, options.rotation_key));
  return {};
}

// Writes down what is to be moved and where to. True: it was there already.
Result<bool> begin(const World& world, const MovePaths& paths, const syntax::AtIdentifier& account,
                   const identity::Identity& identity, const std::string& target, const Options& options) {
  const auto lock = TRY(lock_of(world, paths));
  auto journal = TRY(Journal::open(paths.journal(), world.context.clock));
  if (journal.get(fact::kAgreed) == "yes") {
    if (journal.get(fact::kNewHost) == target) {
      TRY(note_way(journal, options));
      return true;
    }
    return fail(ErrorKind::refused, "move.other_target",
                "a move of this account to " + journal.get(fact::kNewHost) + " is under way",
                "go on with 'atbackup migrate resume'");
  }
  // A plan that nobody agreed to, such as one for a mistyped host, binds nobody.
  if (os::exists(world.context.fs, paths.secrets())) TRY(world.context.fs.remove(paths.secrets()));
  TRY(journal.forget_facts());
  const net::Url host = TRY(present_host(identity, options));
  TRY(journal.set(fact::kDid, identity.did().str()));
  TRY(journal.set(fact::kAccount, account.str()));
  TRY(journal.set(fact::kOldHost, host.origin()));
  TRY(journal.set(fact::kNewHost, target));
  TRY(note_way(journal, options));
  return false;
}

struct Known {
  MovePaths paths;
  std::string did;
  std::string account;
  std::string handle;
  bool finished = false;            // and tidied up
  std::optional<Error> unreadable;  // then nothing above but the paths is known
};

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
                             .unreadable = {}});
}

// One journal that cannot be read hides no other move.
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
                       .unreadable = std::move(known).error()});
    } else if (*known) {
      moves.push_back(**std::move(known));
    }
  }
  return moves;
}

bool names(const Known& known, const syntax::AtIdentifier& account) {
  return account.str() == known.did || account.str() == known.account || account.str() == known.handle;
}

}  // namespace

Result<Outcome> start(const World& world, const syntax::AtIdentifier& account, const Options& options,
                      const SecretSources& secrets) {
  exporter::Context& context = world.context;
  const net::Url new_url = TRY(host_url(options.to));
  const identity::Identity identity = options.from.empty()
                                          ? TRY(context.resolver.resolve(account, context.stop))
                                          : TRY(identity_of_backup(context, account, options.from));
  const MovePaths paths = paths_of(world.state_folder, identity.did());
  TRY(context.fs.make_folders(paths.folder));
  TRY(make_room(world, paths, identity, new_url.origin(), options, secrets));
  const bool resumed = TRY(begin(world, paths, account, identity, new_url.origin(), options));
  OpenMove open = TRY(open_move(world, paths, options, secrets));
  open.resumed = resumed;
  return run(std::move(open));
}

namespace {

Result<const Known*> choose(const std::vector<Known>& moves,
                            const std::optional<syntax::AtIdentifier>& account) {
  const Known* chosen = nullptr;
  const Known* unreadable = nullptr;
  for (const Known& known : moves) {
    if (known.unreadable) {
      unreadable = &known;
      continue;
    }
    if (account ? !names(known, *account) : known.finished) continue;
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

MoveStatus unreadable_status(const Known& known) {
  MoveStatus one;
  one.folder = known.paths.folder;
  one.unreadable = known.unreadable;
  return one;
}

Result<MoveStatus> status_of(const Known& known, os::Clock& clock) {
  auto journal = TRY(Journal::open(known.paths.journal(), clock));
  MoveStatus one;
  one.did = known.did;
  one.account = known.account;
  one.old_host = journal.get(fact::kOldHost);
  one.new_host = journal.get(fact::kNewHost);
  one.folder = known.paths.folder;
  if (known.finished) one.finished = journal.get(fact::kFinished);
  one.past_no_return = TRY(past_no_return(journal));
  one.claimed = TRY(journal.last_phase("claim")) == name_of(Phase::observed);
  one.events = TRY(journal.events());
  if (known.finished) return one;
  for (const auto& step : steps_of(journal)) {
    const std::string phase = TRY(journal.last_phase(step->name()));
    if (phase == name_of(Phase::observed) || phase == name_of(Phase::skipped)) continue;
    if (!step->must_hold() && phase == name_of(Phase::failed)) continue;
    one.next_step = step->name();
    one.next_title = step->title();
    break;
  }
  return one;
}

}  // namespace

Result<Outcome> resume(const World& world, const std::optional<syntax::AtIdentifier>& account,
                       const Options& options, const SecretSources& secrets) {
  const auto moves = TRY(known_moves(world.context.fs, world.context.clock, world.state_folder));
  const Known* chosen = TRY(choose(moves, account));
  OpenMove open = TRY(open_move(world, chosen->paths, options, secrets));
  open.resumed = true;
  if (!chosen->finished) TRY(note_way(open.move->journal, options));
  return run(std::move(open));
}

Result<std::vector<MoveStatus>> status(os::FileSystem& fs, os::Clock& clock,
                                       const std::string& state_folder) {
  std::vector<MoveStatus> list;
  for (const Known& known : TRY(known_moves(fs, clock, state_folder))) {
    list.push_back(known.unreadable ? unreadable_status(known) : TRY(status_of(known, clock)));
  }
  return list;
}

}  // namespace atb::migrate
