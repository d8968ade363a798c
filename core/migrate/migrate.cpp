#include "core/migrate/migrate.h"

#include "core/migrate/aftercare.h"
#include "core/migrate/leave.h"
#include "core/migrate/machine.h"
#include "core/migrate/moves.h"
#include "core/migrate/web_move.h"

namespace atb::migrate {
namespace {

// A run that was killed between publishing and noting it: the directory knows. The old host may be gone by
// now, and nothing before this point needs it any more.
Status look_at_submission(Move& move) {
  // A document that the user publishes may be there before the program looks for it.
  const bool begun = !TRY(move.journal.last_phase(kPointOfNoReturn)).empty() ||
                     (is_web(move.journal) && move.journal.has(fact::kSigned));
  if (!begun || TRY(past_no_return(move.journal))) return {};
  const auto submit = is_web(move.journal) ? publication_step() : submit_step();
  const Observation seen = TRY(submit->observe(move));
  if (!seen.satisfied) return {};
  return move.journal.write(kPointOfNoReturn, Phase::observed, seen.detail);
}

Result<Outcome> run(OpenMove open, bool again = false) {
  Move& move = *open.move;
  if (again && move.journal.has(fact::kFinished)) {
    TRY(run_aftercare(move));
  } else {
    TRY(look_at_submission(move));
    TRY(observe_and_plan(move));
    TRY(run_steps(move, steps_of(move.journal)));
  }
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
  TRY(set_aside(world.context, paths, old.move->journal.get(fact::kFinished)));
  return world.context.fs.make_folders(paths.folder);
}

// What was to be given up is given up first.
Status check_not_aborting(const Journal& journal) {
  if (!journal.has(fact::kAborting)) return {};
  return fail(ErrorKind::refused, "move.aborting", "this move is being given up, and that is not done yet",
              "finish it with 'atbackup migrate abort'");
}

// The old host may die at any time: a move that began with it goes on without it, and never back.
Status note_way(Journal& journal, const Options& options) {
  if (!options.from.empty()) TRY(journal.set(fact::kFrom, options.from));
  if (!options.rotation_key.empty()) TRY(journal.set(fact::kRotationFile, options.rotation_key));
  TRY(check_leaving_options(options, without_old_host(journal)));
  if (!options.signing_key.empty()) TRY(journal.set(fact::kSigningFile, options.signing_key));
  if (options.hostile_host) TRY(journal.set(fact::kHostile, "yes"));
  return {};
}

// Writes down what is to be moved and where to. True: it was there already.
Result<bool> begin(const World& world, const MovePaths& paths, const syntax::AtIdentifier& account,
                   const identity::Identity& identity, const std::string& target, const Options& options) {
  const auto lock = TRY(lock_of(world, paths));
  auto journal = TRY(Journal::open(paths.journal(), world.context.clock));
  TRY(check_not_aborting(journal));
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
  one.aborting = journal.has(fact::kAborting);
  if (known.aborted) one.aborted = journal.get(fact::kAborted);
  one.past_no_return = TRY(past_no_return(journal));
  one.claimed = TRY(journal.last_phase("claim")) == name_of(Phase::observed);
  one.events = TRY(journal.events());
  if (known.finished) one.notes = lines_of(journal.get(fact::kNotes));
  if (known.over()) return one;
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
  TRY(check_not_aborting(open.move->journal));
  if (!chosen->finished) TRY(note_way(open.move->journal, options));
  // One that is only to be tidied up is no finished one yet.
  return run(std::move(open), chosen->finished);
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
