#include "core/migrate/enroll.h"

#include "core/data/json.h"
#include "core/migrate/asking.h"
#include "core/migrate/identity_change.h"
#include "core/migrate/leave_plan.h"
#include "core/migrate/machine.h"
#include "core/migrate/plan.h"
#include "core/plc/forks.h"

#include <algorithm>

namespace atb::migrate {
namespace {

// Where the key stands in `keys` once it is put at `rank`.
std::size_t place_at(std::size_t rank, const plc::State& state, const std::string& key) {
  const std::size_t others = state.rotation_keys.size() - (rank_of(state, key) ? 1 : 0);
  return std::min(rank, others);
}

bool is_enrolled(const plc::State& state, const std::string& key, std::size_t rank) {
  return rank_of(state, key) == place_at(rank, state, key);
}

class LogIn final : public Step {
 public:
  std::string_view name() const override { return "log-in"; }
  std::string_view title() const override { return "Log in on the account's host"; }
  Result<Observation> observe(Move& move) override {
    if (TRY(move.old_host.works(move.stop()))) return Observation{true, "session works"};
    return Observation{false, "no session"};
  }
  Status act(Move& move) override { return move.old_host.keep(TRY(log_in_on_old_host(move))); }
};

class SignEnrolment : public Step {
 public:
  std::string_view name() const override { return "sign"; }
  std::string_view title() const override { return "Agree on the change of identity, and have it signed"; }

  Result<Observation> observe(Move& move) override {
    const auto operation = TRY(operation_fact(move, fact::kSigned));
    if (!operation) return Observation{false, "not signed yet"};
    const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
    if (in_force(directory.log, operation->cid())) return Observation{true, "already in the directory"};
    if (operation->prev() == directory.log.head_cid())
      return Observation{true, "signed: " + operation->cid().str()};
    return Observation{false, "the directory has a newer operation"};
  }

  Status act(Move& move) override {
    const plc::AuditedLog log = TRY(log_to_build_on(move));
    const std::string key = move.journal.get(fact::kRotationKey);
    const plc::State& current = log.state();
    const plc::State wanted = TRY(plc::with_rotation_key(current, key, move.options.rank));
    TRY(prepare(move, log));
    move.world.watcher.say(describe_change(current, wanted) + consequences(wanted, key) +
                           who_signs(log, move.context.clock.wall_us()));
    TRY(agree_to_change(move));
    const plc::Operation operation = TRY(signed_one(move, wanted, log));
    TRY(move.journal.set(fact::kOperation, operation.cid().str()));
    return move.journal.set(fact::kSigned, data::to_json(operation.json()));
  }

 protected:
  virtual Status prepare(Move& move, const plc::AuditedLog& log) = 0;
  // A sentence for the person, or nothing.
  virtual std::string who_signs(const plc::AuditedLog& log, std::int64_t now_us) const = 0;
  virtual Result<plc::Operation> signed_one(Move& move, const plc::State& wanted,
                                            const plc::AuditedLog& log) = 0;

 private:
  static std::string consequences(const plc::State& wanted, const std::string& key) {
    std::string text =
        "\nNothing else changes: the account stays where it is, and works as before. From now on you can "
        "move it "
        "with this key, even when its host is gone.\n";
    if (rank_of(wanted, key) == std::size_t{0}) {
      text += "As the first key it can undo, within 72 hours, whatever any other key signs.\n";
    } else {
      text += "Keys above it can undo for 72 hours what it signs.\n";
    }
    return text +
           "Whoever gets hold of the key can take the account: keep its file and its sheet apart and safe.\n";
  }
};

class SignByHost final : public SignEnrolment {
 protected:
  // For the day when the host is gone and cannot be asked which of the keys are its own.
  Status prepare(Move& move, const plc::AuditedLog& log) override {
    plc::HostCredentials host;
    if (TRY(move.old_host.is_shut())) {
      // It does not tell then. What came with the change that named it is in all likelihood its own.
      const std::string likely = likely_host_key(log, log.head);
      if (!likely.empty()) host.rotation_keys = {likely};
    } else {
      host = credentials_of(TRY(xrpc::get_recommended_credentials(TRY(move.old_host.client()), move.stop())));
    }
    std::erase(host.rotation_keys, move.journal.get(fact::kRotationKey));
    return move.journal.set(fact::kOldKeys, join_lines(host.rotation_keys));
  }
  std::string who_signs(const plc::AuditedLog&, std::int64_t) const override { return {}; }
  Result<plc::Operation> signed_one(Move& move, const plc::State& wanted,
                                    const plc::AuditedLog& log) override {
    const data::Value json = TRY(have_host_sign(move, wanted));
    plc::Operation operation = TRY(plc::Operation::parse(json, move.context.limits));
    TRY(check_signed(operation, wanted, log));
    return operation;
  }
};

Status check_listed(const plc::AuditedLog& log, const std::string& key) {
  if (rank_of(log.state(), key)) return {};
  return fail(
      ErrorKind::refused, "key.not_listed",
      "the key that shall sign is not among the rotation keys of this account: " + key,
      "give with --signed-by the file of one that is listed ('atbackup plc log' shows them), or leave "
      "that out: then the host signs");
}

class SignByHeldKey final : public SignEnrolment {
 public:
  explicit SignByHeldKey(const crypto::PrivateKey& key)
      : key_(key), public_key_(key.public_key().did_key()) {}

