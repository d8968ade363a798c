#include "core/migrate/plan.h"

#include "core/base/text.h"
#include "core/plc/merge.h"

#include <fmt/format.h>

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

// Both operations are made with stand-ins for what only the new host knows: what the directory would refuse
// must be known before the first one.
Status check_operations(const Observed& observed, const Wishes& wishes, const Plan& plan) {
  constexpr const char* kSomeKey = "did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc";
  const LeaveFacts& leave = *observed.leave;
  const plc::State& current = leave.log.state();
  TRY(plc::with_signing_key(current, kSomeKey));
  plc::MoveRequest request;
  request.current = current;
  request.user_keys = {leave.key};
  request.drop_unknown = wishes.remove_keys;
  request.new_host = {.rotation_keys = {kSomeKey},
                      .signing_key = kSomeKey,
                      .handle = plan.handle.empty() ? observed.current_handle : plan.handle,
                      .endpoint = observed.new_host};
  if (!syntax::Handle::parse(request.new_host.handle)) request.new_host.handle = "handle.invalid";
  TRY(plc::merge_for_move(request));
  return {};
}

std::string describe_leave(const Plan& plan, const Observed& observed) {
  const LeaveFacts& leave = *observed.leave;
  std::string text = fmt::format("The account {} leaves\n  {}, which is not needed\nand moves to\n  {}\n\n",
                                 observed.did.str(), printable(observed.old_host), observed.new_host);
  text += fmt::format("From the backup {}: {} records, {} blobs ({}){}.\n", printable(leave.backup),
                      leave.records, leave.blobs, human_bytes(leave.blob_bytes),
                      leave.backup_time.empty() ? std::string() : ", taken " + printable(leave.backup_time));
  text += "What was written after that does not come along.\n";
  if (leave.old_is_newer) {
    text +=
        "ATTENTION: the old host answers, and has posts that the backup lacks. If it still lets you log in, "
        "make a new "
        "backup first, or move without --from: that brings everything.\n";
  } else if (leave.old_answers) {
    text += "The old host still answers. If it lets you log in, a move without --from needs no key.\n";
  }
  if (!leave.backup_host.empty() && leave.backup_host != observed.old_host) {
    text += "ATTENTION: the backup was taken from " + printable(leave.backup_host) +
            ", and the account has moved since: what was written on " + printable(observed.old_host) +
            " is not in it.\n";
  }
  if (leave.missing_blobs != 0)
    text += fmt::format("{} blobs are missing in it, and are lost if nobody else has them.\n",
                        leave.missing_blobs);
  if (!leave.backup_has_log)
    text += "It holds no history of the account's keys, so the directory's cannot be compared with it.\n";
  text += "\n" + who_can_undo(leave.log.state(), leave.key, leave.now_us);
  text += plan.handle_changes || plan.handle.empty()
              ? "The present name cannot go along; old mentions and links follow the account, not the name.\n"
              : fmt::format("It keeps its name, {}.\n", printable(plan.handle));
  text +=
      "\nWhat happens, in this order:\n"
      "  1. The backup is proven.\n"
      "  2. You see the first change to your identity and agree to it: a temporary signing key, which your "
      "key signs "
      "for. Until then nothing has changed.\n"
      "  3. With the temporary key an inactive account is made on the new host; everything is copied into it "
      "from the "
      "backup and counted.\n"
      "  4. You see the second change and agree: the new host and its keys, yours first, the old host's "
      "removed. It is "
      "published: the point of no return.\n"
      "  5. The new host goes active, and a fresh commit is made there (an inert list, made and deleted "
      "again), so that "
      "relays accept it.\n"
      "  6. The account is fetched from the new host and proven: the same tree, the new key.\n"
      "Interrupted between 2 and 4, the account is in nobody's hands but yours: 'atbackup migrate resume' "
      "goes on.\n"
      "\nNot moved, because no host has it: direct messages stay where they are and keep working; mutes and "
      "bookmarks "
      "stay with the app.\n"
      "App passwords must be made anew.\n";
  return text;
}

}  // namespace

std::unexpected<Error> did_web_without_host(const syntax::Did& did) {
  return fail(
      ErrorKind::refused, "move.did_web",
      did.str() + " is a did:web: moving one without its old host is not supported yet in this form",
      "its document is yours to publish: as long as you hold its domain, no host can keep the account "
      "from you, and the backup keeps until it is supported");
}

Result<Plan> make_plan(const Observed& observed, const Wishes& wishes) {
  if (observed.old_host == observed.new_host) {
    return fail(ErrorKind::refused, "move.same_host",
                "the account lives on " + observed.new_host + " already", "name another host with --to");
  }
  if (!observed.plc && observed.leave) return did_web_without_host(observed.did);
  if (!observed.plc) {
    return fail(
        ErrorKind::refused, "move.did_web",
        observed.did.str() +
            " is a did:web: its document is published by you, and this version moves did:plc accounts only",
        "'atbackup export' keeps a proven backup of it all the same");
  }
  if (!observed.old_active) {
    return fail(ErrorKind::refused, "move.old_inactive", "the account is not active on " + observed.old_host,
                "activate it there first; if the move was finished before, 'atbackup migrate status' tells");
  }
  if (observed.phone_required) {
    return fail(
        ErrorKind::refused, "move.phone",
        observed.new_host + " asks for a telephone number to make accounts, which this program cannot give",
        "ask its operator for another way in, or choose another host");
  }
  if (observed.new_knows_account && !observed.new_account_ours) {
    return fail(ErrorKind::refused, "move.account_exists",
                observed.new_host + " has an account of this DID already, which this move did not make",
                "if it is what an earlier try left behind, ask the host's operator to delete it");
  }
  if (observed.leave) TRY(check_leave(*observed.leave));
  Plan plan;
  TRY(plan_handle(observed, wishes, plan));
  if (observed.leave) TRY(check_operations(observed, wishes, plan));
  plan.needs_invite = observed.invite_required && !wishes.has_invite;
  return plan;
}

std::string describe(const Plan& plan, const Observed& observed, bool recovery_key) {
  if (observed.leave) return describe_leave(plan, observed);
  std::string text = fmt::format("The account {} moves\n  from {}\n  to   {}\n\n", observed.did.str(),
                                 observed.old_host, observed.new_host);
  if (plan.handle_changes) {
    text += fmt::format(
        "Its name becomes {} (now {}). Old mentions and links follow the account, not the name.\n",
        printable(plan.handle),
        observed.current_handle.empty() ? "none" : printable(observed.current_handle));
  } else {
    text += fmt::format("It keeps its name, {}.\n", printable(plan.handle));
  }
  text +=
      "\nWhat happens, in this order:\n"
      "  1. Your posts, pictures and preferences are backed up here, and the backup is proven.\n"
      "  2. An inactive account is made on the new host, and everything is copied into it and counted.\n"
      "  3. You see the change to your identity, agree to it, and type a code that the old host mails you.\n"
      "     Until you have agreed, nothing has changed: you can stop at any moment.\n"
      "  4. The change is published: the point of no return. The new host goes active, the old one "
      "inactive.\n"
      "  5. A fresh commit is made on the new host (an inert list, made and deleted again), so that relays "
      "accept it.\n"
      "  6. The account is fetched from the new host and proven: the same tree, the new key.\n";
  if (recovery_key)
    text += "A recovery key of your own goes in first place, so that you can always leave again.\n";
  text +=
      "\nNot moved, because no host has it: direct messages stay where they are and keep working; mutes and "
      "bookmarks stay with the app.\n"
      "App passwords must be made anew. Do not post until it is done.\n";
  return text;
}

}  // namespace atb::migrate
