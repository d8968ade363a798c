#include "core/migrate/contestable.h"

#include "core/base/text.h"
#include "core/os/clock.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::migrate {
namespace {

bool lists(const std::vector<std::string>& list, const std::string& text) {
  return std::ranges::find(list, text) != list.end();
}

const plc::State& state_of(const plc::AuditedLog& log, std::size_t entry) {
  return log.entries[entry].operation.state();
}

Contestable contest(const plc::AuditedLog& log, plc::Reversal reversal, const std::string& key) {
  const plc::AuditedEntry& audit = log.audit[reversal.entry];
  Contestable one{.reversal = std::move(reversal),
                  .cid = {},
                  .created_us = audit.created_us,
                  .signer = audit.signer,
                  .signer_rank = audit.signer_rank,
                  .changes = {}};
  const std::size_t entry = one.reversal.entry;
  one.cid = log.entries[entry].cid.str();
  one.gives_up = log.entries[entry].operation.kind() == plc::Kind::tombstone;
  one.takes_key = !lists(state_of(log, entry).rotation_keys, key);
  if (one.gives_up) return one;
  one.changes = plc::diff(state_of(log, one.reversal.prev), state_of(log, entry));
  std::erase_if(one.changes,
                [](const plc::Change& change) { return change.type == plc::Change::Type::kept; });
  return one;
}

}  // namespace

std::vector<Contestable> contestable(const plc::AuditedLog& log, const std::string& key, std::int64_t now_us,
                                     const Answers& answers) {
  std::vector<Contestable> list;
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    if (log.audit[i].nullified) continue;
    auto reversal = plc::plan_reversal(log, log.entries[i].cid.str(), key, now_us);
    if (!reversal) continue;
    Contestable one = contest(log, *std::move(reversal), key);
    if (lists(answers.undo, one.cid)) {
      one.answer = Answer::undo;
    } else if (!one.takes_key && lists(answers.keep, one.cid)) {
      one.answer = Answer::keep;
    }
    list.push_back(std::move(one));
  }
  return list;
}

Base base_of(const plc::AuditedLog& log) { return {.entry = log.head}; }

Base base_of(const plc::AuditedLog& log, const Contestable& undone, const std::string& key) {
  Base base{.entry = undone.reversal.prev, .undone = undone.reversal.undone};
  for (const std::size_t gone : base.undone) {
    const std::string& signer = log.audit[gone].signer;
    if (signer != key && !lists(base.rogue_keys, signer)) base.rogue_keys.push_back(signer);
  }
  return base;
}

Base likely_base(const plc::AuditedLog& log, const std::vector<Contestable>& list, const std::string& key) {
  const auto first =
      std::ranges::find_if(list, [](const Contestable& one) { return one.answer != Answer::keep; });
  return first == list.end() ? base_of(log) : base_of(log, *first, key);
}

plc::State state_at(const plc::AuditedLog& log, const Base& base, const std::string& own,
                    const std::vector<std::string>& others) {
  plc::State state = state_of(log, base.entry);
  if (base.undone.empty()) return state;
  std::erase_if(state.rotation_keys, [&](const std::string& key) {
    return key != own && (lists(base.rogue_keys, key) || lists(others, key));
  });
  return state;
}

std::string describe(const Contestable& one) {
  std::string text =
      fmt::format("Operation {} of {} ({}) was signed by {}, a key below yours. It changed:\n",
                  one.reversal.entry + 1, os::rfc3339(one.created_us), one.cid, printable(one.signer, 300));
  for (const plc::Change& change : one.changes) text += "  " + change.words + "\n";
  if (one.gives_up) text += "  It gives the identity up for good.\n";
  if (one.changes.empty() && !one.gives_up) text += "  nothing\n";
  const std::string until = os::rfc3339(one.reversal.until_us);
  if (one.gives_up) return text + "It can be undone until " + until + ", by this move; after that never.\n";
  if (one.takes_key) {
    return text + "It took your key out of the identity. It can be undone until " + until +
           ", by this move; after that never.\n";
  }
  return text + "If that was not your doing, it can be undone until " + until +
         ", by this move. If it was, such as a new handle that you asked your host for, keep it.\n";
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

Error unanswered(const Contestable& one) {
  const std::string created = os::rfc3339(one.created_us);
  if (one.takes_key) {
    return {ErrorKind::refused, "leave.key_removed",
            fmt::format("operation {} of {} {}", one.cid, created,
                        one.gives_up ? "gave the identity up" : "took your key out of the identity"),
            fmt::format("without your key the account cannot be moved; undo it until {}: --undo-operation {}",
                        os::rfc3339(one.reversal.until_us), one.cid)};
  }
  return {ErrorKind::refused, "leave.foreign_operation",
          fmt::format("operation {} of {} was signed by a key below yours, within the last 72 hours", one.cid,
                      created),
          "look at it with 'atbackup plc log'; then --undo-operation " + one.cid +
              " if it was done against you, --keep-operation " + one.cid + " if it was your own doing"};
}

}  // namespace atb::migrate