 protected:
  Status prepare(Move&, const plc::AuditedLog& log) override { return check_listed(log, public_key_); }
  std::string who_signs(const plc::AuditedLog& log, std::int64_t now_us) const override {
    return "\nIt is signed by " + public_key_ + ", and the host is not asked.\n" +
           who_can_undo(log.state(), public_key_, now_us);
  }
  Result<plc::Operation> signed_one(Move& move, const plc::State& wanted,
                                    const plc::AuditedLog& log) override {
    plc::Operation operation = plc::Operation::make(wanted, log.head_cid());
    TRY(operation.sign(key_));
    TRY(plc::place(log, operation, move.context.clock.wall_us()));
    return operation;
  }

 private:
  const crypto::PrivateKey& key_;
  std::string public_key_;
};

class SubmitEnrolment final : public Step {
 public:
  explicit SubmitEnrolment(bool by_host) : by_host_(by_host) {}
  std::string_view name() const override { return kPointOfNoReturn; }
  std::string_view title() const override { return "Publish the change of identity"; }

  Result<Observation> observe(Move& move) override { return look_for_signed(move); }

  Status act(Move& move) override {
    const plc::Operation operation = TRY(signed_operation(move));
    // A host that has taken the account down signs, and does not publish.
    if (by_host_ && !TRY(move.old_host.is_shut())) {
      TRY(xrpc::submit_plc_operation(TRY(move.old_host.client()), operation.json(), move.stop()));
    } else {
      TRY(move.context.resolver.submit(move.did, operation, move.stop()));
    }
    return wait_until_in_force(move, operation.cid());
  }

