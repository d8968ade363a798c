// Looks at both hosts, makes the plan, and asks what only the person knows.
#include "core/base/text.h"
#include "core/migrate/leave.h"
#include "core/migrate/move.h"

#include <algorithm>

namespace atb::migrate {
namespace {

std::string wished_handle(const Move& move) {
  return move.options.handle.empty() ? move.journal.get(fact::kHandle) : move.options.handle;
}

Status observe_old_host(Move& move, Observed& seen) {
  const auto source = TRY_CONTEXT("while asking the old host about itself",
                                  xrpc::describe_server(move.old_host.anonymous(), move.stop()));
  seen.old_domains = source.user_domains;
  auto old_status = xrpc::get_repo_status(move.old_host.anonymous(), move.did, move.stop());
  if (!old_status && old_status.error().kind != ErrorKind::gone)
    return std::unexpected(std::move(old_status).error());
  seen.old_active = old_status && old_status->active;
  return {};
}

// What the old host cannot tell: which handles are its own. Those that lead nowhere now, and those under its
// own name, stay behind.
Status observe_without_old_host(Move& move, const identity::Identity& identity,
                                const xrpc::ServerDescription& target, Observed& seen) {
  seen.old_domains = {"." + move.old_host.host().host};
  if (seen.old_domains.front().ends_with(".bsky.network")) seen.old_domains.emplace_back(".bsky.social");
  seen.handle_resolves = identity.handle.has_value();
  if (const auto wish = syntax::Handle::parse(wished_handle(move));
      wish &&
      std::ranges::none_of(seen.new_domains, [&](const auto& domain) { return wish->is_under(domain); })) {
    const auto leads_to = move.context.resolver.resolve_handle(*wish, move.stop());
    seen.wish_resolves = leads_to && *leads_to == move.did;
  }
  seen.leave = TRY(observe_leave(move, identity, target));
  return {};
}

Result<Observed> observe(Move& move, const identity::Identity& identity, xrpc::ServerDescription& target) {
  Observed seen{.did = move.did,
                .current_handle = {},
                .old_host = move.old_host.host().origin(),
                .new_host = move.new_host.host().origin()};
  if (identity.handle) {
    seen.current_handle = identity.handle->str();
  } else if (const auto named = identity.document.handle()) {
    seen.current_handle = named->str();
  }
  seen.plc = move.did.is_plc();
  target = TRY_CONTEXT("while asking the new host about itself",
                       xrpc::describe_server(move.new_host.anonymous(), move.stop()));
  seen.new_domains = target.user_domains;
  seen.invite_required = target.invite_required;
  seen.phone_required = target.phone_required;
  if (without_old_host(move.journal)) {
    TRY(observe_without_old_host(move, identity, target, seen));
  } else {
    TRY(observe_old_host(move, seen));
  }
  const auto new_status = xrpc::get_repo_status(move.new_host.anonymous(), move.did, move.stop());
  if (!new_status && new_status.error().kind != ErrorKind::gone) return std::unexpected(new_status.error());
  seen.new_knows_account = new_status || new_status.error().id != "xrpc.repo_not_found";
  seen.new_account_ours = !TRY(move.journal.last_phase("create-account")).empty();
  return seen;
}

Status settle_handle(Move& move, Plan& plan, const xrpc::ServerDescription& target) {
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
  if (!move.options.recovery_key_out.empty()) TRY(settle_recovery_key(move));
  const bool agreed = move.journal.get(fact::kAgreed) == "yes";
  // A host that refused the handle or the address may be given others, as long as it has made no account.
  if (agreed && move.options.handle.empty() && move.options.email.empty()) return {};
  if (agreed && TRY(account_is_made(move))) return {};

  const identity::Identity identity = TRY(fetch_identity(move));
  xrpc::ServerDescription target;
  const Observed observed = TRY(observe(move, identity, target));
  if (agreed && observed.new_knows_account) return {};
  const Wishes wishes{.handle = wished_handle(move),
                      .has_invite = !move.options.invite_code.empty(),
                      .remove_keys = move.options.remove_keys};
  Plan plan = TRY(make_plan(observed, wishes));
  TRY(move.journal.set(fact::kNewDid, target.did));
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
  if (!without_old_host(move.journal)) TRY(settle_recovery_key(move));
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
