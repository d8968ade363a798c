// Leaving a host that is not asked: the backup, the temporary key, both operations signed by the user's key.
#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/car/reader.h"
#include "core/data/json.h"
#include "core/migrate/asking.h"
#include "core/migrate/backup_proof.h"
#include "core/migrate/fight.h"
#include "core/migrate/identity_change.h"
#include "core/migrate/leave.h"
#include "core/migrate/observation.h"
#include "core/migrate/returning.h"
#include "core/verify/verify.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::migrate {
namespace {

class NewCredentials final : public Step {
 public:
  std::string_view name() const override { return "new-credentials"; }
  std::string_view title() const override { return "Choose e-mail address and password for the new host"; }
  Result<Observation> observe(Move& move) override {
    if (returns(move.journal)) return look_at_return(move);
    if (!move.journal.has(fact::kEmail)) return Observation{false, "no e-mail address yet"};
    if (move.secrets.get(SecretsFile::kNewPassword) == nullptr)
      return Observation{false, "no new password yet"};
    return Observation{true, "both are kept"};
  }
  Status act(Move& move) override {
    if (returns(move.journal)) return enter_account_there(move);
    if (!move.journal.has(fact::kEmail)) TRY(settle_email(move, {}));
    return settle_new_password(move);
  }
};

class ProveBackup final : public Step {
 public:
  std::string_view name() const override { return "prove-backup"; }
  std::string_view title() const override { return "Prove the backup"; }

  Result<Observation> observe(Move& move) override {
    if (!move.journal.has(fact::kBackupCommit)) return Observation{false, "not proven yet"};
    auto source = backup::open_backup(move.context.fs, move.backup_path());
    if (!source) return Observation{false, source.error().message};
    const auto car = TRY((*source)->open_car());
    const auto stream = stream_of(*car);
    const auto reader = car::Reader::open(*stream, move.context.limits);
    const bool same = reader && reader->header().roots.front().str() == move.journal.get(fact::kBackupCommit);
    return Observation{same, same ? "commit " + move.journal.get(fact::kBackupCommit)
                                  : "another commit than the one that was proven lies there"};
  }

  Status act(Move& move) override {
    auto source = TRY(backup::open_backup(move.context.fs, move.backup_path()));
    const verify::Options options{.expected_did = move.did,
                                  .key = {},
                                  .now_us = move.context.clock.wall_us(),
                                  .limits = move.context.limits};
    verify::Verdict verdict =
        TRY(verify::verify_backup(*source, options, move.context.progress, move.stop()));
    TRY(check_findings(verdict.report, move.allowed_missing(), move.backup_path(),
                       [&](const Finding& finding) { move.world.watcher.finding(finding); }));
    if (move.did.is_web()) {
      TRY(check_key(verdict.proof, nullptr, move.backup_path()));
    } else {
      const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
      TRY(check_key(verdict.proof, &directory.log, move.backup_path()));
    }
    move.report.merge(lasting(verdict.report));
    TRY(move.journal.set(fact::kBackupData, verdict.proof.commit->data.str()));
    return move.journal.set(fact::kBackupCommit, verdict.proof.commit_cid.str());
  }

 private:
  // What is known and allowed to be missing stays missing: told again at the end. That the key is a former
  // one by then is only natural.
  static Report lasting(const Report& report) {
    Report kept;
    for (const Finding& finding : report.findings()) {
      if (finding.severity == Severity::missing && finding.id == "blob.missing") kept.add(finding);
    }
    return kept;
  }
};

// Once the account is made, whoever vouched for it is not needed any more: a move that began with the old
// host can go on without it from there.
Result<std::optional<Observation>> account_is_there(Move& move) {
  const Observation seen = TRY(look_for_account(move));
  if (!seen.satisfied) return std::optional<Observation>();
  return std::optional(Observation{true, "not needed: " + seen.detail});
}

class KeepTemporaryKey final : public Step {
 public:
  std::string_view name() const override { return "temporary-key"; }
  std::string_view title() const override {
    return "Keep a signing key safe, by which the new host knows you";
  }

  Result<Observation> observe(Move& move) override {
    if (move.journal.has(fact::kTemporaryKey) && move.secrets.get(SecretsFile::kTemporaryKey) != nullptr)
      return Observation{true, move.journal.get(fact::kTemporaryKey)};
    if (auto done = TRY(account_is_there(move))) return *std::move(done);
    return Observation{false, "no key yet"};
  }

