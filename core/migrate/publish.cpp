#include "core/migrate/publish.h"

#include "core/base/text.h"
#include "core/data/json.h"
#include "core/migrate/identity_change.h"
#include "core/migrate/leave_plan.h"
#include "core/migrate/machine.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::migrate {
namespace {

// What the identity shall say once `reversal` is done.
Result<plc::State> state_after(const plc::AuditedLog& log, const plc::Reversal& reversal,
                               const std::string& key, const std::vector<std::string>& remove_keys) {
  plc::State state = log.entries[reversal.prev].operation.state();
  for (const std::string& gone : remove_keys) {
    if (gone == key) {
      return fail(ErrorKind::refused, "plc.remove_key", "the key to be removed is the one that signs",
                  "name the key of the one who did what is undone");
    }
    if (std::erase(state.rotation_keys, gone) == 0) {
      return fail(ErrorKind::refused, "plc.remove_key",
                  "the key to be removed is not among the rotation keys: " + printable(gone),
                  "'atbackup plc log' shows them");
    }
  }
  return state;
}

std::string list_of(const std::vector<std::size_t>& entries) {
  std::string list;
  for (const std::size_t entry : entries) list += (list.empty() ? "" : ", ") + std::to_string(entry + 1);
  return list;
}

// Who answers, and with what: the part that must be known before the fight is begun.
std::string describe_fight(const plc::AuditedLog& log, const plc::Reversal& reversal,
                           const plc::State& wanted, const std::string& key, std::int64_t now_us) {
  const plc::AuditedEntry& rogue = log.audit[reversal.entry];
  std::string text = fmt::format(
      "\nYour key stands above the one that signed it (rank {} against {}), so the directory must take "
      "your word against its holder's, until {}. After that nothing can undo it.\n",
      reversal.rank + 1, rogue.signer_rank + 1, os::rfc3339(reversal.until_us));
  if (reversal.undone.size() > 1) {
    text += fmt::format("What came after goes with it: operations {} are undone together.\n",
                        list_of(reversal.undone));
  }
  if (rank_of(wanted, rogue.signer)) {
    text +=
        "That key stays listed: its holder can sign the same again at once. You can undo that too, for "
        "72 hours each time, so look every day ('atbackup plc log'), or end it: leave that host, or take "
        "the key out with --remove-key " +
        rogue.signer + "\n";
  } else {
    text +=
        "That key is not listed any more after this: its holder can sign nothing further. If it is your "
        "host's, that host can no longer change your handle or help you to move; you do that with your "
        "own key.\n";
  }
  return text + who_can_undo(log.entries[reversal.prev].operation.state(), key, now_us);
}

std::string change_words(const plc::AuditedLog& log, std::size_t entry) {
  const auto prev = plc::previous_of(log, entry);
  const plc::State nothing;
  std::string text;
  for (const plc::Change& change : plc::diff(prev ? log.entries[*prev].operation.state() : nothing,
                                             log.entries[entry].operation.state())) {
    if (change.type != plc::Change::Type::kept) text += "  " + change.words + "\n";
  }
  if (log.entries[entry].operation.kind() == plc::Kind::tombstone)
    text += "  It gives the identity up for good.\n";
  return text.empty() ? "  nothing\n" : text;
}

class SignBase : public Step {
 public:
  std::string_view name() const override { return "sign"; }
  std::string_view title() const override { return "Agree on the change of identity"; }

  Result<Observation> observe(Move& move) override {
    const auto operation = TRY(operation_fact(move, fact::kSigned));
    if (!operation) return Observation{false, "not agreed to yet"};
    const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
    if (in_force(directory.log, operation->cid())) return Observation{true, "already in the directory"};
    if (still_fits(move, *operation, directory.log))
      return Observation{true, "signed: " + operation->cid().str()};
    return Observation{false, "the directory has a newer operation"};
  }