 private:
  bool by_host_;
};

// `held`: null when the host signs.
std::vector<std::unique_ptr<Step>> enrolment_steps(const crypto::PrivateKey* held) {
  std::vector<std::unique_ptr<Step>> steps;
  if (held == nullptr) {
    steps.push_back(std::make_unique<LogIn>());
    steps.push_back(std::make_unique<SignByHost>());
  } else {
    steps.push_back(std::make_unique<SignByHeldKey>(*held));
  }
  steps.push_back(std::make_unique<SubmitEnrolment>(held == nullptr));
  steps.push_back(finish_step());
  return steps;
}

// The host is only named where it is not asked for anything: an identity may name none.
Result<std::string> host_of(const World& world, const identity::Identity& identity, const Options& options) {
  const auto host = present_host(identity, options);
  if (host) return host->origin();
  if (options.signed_by.empty()) return host.error();
  return world.context.resolver.directory().origin();
}

// The journal of this enrolment: the one under way for the same key, place, host and signer, or a new one.
Result<Journal> begin(const World& world, const MovePaths& paths, const identity::Identity& identity,
                      const Options& options, const std::string& key) {
  Journal journal = TRY(Journal::open(paths.journal(), world.context.clock));
  const std::string origin = TRY(host_of(world, identity, options));
  const std::string rank = std::to_string(options.rank);
  const bool same = journal.get(fact::kRotationKey) == key && journal.get(fact::kRank) == rank &&
                    journal.get(fact::kOldHost) == origin &&
                    journal.get(fact::kRotationFile) == options.signed_by && !journal.has(fact::kFinished);
  if (same) return journal;
  const std::string host_keys = journal.get(fact::kOldHost) == origin ? journal.get(fact::kOldKeys) : "";
  TRY(journal.forget_facts());
  TRY(journal.set(fact::kDid, identity.did().str()));
  TRY(journal.set(fact::kOldHost, origin));
  TRY(journal.set(fact::kNewHost, origin));
  TRY(journal.set(fact::kRotationKey, key));
  TRY(journal.set(fact::kRank, rank));
  TRY(journal.set(fact::kRotationFile, options.signed_by));
  if (!host_keys.empty()) TRY(journal.set(fact::kOldKeys, host_keys));
  // What happened in earlier enrolments stays in the journal, and must not be taken for this one's.
  TRY(journal.write(kPointOfNoReturn, Phase::intended, "another enrolment begins: " + key));
  return journal;
}

Result<Enrolled> outcome_of(Move& move) {
  const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
  const plc::State& state = directory.log.state();
  const std::string key = move.journal.get(fact::kRotationKey);
  return Enrolled{.did = move.did.str(),
                  .host = move.old_host.host().origin(),
                  .key = key,
                  .rank = rank_of(state, key).value_or(0),
                  .keys = state.rotation_keys,
                  .operation = move.journal.get(fact::kOperation)};
}

// Opened before anything else: a key whose passphrase is forgotten must not get into an identity.
Result<crypto::PrivateKey> open_key(const World& world, const std::string& path, const syntax::Did& did,
                                    const account::SecretSource& passphrase) {
  const exporter::Context& context = world.context;
  account::RotationKey opened =
      TRY(account::open_key_file(context.fs, path, passphrase, world.prompter, context.limits, context.stop));
  if (!opened.did.empty() && opened.did != did.str()) {
    return fail(ErrorKind::refused, "key.other_account",
                path + " was made for another account, " + opened.did,
                "make another key with 'atbackup key new'");
  }
  return std::move(opened.key);
}

}  // namespace

Result<Enrolled> enroll(const World& world, const syntax::AtIdentifier& account, const Options& options,
                        const SecretSources& secrets) {
  exporter::Context& context = world.context;
  const identity::Identity identity = TRY(context.resolver.resolve(account, context.stop));
  if (!identity.log) {
    return fail(ErrorKind::refused, "move.did_web",
                identity.did().str() + " is a did:web, which has no rotation keys",
                "its document is yours to publish: whoever holds the domain holds the account");
  }
  const crypto::PrivateKey opened =
      TRY(open_key(world, options.rotation_key, identity.did(), secrets.passphrase));
  const std::string key = opened.public_key().did_key();
  const bool enrolled = is_enrolled(identity.log->state(), key, options.rank);
  std::optional<crypto::PrivateKey> held;
  if (!options.signed_by.empty() && !enrolled) {
    const bool own = account::is_set(secrets.signer_passphrase);
    held = TRY(open_key(world, options.signed_by, identity.did(),
                        own ? secrets.signer_passphrase : secrets.passphrase));
    TRY(check_listed(*identity.log, held->public_key().did_key()));
  }
  const MovePaths paths = enrolment_paths(world.state_folder, identity.did());
  TRY(context.fs.make_folders(paths.folder));
  const auto lock =
      TRY_CONTEXT("another 'atbackup key enroll' works on this account", context.fs.lock(paths.lock()));
  TRY(remove_leftovers(context.fs, paths));
  Journal journal = TRY(begin(world, paths, identity, options, key));
  const net::Url host = TRY(net::Url::parse(journal.get(fact::kOldHost)));
  auto no_secrets = TRY(SecretsFile::open(context.fs, context.random, paths.secrets(), nullptr));
  Move move(world, options, secrets, paths, identity.did(), std::move(journal), std::move(no_secrets), host,
            host);
  if (!enrolled) {
    TRY(run_steps(move, enrolment_steps(held ? &*held : nullptr)));
    return outcome_of(move);
  }
  // So already, perhaps by a run that was killed before it could note it: its session is still there.
  std::vector<std::unique_ptr<Step>> tidy;
  tidy.push_back(finish_step());
  TRY(run_steps(move, tidy));
  return outcome_of(move);
}

}  // namespace atb::migrate