  // One that a killed run has left is as good as a new one, and may already be published.
  Status act(Move& move) override {
    if (move.secrets.get(SecretsFile::kTemporaryKey) == nullptr && move.journal.has(fact::kSigningFile)) {
      const crypto::PrivateKey own =
          TRY(account::read_signing_key(move.context.fs, move.journal.get(fact::kSigningFile)));
      TRY(move.journal.set(fact::kHeldSigner, "yes"));
      TRY(move.secrets.put(SecretsFile::kTemporaryKey, own.scalar_hex()));
    } else if (move.secrets.get(SecretsFile::kTemporaryKey) == nullptr) {
      TRY(move.journal.set(fact::kHeldSigner, ""));
      const auto made = TRY(crypto::PrivateKey::generate(crypto::Curve::k256, move.context.random));
      const Secret hex = made.scalar_hex();
      TRY(move.secrets.put(SecretsFile::kTemporaryKey, hex));
    }
    const crypto::PrivateKey key = TRY(temporary_key(move));
    return move.journal.set(fact::kTemporaryKey, key.public_key().did_key());
  }
};

// The key is held against the log as it is now, each time before it signs.
Result<LeaveFacts> checked_facts(Move& move, const plc::AuditedLog& log) {
  LeaveFacts facts{.log = log};
  facts.now_us = move.context.clock.wall_us();
  facts.key = TRY(move.rotation_key())->public_key().did_key();
  facts.backup = move.backup_path();
  TRY(check_leave(facts));
  return facts;
}

// The first operation, if it names the key that is at hand: another one, whose secrets were lost, is of no
// use.
Result<std::optional<plc::Operation>> claim_of(const Move& move) {
  auto claim = TRY(operation_fact(move, fact::kClaim));
  if (!claim) return claim;
  const std::string* key = claim->state().verification_method("atproto");
  if (key == nullptr || *key != move.journal.get(fact::kTemporaryKey)) claim.reset();
  return claim;
}

// What is known for certain to be the old host's: it said so itself when the user's key was enrolled here.
std::vector<std::string> known_host_keys(Move& move) {
  plc::HostCredentials keys;
  keys.rotation_keys =
      keys_told_at_enrolment(move.context, move.world.state_folder, move.did, move.old_host.host());
  add_known_keys(keys, move.old_host.host());
  return keys.rotation_keys;
}

class SignClaim final : public Step {
 public:
  std::string_view name() const override { return "claim-sign"; }
  std::string_view title() const override {
    return "Agree on the first change of identity, and sign it with your key";
  }

  Result<Observation> observe(Move& move) override {
    const auto claim = TRY(claim_of(move));
    const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
    if (claim && in_force(directory.log, claim->cid())) return Observation{true, "already in the directory"};
    if (auto done = TRY(account_is_there(move))) return *std::move(done);
    if (claim_is_needless(move, directory.log))
      return Observation{true, "not needed: the identity names your signing key"};
    if (!claim) return Observation{false, "not signed yet"};
    if (still_fits(move, *claim, directory.log)) return Observation{true, "signed: " + claim->cid().str()};
    return Observation{false, "the directory has a newer operation"};
  }

  Status act(Move& move) override {
    const plc::AuditedLog log = TRY(log_to_build_on(move));
    const LeaveFacts facts = TRY(checked_facts(move, log));
    const Base base = TRY(settle_base(move, log));
    if (claim_is_needless(move, log)) return {};
    const std::vector<std::string> host_keys = known_host_keys(move);
    const plc::State before =
        TRY(without_hostile_keys(move, state_at(move, log, base, host_keys), host_keys, log));
    const plc::State& follows = log.entries[base.entry].operation.state();
    const plc::State wanted = TRY(plc::with_signing_key(before, move.journal.get(fact::kTemporaryKey)));
    move.world.watcher.say(describe_change(log.state(), wanted) + describe_undoing(log, base, facts.now_us) +
                           describe_hostility(move, follows, wanted) + consequences(move, facts, follows));
    TRY(agree_to_change(move));
    const plc::Operation operation = TRY(sign_with_own_key(move, wanted, log, base.entry));
    const std::string* former = before.verification_method("atproto");
    if (former != nullptr && !move.journal.has(fact::kFormerSigner))
      TRY(move.journal.set(fact::kFormerSigner, *former));
    return move.journal.set(fact::kClaim, data::to_json(operation.json()));
  }

 private:
  static std::string consequences(const Move& move, const LeaveFacts& facts, const plc::State& before) {
    return "\nThis takes the account out of the hands of " + move.old_host.host().origin() +
           ": what it signs from now on counts nowhere. The temporary key lies in " + move.paths.folder +
           " until the new host has its own in place; the account cannot be used until then. You are asked "
           "once more before the new host is named.\n" +
           who_can_undo(before, facts.key, facts.now_us);
  }
};

class Claim final : public Step {
 public:
  std::string_view name() const override { return "claim"; }
  std::string_view title() const override { return "Publish the temporary signing key"; }

