#include "core/migrate/plan.h"

#include "core/base/text.h"

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
  const bool bound_to_old = under_any(observed.current_handle, observed.old_domains);
  if (!wishes.handle.empty()) {
    plan.handle = TRY(syntax::Handle::parse(wishes.handle)).str();
    if (under_any(plan.handle, observed.old_domains)) {
      return fail(ErrorKind::refused, "move.handle",
                  "the handle " + plan.handle + " belongs to the old host and cannot go along",
                  "choose one of the new host (" + list_of(observed.new_domains) +
                      ") or a domain of your own, with --handle");
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

}  // namespace

Result<Plan> make_plan(const Observed& observed, const Wishes& wishes) {
  if (observed.old_host == observed.new_host) {
    return fail(ErrorKind::refused, "move.same_host",
                "the account lives on " + observed.new_host + " already", "name another host with --to");
  }
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
  Plan plan;
  TRY(plan_handle(observed, wishes, plan));
  plan.needs_invite = observed.invite_required && !wishes.has_invite;
  return plan;
}

std::string describe(const Plan& plan, const Observed& observed, bool recovery_key) {
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
