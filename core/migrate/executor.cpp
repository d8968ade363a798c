// Runs the steps: observe, skip what is so, journal the intent, act, observe again. See machine.h.
#include "core/migrate/late.h"
#include "core/migrate/leave.h"
#include "core/migrate/machine.h"
#include "core/migrate/move.h"
#include "core/migrate/waiting.h"
#include "core/migrate/web_move.h"

#include <algorithm>
#include <array>

namespace atb::migrate {
namespace {

class Execution {
 public:
  Execution(Move& move, Step& step, std::size_t number, std::size_t of)
      : move_(move), step_(step), number_(number), of_(of) {}

  Status run() {
    TRY(check_stop(move_.stop()));
    Observation before = TRY(observe());
    if (before.satisfied) return note(Phase::skipped, before.detail);
    TRY(note(Phase::intended, before.detail));
    Status acted = step_.act(move_);
    if (acted) {
      TRY(note(Phase::tried, ""));
    } else {
      TRY(note(Phase::failed, acted.error().id + ": " + acted.error().message));
      if (!may_have_happened(acted.error())) return acted;
    }
    // A lost reply cannot be told from a lost request: what counts is what is true now.
    auto after = observe();
    if (!after) return acted ? Status(std::unexpected(std::move(after).error())) : acted;
    if (after->satisfied) return note(Phase::observed, after->detail);
    if (!acted) return acted;
    return fail(
        ErrorKind::remote, "move.not_confirmed",
        "the host said yes, but it is not so: " + std::string(step_.title()) + " (" + after->detail + ")",
        "nothing further was done; run the same command to look again");
  }

 private:
  Result<Observation> observe() {
    auto seen = step_.observe(move_);
    if (!seen)
      return std::unexpected(std::move(seen).error().while_("while looking whether this is done: " +
                                                            std::string(step_.title())));
    return seen;
  }

  static bool may_have_happened(const Error& error) {
    switch (error.kind) {
      case ErrorKind::network:
      case ErrorKind::timeout:
      case ErrorKind::remote:
      case ErrorKind::conflict:
      case ErrorKind::not_found:
        return true;
      default:
        return false;
    }
  }

  Status note(Phase phase, std::string detail) {
    TRY(move_.journal.write(step_.name(), phase, detail));
    move_.world.watcher.step({number_, of_, step_.name(), step_.title(), phase, std::move(detail)});
    return {};
  }

  Move& move_;
  Step& step_;
  std::size_t number_;
  std::size_t of_;
};

}  // namespace

Result<bool> past_no_return(Journal& journal) {
  const std::string phase = TRY(journal.last_phase(kPointOfNoReturn));
  return phase == name_of(Phase::observed) || phase == name_of(Phase::skipped);
}

Result<bool> all_done(Journal& journal) {
  if (!journal.has(fact::kFinished)) return false;
  const std::string phase = TRY(journal.last_phase("finish"));
  return phase == name_of(Phase::observed) || phase == name_of(Phase::skipped);
}

std::vector<std::unique_ptr<Step>> steps_of(const Journal& journal) {
  return steps_of(without_old_host(journal), is_web(journal));
}

std::vector<std::unique_ptr<Step>> steps_of(bool alone, bool web) {
  std::vector<std::unique_ptr<Step>> steps;
  if (alone) {
    steps.push_back(new_credentials_step());
    steps.push_back(prove_backup_step());
    steps.push_back(temporary_key_step());
    steps.push_back(web ? write_first_document_step() : sign_claim_step());
    steps.push_back(web ? first_publication_step() : claim_step());
  } else {
    steps.push_back(log_in_old_step());
    if (!web) steps.push_back(recovery_key_step());
    steps.push_back(back_up_step());
  }
  steps.push_back(create_account_step());
  steps.push_back(log_in_new_step());
  steps.push_back(import_step());
  steps.push_back(blobs_step());
  steps.push_back(preferences_step());
  if (!alone) steps.push_back(catch_up_step());
  if (web) {
    steps.push_back(write_document_step());
    steps.push_back(publication_step());
  } else {
    steps.push_back(alone ? sign_by_key_step() : sign_step());
    steps.push_back(submit_step());
  }
  steps.push_back(activate_step());
  steps.push_back(alone ? leave_old_alone_step() : deactivate_old_step());
  if (!alone) steps.push_back(late_records_step());
  steps.push_back(fresh_commit_step());
  steps.push_back(proof_step());
  steps.push_back(finish_step());
  return steps;
}

namespace {

// Before the point of no return everything is looked at again: the world may have changed. After it only what
// comes after, and the session that this needs. A finished move is only tidied up.
bool to_be_run(std::string_view name, bool past, bool finished) {
  if (finished) return name == "finish";
  if (!past) return true;
  static constexpr std::array<std::string_view, 7> kAfter = {
      "log-in-new", "activate", "deactivate-old", "late-posts", "fresh-commit", "proof", "finish"};
  return std::ranges::find(kAfter, name) != kAfter.end();
}

bool is_limited(const Status& status) { return !status && status.error().kind == ErrorKind::rate_limited; }

Status run_step(Move& move, Step& step, std::size_t number, std::size_t of) {
  Status done = Execution(move, step, number, of).run();
  while (move.options.wait && is_limited(done)) {
    TRY(wait_out(move, done.error()));
    done = Execution(move, step, number, of).run();
  }
  if (is_limited(done)) done = come_back_later(move, std::move(done).error());
  const std::string not_done = std::string(step.title()) + ": not done";
  if (done) return move.forget_notes(not_done);
  if (step.must_hold() || done.error().kind == ErrorKind::cancelled) {
    return std::unexpected(std::move(done).error().while_("while doing: " + std::string(step.title())));
  }
  TRY(move.forget_notes(not_done));  // an older reason
  return move.note(not_done + " (" + done.error().message + "); 'atbackup migrate resume " + move.did.str() +
                   "' tries again.");
}

}  // namespace

Status run_steps(Move& move, const std::vector<std::unique_ptr<Step>>& steps) {
  const bool past = TRY(past_no_return(move.journal));
  const bool finished = move.journal.has(fact::kFinished);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (to_be_run(steps[i]->name(), past, finished)) TRY(run_step(move, *steps[i], i + 1, steps.size()));
  }
  return {};
}

Status run_all(Move& move, const std::vector<std::unique_ptr<Step>>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) TRY(run_step(move, *steps[i], i + 1, steps.size()));
  return {};
}

}  // namespace atb::migrate