 protected:
  static Status keep(Move& move, const plc::Operation& operation, const std::string& undoes) {
    TRY(move.journal.set(fact::kUndoes, undoes));
    TRY(move.journal.set(fact::kOperation, operation.cid().str()));
    return move.journal.set(fact::kSigned, data::to_json(operation.json()));
  }
};

class AgreeToSigned final : public SignBase {
 public:
  explicit AgreeToSigned(const plc::Operation& operation) : operation_(operation) {}

  Status act(Move& move) override {
    const plc::AuditedLog log = TRY(log_to_build_on(move));
    const plc::Placement placement = TRY(plc::place(log, operation_, move.context.clock.wall_us()));
    TRY(plc::check_directory_limits(operation_));
    move.world.watcher.say(describe_operation(log, operation_, placement, move.context.clock.wall_us()));
    TRY(agree_to_change(move));
    const bool undoes = !placement.undoes.empty();
    return keep(move, operation_, undoes ? log.entries[placement.undoes.front()].cid.str() : "");
  }

 private:
  const plc::Operation& operation_;
};

class SignReversal final : public SignBase {
 public:
  SignReversal(std::string target, const std::vector<std::string>& remove_keys)
      : target_(std::move(target)), remove_keys_(remove_keys) {}

  Status act(Move& move) override {
    const plc::AuditedLog log = TRY(log_to_build_on(move));
    const std::string key = TRY(move.rotation_key())->public_key().did_key();
    const std::int64_t now_us = move.context.clock.wall_us();
    const plc::Reversal reversal = TRY(plc::plan_reversal(log, target_, key, now_us));
    const plc::State wanted = TRY(state_after(log, reversal, key, remove_keys_));
    const plc::Operation operation = TRY(sign_with_own_key(move, wanted, log, reversal.prev));
    move.world.watcher.say(
        describe_reversal(log, wanted, log.entries[reversal.entry].cid.str(), key, now_us));
    TRY(agree_to_change(move));
    return keep(move, operation, log.entries[reversal.entry].cid.str());
  }

 private:
  std::string target_;
  const std::vector<std::string>& remove_keys_;
};

class PublishOperation final : public Step {
 public:
  std::string_view name() const override { return kPointOfNoReturn; }
  std::string_view title() const override { return "Publish the change of identity"; }
  Result<Observation> observe(Move& move) override { return look_for_signed(move); }
  Status act(Move& move) override {
    const plc::Operation operation = TRY(signed_operation(move));
    TRY(move.context.resolver.submit(move.did, operation, move.stop()));
    return wait_until_in_force(move, operation.cid());
  }
};

Published outcome_of(const plc::AuditedLog& log, const ipld::Cid& operation, std::int64_t now_us) {
  Published published{.did = log.did.str(),
                      .operation = operation.str(),
                      .undone = {},
                      .keys = log.state().rotation_keys,
                      .can_be_undone = {}};
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    if (const auto by = plc::undone_by(log, i); by && log.entries[*by].cid == operation)
      published.undone.push_back(log.entries[i].cid.str());
    if (log.entries[i].cid != operation) continue;
    if (const auto undoing = plc::undoing_of(log, i, now_us))
      published.can_be_undone = os::rfc3339(undoing->until_us);
  }
  return published;
}

// The journal of this change: the one under way for the same request, or a new one.
Result<Journal> begin(const World& world, const MovePaths& paths, const syntax::Did& did,
                      const std::string& request, const Options& options) {
  Journal journal = TRY(Journal::open(paths.journal(), world.context.clock));
  if (journal.get(fact::kRequest) == request && !journal.has(fact::kFinished)) return journal;
  TRY(journal.forget_facts());
  TRY(journal.set(fact::kDid, did.str()));
  TRY(journal.set(fact::kRequest, request));
  TRY(journal.set(fact::kRotationFile, options.rotation_key));
  // What happened in earlier ones stays in the journal, and must not be taken for this one's.
  TRY(journal.write(kPointOfNoReturn, Phase::intended, "another change begins: " + request));
  return journal;
}

