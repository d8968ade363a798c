#include "core/migrate/plan.h"

#include "core/base/text.h"
#include "core/migrate/plan_parts.h"
#include "core/migrate/web_move.h"

#include <algorithm>

namespace atb::migrate {
namespace {

bool under_any(const std::string& handle, const std::vector<std::string>& domains) {
  auto parsed = syntax::Handle::parse(handle);
  return parsed &&
         std::ranges::any_of(domains, [&](const std::string& domain) { return parsed->is_under(domain); });
}

std::string list_of(const std::vector<std::string>& domains) {
  std::string text;
  for (const std::string& domain : domains) text += (text.empty() ? "" : ", ") + domain;
  return text;
}

Status plan_handle(const Observed& observed, const Wishes& wishes, Plan& plan) {
  // A new host takes a handle only if it leads to the account at that moment.
  const bool bound_to_old =
      under_any(observed.current_handle, observed.old_domains) || !observed.handle_resolves;
  if (!wishes.handle.empty()) {
    plan.handle = TRY(syntax::Handle::parse(wishes.handle)).str();
    if (under_any(plan.handle, observed.old_domains)) {
      return fail(ErrorKind::refused, "move.handle",
                  "the handle " + plan.handle + " belongs to the old host and cannot go along",
                  "choose one of the new host (" + list_of(observed.new_domains) +
                      ") or a domain of your own, with --handle");
    }
    if (!observed.wish_taken_by.empty()) {
      return fail(ErrorKind::refused, "move.handle_taken",
                  "the handle " + plan.handle + " belongs to another account, " + observed.wish_taken_by,
                  "choose another with --handle");
    }
    if (!under_any(plan.handle, observed.new_domains) && !observed.wish_resolves) {
      return fail(
          ErrorKind::refused, "move.handle_unresolved",
          "the handle " + plan.handle + " does not lead to this account, so the new host would refuse it",
          "set the TXT record _atproto." + plan.handle + " to did=" + observed.did.str() +
              ", or choose one of the new host (" + list_of(observed.new_domains) + ")");
    }
  } else if (!observed.current_handle.empty() && !bound_to_old) {
    plan.handle = observed.current_handle;
  } else if (!observed.new_domains.empty()) {
    const std::string first_label = observed.current_handle.substr(0, observed.current_handle.find('.'));
    if (!first_label.empty()) plan.suggested_handle = first_label + observed.new_domains.front();
  }
  plan.handle_changes = !plan.handle.empty() && plan.handle != observed.current_handle;
  return {};
}

Failure same_host(const Observed& observed) {
  return fail(ErrorKind::refused, "move.same_host", "the account lives on " + observed.new_host + " already",
              "name another host with --to");
}

// What makes everything else pointless.
Status check_way(const Observed& observed, const Wishes& wishes) {
  if (observed.old_host == observed.new_host) return same_host(observed);
  if (observed.plc) return {};
  if (wishes.recovery_key) return web_has_no_keys();
  return check_web(observed);
}

// Seen on the reference server: it lets the owner in, hands out what is the owner's, and signs a change of
// the identity; but it gives no token for another host (docs/leaving.md).
Failure taken_down(const Observed& observed) {
  const std::string did = observed.did.str();
  const std::string key =
      observed.plc ? "'atbackup key new FILE', 'atbackup key enroll " + did + " --rotation-key FILE', " : "";
  return fail(ErrorKind::refused, "move.taken_down",
              observed.old_host + " has taken the account down (" + observed.old_status +
                  "), and vouches for it no more",
              "it can leave with its backup" + std::string(observed.plc ? " and a key of your own: " : ": ") +
                  key + "'atbackup login " + did + " --allow-takendown', 'atbackup export " + did +
                  " -o FOLDER/', then the same migrate with --from FOLDER" +
                  (observed.plc ? " --rotation-key FILE" : ""));
}

Status check_account(const Observed& observed) {
  if (observed.old_active) return {};
  if (observed.old_status == "takendown" || observed.old_status == "suspended") return taken_down(observed);
  return fail(ErrorKind::refused, "move.old_inactive", "the account is not active on " + observed.old_host,
              "activate it there first; if the move was finished before, 'atbackup migrate status' tells");
}

Status check_target(const Observed& observed) {
  if (observed.phone_required) {
    return fail(
        ErrorKind::refused, "move.phone",
        observed.new_host +
            " makes accounts only with a telephone number or a captcha, which this program cannot give",
        "ask its operator for another way in, or choose another host");
  }
  // A host for one account has that account's DID; all others are did:web.
  if (observed.new_host_did.starts_with("did:plc:") && observed.new_host_did != observed.did.str()) {
    return fail(
        ErrorKind::refused, "move.host_of_one",
        observed.new_host + " serves a single account, and that is another one: " + observed.new_host_did,
        "set up a host for " + observed.did.str() + ", or choose another host with --to");
  }
  if (observed.new_status != "takendown" && observed.new_status != "suspended") return {};
  return fail(ErrorKind::refused, "move.account_exists",
              observed.new_host + " has an account of this DID already, and keeps it shut (" +
                  observed.new_status + ")",
              "ask its operator to open or delete it, or choose another host");
}

void note(Status status, Plan& plan) {
  if (!status) plan.obstacles.push_back(std::move(status).error());
}

}  // namespace

const plc::AuditedLog* log_of(const Observed& observed) {
  if (observed.log) return &*observed.log;
  return observed.leave && !observed.leave->web ? &observed.leave->log : nullptr;
}

Base base_of(const Observed& observed, const Plan& plan) {
  return likely_base(observed.leave->log, plan.contestable, observed.leave->key);
}

bool needs_claim(const Observed& observed, const Plan& plan) {
  const LeaveFacts& leave = *observed.leave;
  if (plan.returns) return false;  // whoever is let in already needs nobody to vouch for him
  if (leave.signing_key.empty() || leave.signing_key != leave.present_signer || plan.hostile_host)
    return true;
  return !leave.web && !base_of(observed, plan).undone.empty();
}

Plan draft_plan(const Observed& observed, const Wishes& wishes) {
  Plan plan;
  note(check_way(observed, wishes), plan);
  if (!plan.obstacles.empty()) return plan;
  check_history(observed, plan);
  note(check_account(observed), plan);
  note(check_target(observed), plan);
  if (observed.leave) note(check_leave(*observed.leave), plan);
  plan.returns = observed.new_knows_account && !observed.new_account_ours;
  if (plan.returns) {
    plan.warnings.push_back(return_words(observed));
  } else {
    note(plan_handle(observed, wishes, plan), plan);
  }
  plan.needs_invite = observed.invite_required && !wishes.has_invite && !plan.returns;
  if (observed.leave && !observed.leave->web && !observed.leave->key.empty()) {
    plan.contestable =
        contestable(observed.leave->log, observed.leave->key, observed.leave->now_us, wishes.answers);
  }
  plan.hostile_host = wishes.hostile_host;
  plan_changes(observed, wishes, plan);
  check_directory_rate(observed, plan);
  check_clocks(observed, plan);
  check_content(observed, plan);
  if (!observed.under_way_to.empty()) {
    plan.warnings.push_back(
        "A move of this account to " + observed.under_way_to +
        " is under way on this machine: 'atbackup migrate status' tells where it stands.");
  }
  plan.estimate = estimate(observed);
  plan_steps(observed, wishes, plan);
  return plan;
}

Result<Plan> make_plan(const Observed& observed, const Wishes& wishes) {
  Plan plan = draft_plan(observed, wishes);
  if (!plan.obstacles.empty()) return plan.obstacles.front();
  return plan;
}

std::vector<Error> unanswered(const Plan& plan, const Observed& observed) {
  std::vector<Error> open;
  if (plan.handle.empty() && !plan.returns) {
    open.emplace_back(
        ErrorKind::refused, "move.handle", "the present handle cannot go along to " + observed.new_host,
        "choose a new one with --handle" +
            (plan.suggested_handle.empty() ? std::string() : ", such as " + plan.suggested_handle));
  }
  if (plan.needs_invite) {
    open.emplace_back(ErrorKind::refused, "move.invite_needed",
                      observed.new_host + " makes accounts only with an invite code",
                      "ask its operator for one, and give it with --invite-code");
  }
  return open;
}

std::vector<Error> unanswered_operations(const Plan& plan) {
  std::vector<Error> open;
  for (const Contestable& one : plan.contestable) {
    if (one.answer == Answer::undo) break;  // what came after goes with it
    if (one.answer == Answer::open) open.push_back(unanswered(one));
  }
  return open;
}

}  // namespace atb::migrate
