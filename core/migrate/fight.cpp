#include "core/migrate/fight.h"

#include "core/base/text.h"
#include "core/migrate/leave_plan.h"
#include "core/plc/merge.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::migrate {
namespace {

bool lists(const std::vector<std::string>& list, const std::string& text) {
  return std::ranges::find(list, text) != list.end();
}

std::string cid_of(const plc::AuditedLog& log, std::size_t entry) { return log.entries[entry].cid.str(); }

std::string what_it_changed(const plc::AuditedLog& log, const plc::Reversal& reversal) {
  std::string text;
  for (const plc::Change& change : plc::diff(log.entries[reversal.prev].operation.state(),
                                             log.entries[reversal.entry].operation.state())) {
    if (change.type != plc::Change::Type::kept) text += "  " + change.words + "\n";
  }
  return text.empty() ? "  nothing\n" : text;
}

std::string introduction(const plc::AuditedLog& log, const plc::Reversal& reversal) {
  const plc::AuditedEntry& audit = log.audit[reversal.entry];
  return fmt::format("\nOperation {} of {} ({}) was signed by {}, a key below yours. It changed:\n{}",
                     reversal.entry + 1, os::rfc3339(audit.created_us), cid_of(log, reversal.entry),
                     printable(audit.signer, 300), what_it_changed(log, reversal)) +
         fmt::format(
             "If that was not your doing, it can be undone until {}, by this move. If it was, such as "
             "a new handle that you asked your host for, keep it.\n",
             os::rfc3339(reversal.until_us));
}

Failure key_removed(const plc::AuditedLog& log, const plc::Reversal& reversal) {
  return fail(
      ErrorKind::refused, "leave.key_removed",
      fmt::format("operation {} of {} took your key out of the identity", cid_of(log, reversal.entry),
                  os::rfc3339(log.audit[reversal.entry].created_us)),
      fmt::format("without your key the account cannot be moved; undo it until {}: --undo-operation {}",
                  os::rfc3339(reversal.until_us), cid_of(log, reversal.entry)));
}

Failure nobody_to_ask(const plc::AuditedLog& log, const plc::Reversal& reversal) {
  const std::string cid = cid_of(log, reversal.entry);
  return fail(ErrorKind::refused, "leave.foreign_operation",
              fmt::format("operation {} of {} was signed by a key below yours, within the last 72 hours", cid,
                          os::rfc3339(log.audit[reversal.entry].created_us)),
              "look at it with 'atbackup plc log'; then --undo-operation " + cid +
                  " if it was done against you, --keep-operation " + cid + " if it was your own doing");
}

Result<bool> shall_be_undone(Move& move, const plc::AuditedLog& log, const plc::Reversal& reversal,
                             const std::string& key) {
  const std::string cid = cid_of(log, reversal.entry);
  if (lists(move.options.undo_operations, cid) || move.journal.get(fact::kUndoes) == cid) return true;
  const bool takes_key = !rank_of(log.entries[reversal.entry].operation.state(), key).has_value();
  std::vector<std::string> kept = lines_of(move.journal.get(fact::kKeptOperations));
  if (!takes_key && (lists(move.options.keep_operations, cid) || lists(kept, cid))) return false;
  if (!move.world.prompter.can_ask()) {
    if (takes_key) return key_removed(log, reversal);
    return nobody_to_ask(log, reversal);
  }
  move.world.prompter.show(introduction(log, reversal));
  if (TRY(move.world.prompter.confirm("Undo this operation?"))) return true;
  if (takes_key) return key_removed(log, reversal);
  kept.push_back(cid);
  TRY(move.journal.set(fact::kKeptOperations, join_lines(kept)));
  return false;
}

}  // namespace

std::vector<plc::Reversal> undoable(const plc::AuditedLog& log, const std::string& key, std::int64_t now_us) {
  std::vector<plc::Reversal> list;
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    if (log.audit[i].nullified) continue;
    if (auto reversal = plc::plan_reversal(log, cid_of(log, i), key, now_us))
      list.push_back(*std::move(reversal));
  }
  return list;
}

Result<Base> settle_base(Move& move, const plc::AuditedLog& log) {
  const std::string key = TRY(move.rotation_key())->public_key().did_key();
  Base base{.entry = log.head};
  for (const plc::Reversal& reversal : undoable(log, key, move.context.clock.wall_us())) {
    if (!TRY(shall_be_undone(move, log, reversal, key))) continue;
    base.entry = reversal.prev;
    base.undone = reversal.undone;
    for (const std::size_t gone : reversal.undone) {
      const std::string& signer = log.audit[gone].signer;
      if (signer != key && !lists(base.rogue_keys, signer)) base.rogue_keys.push_back(signer);
    }
    break;  // what came after goes with it
  }
  TRY(move.journal.set(fact::kUndoes, base.undone.empty() ? "" : cid_of(log, base.undone.front())));
  return base;
}

plc::State state_at(const Move& move, const plc::AuditedLog& log, const Base& base,
                    const std::vector<std::string>& host_keys) {
  plc::State state = log.entries[base.entry].operation.state();
  if (base.undone.empty()) return state;
  const std::string own = move.journal.get(fact::kRotationKey);
  std::erase_if(state.rotation_keys, [&](const std::string& key) {
    if (key == own) return false;
    return lists(base.rogue_keys, key) || lists(host_keys, key) || lists(move.options.remove_keys, key);
  });
  return state;
}

std::string describe_undoing(const plc::AuditedLog& log, const Base& base, std::int64_t now_us) {
  if (base.undone.empty()) return {};
  std::string list;
  for (const std::size_t gone : base.undone) list += (list.empty() ? "" : ", ") + std::to_string(gone + 1);
  const std::int64_t until_us = log.audit[base.undone.front()].created_us + plc::kRecoveryWindowUs;
  std::string text = fmt::format(
      "\nThis undoes what was done against you: operations {} of the log. Your key stands above the one that "
      "signed them, so the directory must take your word, until {} ({} hours from now).\n",
      list, os::rfc3339(until_us), (until_us - now_us) / 3'600'000'000);
  text += "The keys that signed them go with it, so that their holders can sign nothing further:\n";
  for (const std::string& key : base.rogue_keys) text += "  " + printable(key, 300) + "\n";
  return text;
}

}  // namespace atb::migrate
