#include "core/migrate/fight.h"

#include "core/base/text.h"
#include "core/migrate/identity_change.h"
#include "core/migrate/leave_plan.h"

#include <algorithm>

namespace atb::migrate {
namespace {

Result<bool> shall_be_undone(Move& move, const Contestable& one) {
  if (one.answer != Answer::open) return one.answer == Answer::undo;
  if (!move.world.prompter.can_ask()) return unanswered(one);
  move.world.prompter.show("\n" + describe(one));
  if (TRY(move.world.prompter.confirm("Undo this operation?"))) return true;
  if (one.takes_key) return unanswered(one);
  std::vector<std::string> kept = lines_of(move.journal.get(fact::kKeptOperations));
  kept.push_back(one.cid);
  TRY(move.journal.set(fact::kKeptOperations, join_lines(kept)));
  return false;
}

}  // namespace

Answers answers_so_far(const Journal& journal, const Options& options) {
  Answers answers{.undo = options.undo_operations, .keep = options.keep_operations};
  if (journal.has(fact::kUndoes)) answers.undo.push_back(journal.get(fact::kUndoes));
  for (std::string& cid : lines_of(journal.get(fact::kKeptOperations)))
    answers.keep.push_back(std::move(cid));
  return answers;
}

Result<Base> settle_base(Move& move, const plc::AuditedLog& log) {
  const std::string key = TRY(move.rotation_key())->public_key().did_key();
  Base base = base_of(log);
  for (const Contestable& one :
       contestable(log, key, move.context.clock.wall_us(), answers_so_far(move.journal, move.options))) {
    if (!TRY(shall_be_undone(move, one))) continue;
    base = base_of(log, one, key);
    break;  // what came after goes with it
  }
  TRY(move.journal.set(fact::kUndoes, base.undone.empty() ? "" : log.entries[base.undone.front()].cid.str()));
  return base;
}

plc::State state_at(const Move& move, const plc::AuditedLog& log, const Base& base,
                    const std::vector<std::string>& host_keys) {
  std::vector<std::string> others = host_keys;
  others.insert(others.end(), move.options.remove_keys.begin(), move.options.remove_keys.end());
  return state_at(log, base, move.journal.get(fact::kRotationKey), others);
}

Result<plc::State> without_hostile_keys(Move& move, plc::State state,
                                        const std::vector<std::string>& host_keys,
                                        const plc::AuditedLog& log) {
  if (!move.journal.has(fact::kHostile)) return state;
  const std::string own = move.journal.get(fact::kRotationKey);
  std::vector<std::string> kept;
  std::vector<std::string> keys;
  for (const std::string& key : state.rotation_keys) {
    if (key == own) {
      keys.push_back(key);
      continue;
    }
    if (std::ranges::find(host_keys, key) != host_keys.end()) continue;
    if (!TRY(shall_be_kept(move, key, about_key(log, key)))) continue;
    keys.push_back(key);
    kept.push_back(key);
  }
  TRY(move.journal.set(fact::kKeptKeys, join_lines(kept)));
  state.rotation_keys = std::move(keys);
  return state;
}

std::string describe_hostility(const Move& move, const plc::State& before, const plc::State& after) {
  if (!move.journal.has(fact::kHostile)) return {};
  std::string gone;
  for (const std::string& key : before.rotation_keys) {
    if (!rank_of(after, key)) gone += "  " + printable(key, 300) + "\n";
  }
  if (gone.empty()) return "\nThe old host is hostile, you said; no key of its own is listed.\n";
  return "\nThe old host is hostile, you said: these keys go with this change already, so that whoever holds "
         "them can sign nothing after it:\n" +
         gone;
}

}  // namespace atb::migrate
