// What abort can still do. Pure.
#include "core/base/text.h"
#include "core/migrate/abort.h"
#include "core/os/clock.h"

namespace atb::migrate {

Result<AbortPlan> plan_abort(const AbortFacts& facts) {
  if (facts.submitted) {
    return fail(ErrorKind::refused, "abort.too_late",
                "the identity names " + facts.new_host + " already: giving up does not bring it back",
                "the way on is 'atbackup migrate resume'. " + facts.submitted_undo);
  }
  if (facts.handed_over_us && facts.now_us < *facts.handed_over_us + kOnItsWayUs) {
    return fail(
        ErrorKind::refused, "abort.wait",
        "a change of the identity was handed over a short while ago, and may still arrive in the directory",
        "run the command again after " + os::rfc3339(*facts.handed_over_us + kOnItsWayUs));
  }
  AbortPlan plan;
  plan.undo_claim = facts.claimed && !facts.web;
  if (facts.claimed && facts.web) {
    plan.left.emplace_back(
        "Your document names a temporary key, which is removed now: publish the former document again, or "
        "the "
        "account cannot be used.");
  } else if (facts.claimed) {
    plan.will.emplace_back(
        "Your rotation key puts the former signing key back into the identity, in place of the temporary "
        "one. You "
        "see the change and agree to it.");
    plan.left.push_back("The identity names " + facts.old_host +
                        " as before. If that host is gone, the account cannot be used until it is moved.");
    if (facts.hostile) {
      plan.left.emplace_back(
          "The keys of that host stay out of the identity: it can change nothing there any more, not even "
          "when you ask it to. It signs posts as before.");
    }
  } else {
    plan.left.push_back("The account is on " + facts.old_host + " as before; its identity was not changed.");
  }
  plan.will.emplace_back(
      "The sessions of this move are ended, its passwords and keys are removed from this machine, and its "
      "journal is "
      "put aside.");
  if (facts.returned) {
    plan.left.push_back("On " + facts.new_host +
                        " the account that was there before stays, inactive, with what was copied into it. A "
                        "later move there goes on with it.");
  } else if (facts.account_made) {
    plan.left.push_back(
        "On " + facts.new_host + " an account that was never active stays" +
        (facts.handle.empty() ? std::string() : " (" + facts.handle + ")") +
        ". It harms nothing. A later move there goes on with it: give the same password. To have it "
        "deleted, ask that host: it mails a code for it.");
  }
  if (facts.has_signed)
    plan.left.emplace_back(
        facts.web
            ? "The document that was written for you to publish is of no use any more: do not publish it."
            : "The change of identity that was signed is forgotten; nobody has published it.");
  if (!facts.recovery_file.empty()) {
    plan.left.push_back("The recovery key in " + facts.recovery_file +
                        " is in no identity and can do nothing. Keep it for the next time, or remove it.");
  }
  if (!facts.backup.empty()) plan.left.push_back("The backup stays: " + facts.backup);
  return plan;
}

}  // namespace atb::migrate
