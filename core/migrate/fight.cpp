#include "core/migrate/fight.h"

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

}  // namespace atb::migrate
