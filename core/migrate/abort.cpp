#include "core/migrate/abort.h"

#include "core/base/text.h"
#include "core/data/json.h"
#include "core/migrate/identity_change.h"
#include "core/migrate/leave.h"
#include "core/migrate/moves.h"
#include "core/migrate/returning.h"
#include "core/migrate/web_move.h"
#include "core/os/clock.h"

#include <algorithm>

namespace atb::migrate {
namespace {

// The identity names the key that this move has made.
bool names_temporary_key(const Move& move, const plc::AuditedLog& log) {
  if (log.tombstoned || !move.journal.has(fact::kTemporaryKey) || move.journal.has(fact::kHeldSigner))
    return false;
  const std::string* key = log.state().verification_method("atproto");
  return key != nullptr && *key == move.journal.get(fact::kTemporaryKey);
}

// The signing key before the claim. The journal has it; else the history does.
Result<std::string> former_key(const Move& move, const plc::AuditedLog& log) {
  if (move.journal.has(fact::kFormerSigner)) return move.journal.get(fact::kFormerSigner);
  for (std::size_t i = log.entries.size(); i-- > 0;) {
    if (log.audit[i].nullified) continue;
    const std::string* key = log.entries[i].operation.state().verification_method("atproto");
    if (key != nullptr && *key != move.journal.get(fact::kTemporaryKey)) return *key;
  }
  return fail(ErrorKind::not_found, "did.no_key",
              "the history of the identity names no signing key before the temporary one",
              "'atbackup migrate resume' is the way on");
}

class SignUndo final : public Step {
 public:
  std::string_view name() const override { return "undo-sign"; }
  std::string_view title() const override {
    return "Agree on putting the former signing key back, and sign it";
  }

  Result<Observation> observe(Move& move) override {
    const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
    if (!names_temporary_key(move, directory.log))
      return Observation{true, "the identity does not name the temporary key"};
    const auto undo = TRY(operation_fact(move, fact::kUndo));
    if (!undo) return Observation{false, "not signed yet"};
    if (undo->prev() == directory.log.head_cid()) return Observation{true, "signed: " + undo->cid().str()};
    return Observation{false, "the directory has a newer operation"};
  }

  Status act(Move& move) override {
    const plc::AuditedLog log = TRY(log_to_build_on(move));
    const plc::State& current = log.state();
    const std::string former = TRY(former_key(move, log));
    const plc::State wanted = TRY(plc::with_signing_key(current, former));
    move.world.watcher.say(describe_change(current, wanted));
    TRY(agree_to_change(move));
    const plc::Operation undo = TRY(sign_with_own_key(move, wanted, log, log.head));
    return move.journal.set(fact::kUndo, data::to_json(undo.json()));
  }
};

class PublishUndo final : public Step {
 public:
  std::string_view name() const override { return "undo-claim"; }
  std::string_view title() const override { return "Put the former signing key back"; }

  Result<Observation> observe(Move& move) override {
    const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
    const bool still = names_temporary_key(move, directory.log);
    return Observation{!still, still ? "the identity names the temporary key"
                                     : "head of the log: " + directory.log.head_cid().str()};
  }

  Status act(Move& move) override {
    const auto undo = TRY(operation_fact(move, fact::kUndo));
    if (!undo) return fail(ErrorKind::internal, "move.not_signed", "there is no signed operation to publish");
    TRY(move.context.resolver.submit(move.did, *undo, move.stop()));
    return wait_until_in_force(move, undo->cid());
  }
};

class GiveUp final : public Step {
 public:
  std::string_view name() const override { return "give-up"; }
  std::string_view title() const override { return "End the sessions, and remove the secrets of the move"; }

  Result<Observation> observe(Move& move) override {
    const bool tidy = !os::exists(move.context.fs, move.paths.secrets()) &&
                      TRY(move.old_host.session()) == nullptr && TRY(move.new_host.session()) == nullptr;
    return Observation{move.journal.has(fact::kAborted) && tidy,
                       tidy ? "no secrets are left" : "secrets are still there"};
  }