Result<Published> run(const World& world, const syntax::Did& did, const std::string& request,
                      const Options& options, const SecretSources& secrets, std::unique_ptr<Step> sign) {
  exporter::Context& context = world.context;
  const MovePaths paths = operation_paths(world.state_folder, did);
  TRY(context.fs.make_folders(paths.folder));
  const auto lock =
      TRY_CONTEXT("another 'atbackup plc' works on this account", context.fs.lock(paths.lock()));
  TRY(remove_leftovers(context.fs, paths));
  Journal journal = TRY(begin(world, paths, did, request, options));
  auto no_secrets = TRY(SecretsFile::open(context.fs, context.random, paths.secrets(), nullptr));
  const net::Url& directory = context.resolver.directory();  // no host has a part in this
  Move move(world, options, secrets, paths, did, std::move(journal), std::move(no_secrets), directory,
            directory);
  std::vector<std::unique_ptr<Step>> steps;
  steps.push_back(std::move(sign));
  steps.push_back(std::make_unique<PublishOperation>());
  TRY(run_steps(move, steps));
  const auto seen = TRY(context.resolver.fetch_log(did, context.stop));
  const plc::Operation operation = TRY(signed_operation(move));
  TRY(move.journal.set(fact::kFinished, os::rfc3339(context.clock.wall_us())));
  return outcome_of(seen.log, operation.cid(), context.clock.wall_us());
}

}  // namespace

std::string describe_reversal(const plc::AuditedLog& log, const plc::State& wanted, const std::string& target,
                              const std::string& key, std::int64_t now_us) {
  const auto reversal = plc::plan_reversal(log, target, key, now_us);
  if (!reversal) return {};
  const plc::AuditedEntry& rogue = log.audit[reversal->entry];
  return fmt::format("Operation {} of {} is to be undone. {} signed it, at rank {}, and it changed:\n{}\n",
                     reversal->entry + 1, os::rfc3339(rogue.created_us), printable(rogue.signer),
                     rogue.signer_rank + 1, change_words(log, reversal->entry)) +
         describe_change(log.state(), wanted) + describe_fight(log, *reversal, wanted, key, now_us);
}

std::string describe_operation(const plc::AuditedLog& log, const plc::Operation& operation,
                               const plc::Placement& placement, std::int64_t now_us) {
  std::string text = describe_change(log.state(), operation.state());
  if (operation.kind() == plc::Kind::tombstone)
    text += "It gives the identity up for good: nobody can ever use this account again.\n";
  text +=
      fmt::format("\nIt is signed by {}, rank {}.\n", printable(placement.signer), placement.signer_rank + 1);
  if (!placement.undoes.empty())
    text += fmt::format("It undoes operations of the log: {}.\n", list_of(placement.undoes));
  return text + who_can_undo(log.entries[placement.prev].operation.state(), placement.signer, now_us);
}

Result<plc::Operation> reversal_to_sign(const plc::AuditedLog& log, const std::string& target,
                                        const std::string& key, const std::vector<std::string>& remove_keys,
                                        std::int64_t now_us) {
  const plc::Reversal reversal = TRY(plc::plan_reversal(log, target, key, now_us));
  plc::State wanted = TRY(state_after(log, reversal, key, remove_keys));
  plc::Operation operation = plc::Operation::make(std::move(wanted), log.entries[reversal.prev].cid);
  TRY(plc::check_directory_limits(operation));
  return operation;
}

Result<Published> submit_operation(const World& world, const syntax::Did& did,
                                   const plc::Operation& operation, const Options& options) {
  const auto directory = TRY(world.context.resolver.fetch_log(did, world.context.stop));
  if (in_force(directory.log, operation.cid()))
    return outcome_of(directory.log, operation.cid(), world.context.clock.wall_us());
  return run(world, did, "submit " + operation.cid().str(), options, {},
             std::make_unique<AgreeToSigned>(operation));
}

Result<Published> revert_operation(const World& world, const syntax::Did& did, const std::string& target,
                                   const Options& options, const SecretSources& secrets) {
  std::string request = "revert " + target + " with " + options.rotation_key;
  for (const std::string& key : options.remove_keys) request += " without " + key;
  return run(world, did, request, options, secrets,
             std::make_unique<SignReversal>(target, options.remove_keys));
}

}  // namespace atb::migrate
