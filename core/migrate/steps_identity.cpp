// The PLC operation: merged, shown, agreed to, signed by the old host, checked, published.
#include "core/data/json.h"
#include "core/migrate/host_ways.h"
#include "core/migrate/identity_change.h"
#include "core/migrate/leave.h"

namespace atb::migrate {
namespace {

class SignOperation final : public Step {
 public:
  std::string_view name() const override { return "sign"; }
  std::string_view title() const override { return "Agree on the change of identity, and have it signed"; }

  Result<Observation> observe(Move& move) override {
    const auto operation = TRY(operation_fact(move, fact::kSigned));
    if (!operation) return Observation{false, "not signed yet"};
    const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
    if (in_force(directory.log, operation->cid())) return Observation{true, "already in the directory"};
    const std::string own_key = move.journal.get(fact::kRecoveryKey);
    const auto& keys = operation->state().rotation_keys;
    if (!own_key.empty() && (keys.empty() || keys.front() != own_key))
      return Observation{false, "signed without the recovery key"};
    if (operation->prev() == directory.log.head_cid())
      return Observation{true, "signed: " + operation->cid().str()};
    return Observation{false, "the directory has a newer operation"};
  }

  Status act(Move& move) override {
    const plc::AuditedLog log = TRY(log_to_build_on(move));
    if (log.tombstoned)
      return fail(ErrorKind::gone, "did.tombstoned", "the DID has been given up: " + move.did.str());
    const plc::State& current = log.state();
    const plc::State wanted = TRY(propose(move, current));
    move.world.watcher.say(describe_change(current, wanted) + consequences(move, wanted));
    TRY(agree_to_change(move));
    const data::Value json = TRY(have_host_sign(move, wanted));
    const plc::Operation operation = TRY(plc::Operation::parse(json, move.context.limits));
    TRY(check_signed(operation, wanted, log));
    TRY(move.journal.set(fact::kOperation, operation.cid().str()));
    return move.journal.set(fact::kSigned, data::to_json(json));
  }

 private:
  static Result<plc::State> propose(Move& move, const plc::State& current) {
    plc::MoveRequest request;
    request.current = current;
    request.old_host =
        credentials_of(TRY(xrpc::get_recommended_credentials(TRY(move.old_host.client()), move.stop())));
    add_known_keys(request.old_host, move.old_host.host());
    request.new_host = TRY(new_host_credentials(move));
    request.recovery_key = move.journal.get(fact::kRecoveryKey);
    return merge_and_decide(move, std::move(request), {});
  }

  static std::string consequences(const Move& move, const plc::State& wanted) {
    const bool own_key_first =
        !wanted.rotation_keys.empty() && wanted.rotation_keys.front() == move.journal.get(fact::kRecoveryKey);
    std::string text = "\nAfter this, " + move.new_host.host().origin() + " holds your account, and " +
                       move.old_host.host().origin() +
                       " can no longer sign for it. It cannot be undone from here except by moving again.\n";
    text += own_key_first
                ? "With your recovery key you can undo any later change by the new host within 72 hours.\n"
                : "Without a recovery key of your own, only the new host can move the account on.\n";
    return text;
  }
};

class SubmitOperation final : public Step {
 public:
  std::string_view name() const override { return kPointOfNoReturn; }
  std::string_view title() const override {
    return "Publish the change of identity (the point of no return)";
  }

  Result<Observation> observe(Move& move) override { return look_for_signed(move); }

  Status act(Move& move) override {
    const plc::Operation operation = TRY(signed_operation(move));
    // Typing the code took time: what was written meanwhile still comes along.
    if (!without_old_host(move.journal)) {
      const auto catch_up = catch_up_step();
      if (!TRY(catch_up->observe(move)).satisfied) TRY(catch_up->act(move));
    }
    const Status handed =
        xrpc::submit_plc_operation(TRY(move.new_host.client()), operation.json(), move.stop());
    if (!handed) TRY(submit_after_all(move, operation, handed.error()));
    return wait_until_in_force(move, operation.cid());
  }
};

}  // namespace

std::unique_ptr<Step> sign_step() { return std::make_unique<SignOperation>(); }
std::unique_ptr<Step> submit_step() { return std::make_unique<SubmitOperation>(); }

}  // namespace atb::migrate