  Status act(Move& move) override {
    if (!move.journal.has(fact::kAborted))
      TRY(move.journal.set(fact::kAborted, os::rfc3339(move.context.clock.wall_us())));
    TRY(move.secrets.erase());
    TRY(remove_leftovers(move.context.fs, move.paths));
    TRY(move.old_host.forget(move.stop()));
    return move.new_host.forget(move.stop());
  }
};

std::vector<std::unique_ptr<Step>> abort_steps(bool undo_claim) {
  std::vector<std::unique_ptr<Step>> steps;
  if (undo_claim) {
    steps.push_back(std::make_unique<SignUndo>());
    steps.push_back(std::make_unique<PublishUndo>());
  }
  steps.push_back(std::make_unique<GiveUp>());
  return steps;
}

// The last time that this step was begun; empty: never.
std::optional<std::int64_t> last_begun(const std::vector<JournalEvent>& events, std::string_view step) {
  std::optional<std::int64_t> at;
  for (const JournalEvent& event : events) {
    if (event.step == step) at = event.at_us;
  }
  return at;
}

std::string who_can_revert(const plc::AuditedLog& log, const std::string& operation) {
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    if (log.entries[i].cid.str() != operation || log.audit[i].nullified) continue;
    const plc::AuditedEntry& entry = log.audit[i];
    if (entry.signer_rank == 0) return "No key stands above the one that signed the change.";
    return "A key that stood above number " + std::to_string(entry.signer_rank + 1) +
           " in the record before can revert the change until " +
           os::rfc3339(entry.created_us + plc::kRecoveryWindowUs) + ".";
  }
  return {};
}

Result<AbortFacts> observe_abort(Move& move) {
  const auto events = TRY(move.journal.events());
  AbortFacts facts;
  facts.old_host = move.old_host.host().origin();
  facts.new_host = move.new_host.host().origin();
  facts.web = is_web(move.journal);
  facts.handle = move.journal.get(fact::kHandle);
  facts.now_us = move.context.clock.wall_us();
  facts.account_made = last_begun(events, "create-account").has_value();
  facts.returned = returns(move.journal);
  facts.hostile = move.journal.has(fact::kHostile);
  facts.has_signed = move.journal.has(fact::kSigned);
  if (wants_recovery_key(move.journal) && move.journal.has(fact::kRecoveryKey))
    facts.recovery_file = move.journal.get(fact::kRecoveryPath);
  if (move.journal.has(fact::kFrom)) facts.backup = move.backup_path();
  facts.submitted = move.journal.has(fact::kFinished) || TRY(past_no_return(move.journal));
  const auto submit_us = last_begun(events, kPointOfNoReturn);
  const auto claim_us = last_begun(events, "claim");
  if (facts.web) {
    // A document may have been published as soon as it was written.
    if (!facts.has_signed && !move.journal.has(fact::kClaim)) return facts;
    const WebStanding seen = TRY(standing_of_web(move));
    facts.submitted = facts.submitted || seen.submitted;
    facts.claimed = seen.claimed;
    facts.submitted_undo = "Whoever holds the domain can publish the former document again.";
    return facts;
  }
  // Nothing was handed to anybody: no need to ask the directory.
  if (!submit_us && !claim_us && !facts.submitted) return facts;
  const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
  const auto is_in_force = [&](std::string_view name) -> Result<bool> {
    const auto operation = TRY(operation_fact(move, name));
    return operation && in_force(directory.log, operation->cid());
  };
  const bool submitted = TRY(is_in_force(fact::kSigned));
  const bool claim_arrived = TRY(is_in_force(fact::kClaim));
  facts.submitted = facts.submitted || submitted;
  facts.claimed = names_temporary_key(move, directory.log);
  facts.submitted_undo = who_can_revert(directory.log, move.journal.get(fact::kOperation));
  if (submit_us && !submitted) facts.handed_over_us = submit_us;
  if (claim_us && !claim_arrived && move.journal.has(fact::kClaim))
    facts.handed_over_us = std::max(facts.handed_over_us.value_or(0), *claim_us);
  return facts;
}

Status agree_to_abort(Move& move, const AbortPlan& plan) {
  std::string text = "The move of " + move.did.str() + " is given up:\n";
  for (const std::string& one : plan.will) text += "  " + printable(one) + "\n";
  text += "What stays:\n";
  for (const std::string& one : plan.left) text += "  " + printable(one) + "\n";
  move.world.watcher.say(text);
  if (move.options.yes) return {};
  if (!move.world.prompter.can_ask()) {
    return fail(ErrorKind::refused, "move.confirm", "nobody is there to agree to giving the move up",
                "in a script, give --yes");
  }
  if (TRY(move.world.prompter.confirm("Give this move up?"))) return {};
  return fail(ErrorKind::refused, "move.not_agreed", "you did not agree, and nothing was changed",
              "'atbackup migrate resume' goes on with the move");
}

}  // namespace

Result<Aborted> abort(const World& world, const std::optional<syntax::AtIdentifier>& account,
                      const Options& options, const SecretSources& secrets) {
  const auto moves = TRY(known_moves(world.context.fs, world.context.clock, world.state_folder));
  const Known* chosen = TRY(choose(moves, account));
  OpenMove open = TRY(open_move(world, chosen->paths, options, secrets));
  Move& move = *open.move;
  const bool begun = move.journal.has(fact::kAborting);
  const AbortFacts facts = TRY(observe_abort(move));
  AbortPlan plan;
  // Once the secrets are gone there is only the rest to be done.
  if (!move.journal.has(fact::kAborted)) plan = TRY(plan_abort(facts));
  if (!options.rotation_key.empty()) TRY(move.journal.set(fact::kRotationFile, options.rotation_key));
  if (!begun) {
    TRY(agree_to_abort(move, plan));
    TRY(move.journal.set(fact::kAborting, os::rfc3339(facts.now_us)));
    TRY(move.journal.set(fact::kNotes, join_lines(plan.left)));
  }
  TRY(run_steps(move, abort_steps(plan.undo_claim)));
  Aborted result;
  result.did = move.did.str();
  result.old_host = facts.old_host;
  result.new_host = facts.new_host;
  result.left = move.notes();
  result.identity_restored = move.journal.has(fact::kUndo);
  result.folder = TRY(set_aside(world.context, move.paths, "given-up." + move.journal.get(fact::kAborted)));
  return result;
}

}  // namespace atb::migrate
