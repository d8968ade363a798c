// The plan in words, as it is shown before the first question.
#include "core/base/text.h"
#include "core/migrate/plan_parts.h"
#include "core/migrate/web_move.h"

#include <fmt/format.h>

namespace atb::migrate {
namespace {

// What was done lately by somebody with a lower key, and what becomes of it.
std::string contest_words(const Plan& plan) {
  if (plan.contestable.empty()) return {};
  std::string text = "\nATTENTION: a key below yours has changed your identity within the last 72 hours.\n";
  for (const Contestable& one : plan.contestable) {
    text += describe(one);
    if (one.answer == Answer::keep) {
      text += "You said that it was your own doing: it stays.\n";
      continue;
    }
    text += one.answer == Answer::undo
                ? "You said that it was not your doing: it is undone.\n"
                : "You are asked about it; the changes below are those with it undone.\n";
    if (one.reversal.undone.size() > 1) text += "What came after it is undone with it.\n";
    break;
  }
  return text + "\n";
}

constexpr const char* kBackFromBackup =
    "\nWhat happens, in this order:\n"
    "  1. The backup is proven.\n"
    "  2. You log in to the account that is on the new host; what it lacks is copied from the backup and "
    "counted.\n"
    "  3. You see the change to your identity and agree: the new host and its keys, yours first, the old "
    "host's removed. Until then nothing has changed. It is published: the point of no return.\n"
    "  4. The new host goes active, and a fresh commit is made there (an inert list, made and deleted "
    "again), "
    "so that relays accept it.\n"
    "  5. The account is fetched from the new host and proven: the same tree, the new key.\n";

std::string hostile_words(bool hostile) {
  if (!hostile) return {};
  return "\nThe old host is hostile, you said. Its keys go with the first change, so that it can sign "
         "nothing "
         "after that. Keys that stand above yours can undo your changes for 72 hours, and whoever holds them "
         "may "
         "do so again and again: then it is decided by who gives up, and by the directory's limits. Keys "
         "below "
         "yours cannot. Keep the backup and this machine's files until 72 hours are over.\n";
}

std::string way_from_backup(bool twice) {
  std::string text = "\nWhat happens, in this order:\n  1. The backup is proven.\n";
  text +=
      twice
          ? "  2. You see the first change to your identity and agree to it: a temporary signing key, which "
            "your key signs for. Until then nothing has changed.\n"
            "  3. With the temporary key an inactive account is made on the new host; everything is copied "
            "into it from the backup and counted.\n"
          : "  2. Nothing is to be changed first: the identity names the signing key that you gave.\n"
            "  3. With that key an inactive account is made on the new host; everything is copied into it "
            "from the backup and counted. Until then nothing has changed.\n";
  text +=
      "  4. You see the change that names the new host and its keys, yours first, the old host's removed, "
      "and "
      "agree. It is published: the point of no return.\n"
      "  5. The new host goes active, and a fresh commit is made there (an inert list, made and deleted "
      "again), so that relays accept it.\n"
      "  6. The account is fetched from the new host and proven: the same tree, the new key.\n"
      "Interrupted in between, 'atbackup migrate resume' goes on.\n";
  if (twice) text += "Between 2 and 4 the account is in nobody's hands but yours, and cannot be used.\n";
  return text;
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
  text += contest_words(plan) + hostile_words(plan.hostile_host);
  const Base base = base_of(observed, plan);
  text += "\n" + who_can_undo(leave.log.entries[base.entry].operation.state(), leave.key, leave.now_us);
  text += plan.returns ? "It takes the name that it has there.\n"
          : plan.handle_changes || plan.handle.empty()
              ? "The present name cannot go along; old mentions and links follow the account, not the name.\n"
              : fmt::format("It keeps its name, {}.\n", printable(plan.handle));
  text += plan.returns ? std::string(kBackFromBackup) : way_from_backup(needs_claim(observed, plan));
  text += time_words(plan, observed) + warning_words(plan);
  text +=
      "\nNot moved, because no host has it: direct messages stay where they are and keep working; mutes and "
      "bookmarks "
      "stay with the app.\n"
      "App passwords must be made anew.\n";
  return text;
}

}  // namespace

std::string warning_words(const Plan& plan) {
  std::string text;
  for (const std::string& warning : plan.warnings) text += "ATTENTION: " + printable(warning) + "\n";
  return text;
}

std::string return_words(const Observed& observed) {
  return observed.new_host + " has an account of this number already (" +
         (observed.new_status.empty() ? "active, although the identity names another host; it is deactivated"
                                      : printable(observed.new_status)) +
         "): the move goes on with it, and makes none. You need the password that it has there. It keeps the "
         "name that it has there, and of what is moved only what it lacks is sent.";
}

std::string time_words(const Plan& plan, const Observed& observed) {
  const Estimate& estimate = plan.estimate;
  if (!estimate.known) return {};
  std::string text = "It takes " + duration_words(estimate.seconds);
  if (estimate.upload_days == 0) return text + ".\n";
  return text +
         fmt::format(
             ": a host of the usual kind takes 1,000 blobs a day. Begun now, it would be done on {}. The "
             "operator of {} can lift that limit.\n",
             estimate.day, observed.new_host);
}

std::string describe(const Plan& plan, const Observed& observed, bool recovery_key) {
  if (!observed.plc) return describe_web(plan, observed);
  if (observed.leave) return describe_leave(plan, observed);
  std::string text = fmt::format("The account {} moves\n  from {}\n  to   {}\n\n", observed.did.str(),
                                 observed.old_host, observed.new_host);
  if (plan.returns) {
    text += "It takes the name that it has there. Old mentions and links follow the account, not the name.\n";
  } else if (plan.handle_changes) {
    text += fmt::format(
        "Its name becomes {} (now {}). Old mentions and links follow the account, not the name.\n",
        printable(plan.handle),
        observed.current_handle.empty() ? "none" : printable(observed.current_handle));
  } else {
    text += fmt::format("It keeps its name, {}.\n", printable(plan.handle));
  }
  text +=
      "\nWhat happens, in this order:\n"
      "  1. Your posts, pictures and preferences are backed up here, and the backup is proven.\n";
  text += plan.returns
              ? "  2. What the account that is on the new host lacks is copied into it and counted.\n"
              : "  2. An inactive account is made on the new host, and everything is copied into it "
                "and counted.\n";
  text +=
      "  3. You see the change to your identity, agree to it, and type a code that the old host mails you.\n"
      "     Until you have agreed, nothing has changed: you can stop at any moment.\n"
      "  4. The change is published: the point of no return. The new host goes active, the old one "
      "inactive.\n"
      "  5. A fresh commit is made on the new host (an inert list, made and deleted again), so that relays "
      "accept it.\n"
      "  6. The account is fetched from the new host and proven: the same tree, the new key.\n";
  if (recovery_key)
    text += "A recovery key of your own goes in first place, so that you can always leave again.\n";
  text += time_words(plan, observed) + warning_words(plan);
  text +=
      "\nNot moved, because no host has it: direct messages stay where they are and keep working; mutes and "
      "bookmarks stay with the app.\n"
      "App passwords must be made anew. Do not post until it is done.\n";
  return text;
}

}  // namespace atb::migrate
