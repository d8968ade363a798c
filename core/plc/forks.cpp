#include "core/plc/forks.h"

#include "core/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::plc {
namespace {

std::optional<std::size_t> entry_of(const AuditedLog& log, const ipld::Cid& cid) {
  const auto found = std::ranges::find(log.entries, cid, &LogEntry::cid);
  if (found == log.entries.end()) return std::nullopt;
  return static_cast<std::size_t>(found - log.entries.begin());
}

const std::vector<std::string>& keys_of(const AuditedLog& log, std::size_t entry) {
  return log.entries[entry].operation.state().rotation_keys;
}

std::optional<std::size_t> rank_in(const std::vector<std::string>& keys, const std::string& key) {
  const auto found = std::ranges::find(keys, key);
  if (found == keys.end()) return std::nullopt;
  return static_cast<std::size_t>(found - keys.begin());
}

std::vector<std::size_t> in_force_after(const AuditedLog& log, std::size_t entry) {
  std::vector<std::size_t> after;
  for (std::size_t i = entry + 1; i < log.entries.size(); ++i) {
    if (!log.audit[i].nullified) after.push_back(i);
  }
  return after;
}

std::string named(const AuditedLog& log, std::size_t entry) {
  return fmt::format("operation {} of {} ({})", entry + 1, printable(log.entries[entry].created_at, 40),
                     log.entries[entry].cid.str());
}

Failure too_late(const AuditedLog& log, std::size_t entry) {
  return fail(ErrorKind::refused, "plc.revert_late",
              named(log, entry) + " is more than 72 hours old: it cannot be undone any more",
              "a key that is still listed can sign a further change on top of it");
}

Failure no_rank(const AuditedLog& log, std::size_t entry, std::optional<std::size_t> rank) {
  const std::string own = rank ? fmt::format("the key that would undo it has rank {}", *rank + 1)
                               : std::string("the key that would undo it was not listed then");
  return fail(ErrorKind::refused, "plc.revert_rank",
              fmt::format("{} was signed by a key of rank {}, and {}: only one above it can undo it",
                          named(log, entry), log.audit[entry].signer_rank + 1, own),
              "'atbackup plc log' shows who could");
}

Result<Reversal> reversal_of(const AuditedLog& log, std::size_t entry, const std::string& key,
                             std::int64_t now_us) {
  if (log.audit[entry].nullified) {
    return fail(ErrorKind::refused, "plc.revert_done",
                fmt::format("{} is undone already, by operation {}", named(log, entry),
                            undone_by(log, entry).value_or(0) + 1));
  }
  const auto prev = previous_of(log, entry);
  if (!prev) {
    return fail(ErrorKind::refused, "plc.revert_none",
                "the first operation makes the identity, and cannot be undone");
  }
  const std::int64_t until_us = log.audit[entry].created_us + kRecoveryWindowUs;
  if (now_us > until_us) return too_late(log, entry);
  const auto rank = rank_in(keys_of(log, *prev), key);
  if (!rank || *rank >= log.audit[entry].signer_rank) return no_rank(log, entry, rank);
  return Reversal{entry, *prev, *rank, in_force_after(log, *prev), until_us};
}

}  // namespace

std::optional<std::size_t> previous_of(const AuditedLog& log, std::size_t entry) {
  const auto& prev = log.entries[entry].operation.prev();
  return prev ? entry_of(log, *prev) : std::nullopt;
}

std::optional<std::size_t> undone_by(const AuditedLog& log, std::size_t entry) {
  if (!log.audit[entry].nullified) return std::nullopt;
  // The first later one that follows something before it.
  for (std::size_t i = entry + 1; i < log.entries.size(); ++i) {
    if (previous_of(log, i).value_or(i) < entry) return i;
  }
  return std::nullopt;
}

std::optional<Undoing> undoing_of(const AuditedLog& log, std::size_t entry, std::int64_t now_us) {
  const auto prev = previous_of(log, entry);
  if (!prev || log.audit[entry].nullified || log.audit[entry].signer_rank == 0) return std::nullopt;
  const std::int64_t until_us = log.audit[entry].created_us + kRecoveryWindowUs;
  if (now_us > until_us) return std::nullopt;
  const auto& keys = keys_of(log, *prev);
  const auto end = keys.begin() + static_cast<std::ptrdiff_t>(log.audit[entry].signer_rank);
  return Undoing{{keys.begin(), end}, until_us};
}

Result<Placement> place(const AuditedLog& log, const Operation& operation, std::int64_t now_us) {
  const auto prev = operation.prev() ? entry_of(log, *operation.prev()) : std::nullopt;
  if (!prev || log.audit[*prev].nullified || log.entries[*prev].operation.kind() == Kind::tombstone) {
    return fail(ErrorKind::refused, "plc.stale",
                fmt::format("the operation follows {}, which is not in force in the directory's log",
                            operation.prev() ? operation.prev()->str() : "nothing"),
                "it was made for another account, or before the last change: make it again");
  }
  const auto& keys = keys_of(log, *prev);
  const std::size_t rank = TRY(operation.signer(keys));
  Placement placement{*prev, rank, keys[rank], in_force_after(log, *prev)};
  if (placement.undoes.empty()) return placement;
  const std::size_t first = placement.undoes.front();
  if (rank >= log.audit[first].signer_rank) return no_rank(log, first, rank);
  if (now_us > log.audit[first].created_us + kRecoveryWindowUs) return too_late(log, first);
  return placement;
}

Result<Reversal> plan_reversal(const AuditedLog& log, std::string_view target, const std::string& key,
                               std::int64_t now_us) {
  if (!target.empty()) {
    const auto cid = ipld::Cid::parse(target);
    const auto entry = cid ? entry_of(log, *cid) : std::nullopt;
    if (!entry) {
      return fail(ErrorKind::not_found, "plc.revert_target",
                  fmt::format("the log of {} has no operation {}", log.did.view(), printable(target, 100)),
                  "'atbackup plc log' shows them all");
    }
    return reversal_of(log, *entry, key, now_us);
  }
  std::vector<Reversal> candidates;
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    if (auto reversal = reversal_of(log, i, key, now_us)) candidates.push_back(*std::move(reversal));
  }
  if (candidates.size() == 1) return std::move(candidates.front());
  if (candidates.empty()) {
    // Why the last change of all cannot be undone is what somebody who asks wants to know.
    if (auto last = reversal_of(log, log.head, key, now_us); !last) return std::unexpected(last.error());
  }
  std::string list;
  for (const Reversal& one : candidates) list += (list.empty() ? "" : ", ") + named(log, one.entry);
  return fail(ErrorKind::refused, "plc.revert_which", "several operations could be undone: " + list,
              "name the first that shall be: what came after it is undone with it");
}

}  // namespace atb::plc