  Result<Observation> observe(Move& move) override {
    const auto claim = TRY(claim_of(move));
    if (claim || move.journal.has(fact::kHeldSigner)) {
      const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
      if (claim && in_force(directory.log, claim->cid()))
        return Observation{true, "in the directory: " + claim->cid().str()};
      if (claim_is_needless(move, directory.log))
        return Observation{true, "not needed: the identity names your signing key"};
    }
    if (auto done = TRY(account_is_there(move))) return *std::move(done);
    return Observation{false, claim ? "not in the directory" : "not signed"};
  }

  Status act(Move& move) override {
    const auto claim = TRY(claim_of(move));
    if (!claim)
      return fail(ErrorKind::internal, "move.not_signed", "there is no signed operation to publish");
    TRY(move.context.resolver.submit(move.did, *claim, move.stop()));
    return wait_until_in_force(move, claim->cid());
  }
};

class SignByKey final : public Step {
 public:
  std::string_view name() const override { return "sign"; }
  std::string_view title() const override {
    return "Agree on the second change of identity, and sign it with your key";
  }

  Result<Observation> observe(Move& move) override {
    const auto operation = TRY(operation_fact(move, fact::kSigned));
    if (!operation) return Observation{false, "not signed yet"};
    const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
    if (in_force(directory.log, operation->cid())) return Observation{true, "already in the directory"};
    // Signed by the old host before it died, and without the user's key in the first place: anew.
    const std::string own_key = move.journal.get(fact::kRotationKey);
    const auto& keys = operation->state().rotation_keys;
    if (own_key.empty() || std::ranges::find(keys, own_key) == keys.end())
      return Observation{false, "signed without your key"};
    if (still_fits(move, *operation, directory.log))
      return Observation{true, "signed: " + operation->cid().str()};
    return Observation{false, "the directory has a newer operation"};
  }

  Status act(Move& move) override {
    const plc::AuditedLog log = TRY(log_to_build_on(move));
    const LeaveFacts facts = TRY(checked_facts(move, log));
    const Base base = TRY(settle_base(move, log));
    plc::MoveRequest request;
    request.current = state_at(move, log, base, {});
    request.old_host = TRY(old_host_keys(move));
    request.new_host = TRY(new_host_credentials(move));
    request.user_keys = {facts.key};
    request.recovery_key = move.journal.get(fact::kRecoveryKey);
    const plc::State wanted = TRY(merge_and_decide(
        move, std::move(request), [&](const std::string& key) { return about_key(log, key); }));
    move.world.watcher.say(describe_change(log.state(), wanted) + describe_undoing(log, base, facts.now_us) +
                           consequences(move, facts, log.entries[base.entry].operation.state()));
    TRY(agree_to_change(move));
    const plc::Operation operation = TRY(sign_with_own_key(move, wanted, log, base.entry));
    TRY(move.journal.set(fact::kOperation, operation.cid().str()));
    return move.journal.set(fact::kSigned, data::to_json(operation.json()));
  }

 private:
  static Result<plc::HostCredentials> old_host_keys(Move& move) {
    plc::HostCredentials keys;
    keys.rotation_keys = known_host_keys(move);
    keys.signing_key = move.journal.get(fact::kFormerSigner);
    return keys;
  }

  static std::string consequences(const Move& move, const LeaveFacts& facts, const plc::State& before) {
    return "\nAfter this, " + move.new_host.host().origin() +
           " holds your account. With your key, which is above its own, you can undo any later change by it "
           "within 72 hours, and leave it as you leave now.\n" +
           who_can_undo(before, facts.key, facts.now_us);
  }
};

class LeaveOldAlone final : public Step {
 public:
  std::string_view name() const override { return "deactivate-old"; }
  std::string_view title() const override { return "The old host is left alone"; }
  bool must_hold() const override { return false; }
  Result<Observation> observe(Move& move) override {
    TRY(move.note(
        std::string(kOldHostLeftAlone) + move.old_host.host().origin() +
        ", which was not asked for anything. If that host comes back, 'atbackup migrate resume " +
        move.did.str() +
        "' deactivates it there, and shows what it has that the backup lacked; until then it may go on "
        "showing the old account, which nobody needs to heed any more."));
    return Observation{true, "not possible without it"};
  }
  Status act(Move&) override { return {}; }
};

}  // namespace

std::unique_ptr<Step> new_credentials_step() { return std::make_unique<NewCredentials>(); }
std::unique_ptr<Step> prove_backup_step() { return std::make_unique<ProveBackup>(); }
std::unique_ptr<Step> temporary_key_step() { return std::make_unique<KeepTemporaryKey>(); }
std::unique_ptr<Step> sign_claim_step() { return std::make_unique<SignClaim>(); }
std::unique_ptr<Step> claim_step() { return std::make_unique<Claim>(); }
std::unique_ptr<Step> sign_by_key_step() { return std::make_unique<SignByKey>(); }
std::unique_ptr<Step> leave_old_alone_step() { return std::make_unique<LeaveOldAlone>(); }

}  // namespace atb::migrate
