#include "core/migrate/aftercare.h"

#include "core/migrate/late.h"
#include "core/migrate/leave.h"
#include "core/migrate/machine.h"

namespace atb::migrate {
namespace {

bool is_done(const std::string& phase) {
  return phase == name_of(Phase::observed) || phase == name_of(Phase::skipped);
}

// The identity names it, and it serves the account to nobody. A host that cannot be asked is left alone.
Result<bool> new_host_holds_it_back(Move& move) {
  const auto status = xrpc::get_repo_status(move.new_host.anonymous(), move.did, move.stop());
  if (!status) {
    if (status.error().kind == ErrorKind::cancelled) return status.error();
    return status.error().id == "xrpc.repo_deactivated";
  }
  return !status->active && status->status == "deactivated";
}

// What was written there has been told and decided about, or is told now.
Result<bool> late_is_open(Move& move) {
  if (move.options.bring_late) return true;
  if (without_old_host(move.journal)) return !move.journal.has(fact::kLateHead);
  return !is_done(TRY(move.journal.last_phase("late-posts")));
}

}  // namespace

Status run_aftercare(Move& move) {
  std::vector<std::unique_ptr<Step>> steps;
  const identity::Identity identity = TRY(fetch_identity(move));
  const bool still_there = identity.document.host == move.new_host.host().origin();
  if (still_there && TRY(new_host_holds_it_back(move))) {
    steps.push_back(log_in_new_step());
    steps.push_back(activate_step());
    steps.push_back(fresh_commit_step());
  }
  // Where the account has moved on since, the old host of then may be the one of now.
  if (identity.document.host != move.old_host.host().origin()) {
    steps.push_back(deactivate_old_step());
    if (still_there && TRY(late_is_open(move))) steps.push_back(late_records_step());
  }
  steps.push_back(finish_step());
  TRY(run_all(move, steps));
  // What a move without the old host says of it at its end.
  if (is_done(TRY(move.journal.last_phase("deactivate-old"))) && move.journal.has(fact::kLateHead))
    TRY(move.forget_notes(kOldHostLeftAlone));
  return {};
}

}  // namespace atb::migrate
