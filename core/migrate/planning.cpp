// Looks at both hosts, makes the plan, and asks what only the person knows.
#include "core/base/text.h"
#include "core/migrate/fight.h"
#include "core/migrate/leave.h"
#include "core/migrate/observation.h"
#include "core/migrate/web_move.h"

namespace atb::migrate {
namespace {

std::string wished_handle(const Move& move) {
  return move.options.handle.empty() ? move.journal.get(fact::kHandle) : move.options.handle;
}

Result<Observed> observe_for(Move& move, const identity::Identity& identity,
                             xrpc::ServerDescription& target) {
  Looking looking{.context = move.context,
                  .identity = identity,
                  .old_host = move.old_host.host(),
                  .new_host = move.new_host.host(),
                  .alone = without_old_host(move.journal),
                  .wished_handle = wished_handle(move),
                  .allowed_missing = move.allowed_missing(),
                  .told_keys = keys_told_at_enrolment(move.context, move.world.state_folder, move.did,
                                                      move.old_host.host())};
  looking.account_ours = !TRY(move.journal.last_phase("create-account")).empty();
  if (looking.alone) looking.backup = move.backup_path();
  if (looking.alone && move.journal.has(fact::kRotationFile))
    looking.key = TRY(move.rotation_key())->public_key().did_key();
  if (looking.alone && move.journal.has(fact::kSigningFile)) {
    looking.signing_key =
        TRY(account::read_signing_key(move.context.fs, move.journal.get(fact::kSigningFile)))
            .public_key()
            .did_key();
  }
  return observe(looking, target);
}

Status settle_handle(Move& move, Plan& plan, const xrpc::ServerDescription& target) {
  // An account that is there has a name there, which it tells when it is logged in to.
  if (plan.returns) return {};
  if (plan.handle.empty()) {
    const std::string why = without_old_host(move.journal)
                                ? "present handle is the old host's, or leads nowhere any more"
                                : "present handle belongs to the old host";
    const std::string ending =
        target.user_domains.empty() ? "" : " (ending in " + printable(target.user_domains.front()) + ")";
    if (!move.world.prompter.can_ask()) {
      return fail(ErrorKind::refused, "move.handle", "the " + why + ", so it cannot go along",
                  "choose a new one with --handle" +
                      (plan.suggested_handle.empty() ? std::string() : ", such as " + plan.suggested_handle));
    }
    const std::string suggestion =
        plan.suggested_handle.empty() ? "" : " [" + printable(plan.suggested_handle) + "]";
    std::string answer =
        TRY(move.world.prompter.line("The " + why + ". New handle" + ending + suggestion + ": "));
    if (trim(answer).empty()) answer = plan.suggested_handle;
    plan.handle = TRY(syntax::Handle::parse(trim(answer))).str();
    plan.handle_changes = true;
  }
  return move.journal.set(fact::kHandle, plan.handle);
}

// Asked only at a terminal: a script that names neither flag gets none, and is told so.
Status settle_recovery_key(Move& move) {
  const std::string flag = move.options.recovery_key_out;
  const std::string settled = move.journal.get(fact::kRecoveryPath);
  if (!settled.empty()) {
    if (flag.empty() || flag == settled) return {};
    if (move.journal.has(fact::kRecoveryKey) || move.journal.has(fact::kSigned)) {
      return fail(ErrorKind::refused, "move.recovery_settled",
                  move.journal.has(fact::kRecoveryKey)
                      ? "this move keeps its recovery key in " + settled
                      : "the change of identity is signed already, without a recovery key",
                  "go on without --recovery-key-out");
    }
    return move.journal.set(fact::kRecoveryPath, flag);
  }
  if (!flag.empty()) return move.journal.set(fact::kRecoveryPath, flag);
  if (move.options.no_recovery_key) return move.journal.set(fact::kRecoveryPath, "declined");
  if (!move.world.prompter.can_ask()) return move.journal.set(fact::kRecoveryPath, "none");
  move.world.prompter.show(
      "\nA recovery key of your own lets you leave any host, even one that is gone or hostile. Without it, "
      "only the host can move you.\n");
  if (!TRY(move.world.prompter.confirm("Make one now (recommended)?")))
    return move.journal.set(fact::kRecoveryPath, "declined");
  for (int attempt = 0; attempt < 3; ++attempt) {
    const std::string path = TRY(move.world.prompter.line("File to keep it in, sealed with a passphrase: "));
    if (!trim(path).empty())
      return move.journal.set(fact::kRecoveryPath, move.world.absolute(std::string(trim(path))));
  }
  return fail(ErrorKind::invalid_input, "move.recovery_path", "no file was named for the recovery key",
              "run the command again");
}

Result<bool> account_is_made(Move& move) {
  const std::string phase = TRY(move.journal.last_phase("create-account"));
  return phase == name_of(Phase::observed) || phase == name_of(Phase::skipped);
}

}  // namespace

bool wants_recovery_key(const Journal& journal) {
  const std::string path = journal.get(fact::kRecoveryPath);
  return !path.empty() && path != "none" && path != "declined";
}

Status observe_and_plan(Move& move) {
  if (TRY(past_no_return(move.journal)) || move.journal.has(fact::kFinished)) return {};
  if (!move.options.allowed_missing.empty())
    TRY(move.journal.set(fact::kAllowedMissing, join_lines(move.options.allowed_missing)));
  if (is_web(move.journal) && !move.options.recovery_key_out.empty()) return web_has_no_keys();
  if (!move.options.recovery_key_out.empty()) TRY(settle_recovery_key(move));
  const bool agreed = move.journal.get(fact::kAgreed) == "yes";
  // A host that refused the handle or the address may be given others, as long as it has made no account.
  if (agreed && move.options.handle.empty() && move.options.email.empty()) return {};
  if (agreed && TRY(account_is_made(move))) return {};

  const identity::Identity identity = TRY(fetch_identity(move));
  xrpc::ServerDescription target;
  const Observed observed = TRY(observe_for(move, identity, target));
  if (agreed && observed.new_knows_account) return {};
  const Wishes wishes{.handle = wished_handle(move),
                      .has_invite = !move.options.invite_code.empty(),
                      .remove_keys = move.options.remove_keys,
                      .keep_keys = move.options.keep_keys,
                      .recovery_key = wants_recovery_key(move.journal),
                      .hostile_host = move.journal.has(fact::kHostile),
                      .answers = answers_so_far(move.journal, move.options)};
  Plan plan = TRY(make_plan(observed, wishes));
  if (!move.world.prompter.can_ask()) {
    if (auto open = unanswered_operations(plan); !open.empty()) return std::move(open.front());
  }
  TRY(move.journal.set(fact::kNewDid, target.did));
  if (!agreed) TRY(move.journal.set(fact::kReturns, plan.returns ? "yes" : ""));
  TRY(settle_handle(move, plan, target));
  if (!move.options.email.empty()) TRY(move.journal.set(fact::kEmail, move.options.email));
  if (plan.needs_invite && move.secrets.get("invite-code") == nullptr) {
    if (!move.world.prompter.can_ask() && !account::is_set(move.sources.invite_code)) {
      return fail(ErrorKind::auth, "move.invite_needed",
                  observed.new_host + " makes accounts only with an invite code",
                  "give it with --invite-code, or in ATBACKUP_INVITE_CODE");
    }
    const Secret code =
        TRY(move.ask(move.sources.invite_code, "invite-code", "Invite code for " + observed.new_host + ": "));
    TRY(move.secrets.put("invite-code", code));
  }
  if (!without_old_host(move.journal) && !is_web(move.journal)) TRY(settle_recovery_key(move));
  if (agreed) return {};
  move.world.watcher.say(describe(plan, observed, wants_recovery_key(move.journal)));
  // A script has agreed by --confirm, which is looked at now so that it does not fail after hours of copying.
  if (!move.options.confirm.empty() && move.options.confirm != move.did.str()) {
    return fail(
        ErrorKind::refused, "move.confirm",
        "--confirm names " + printable(move.options.confirm) + ", and the account is " + move.did.str());
  }
  if (move.options.confirm.empty()) {
    if (!move.world.prompter.can_ask()) {
      return fail(ErrorKind::refused, "move.confirm", "nobody is there to agree to the move",
                  "in a script, give --confirm " + move.did.str());
    }
    if (!move.options.yes &&
        !TRY(move.world.prompter.confirm("Begin? (You are asked again before the identity changes.)"))) {
      return fail(ErrorKind::refused, "move.not_agreed", "you did not agree, and nothing was changed");
    }
  }
  return move.journal.set(fact::kAgreed, "yes");
}

}  // namespace atb::migrate
