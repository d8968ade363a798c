#include "core/plc/audit.h"

#include "core/base/text.h"
#include "core/data/json.h"
#include "core/plc/rehearsal.h"
#include "core/syntax/datetime.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

namespace atb::plc {
namespace {

Result<LogEntry> parse_entry(const data::Value& json, const Limits& limits) {
  const auto bad = [](std::string_view what) {
    return fail(ErrorKind::corrupt, "plc.log", fmt::format("an entry of a PLC log {}", what));
  };
  const data::Value* operation = json.find("operation");
  if (operation == nullptr) return bad("holds no operation");
  auto did = syntax::Did::parse(data::text_or(json, "did", ""));
  if (!did) return bad("names no DID");
  auto cid = ipld::Cid::parse(data::text_or(json, "cid", ""));
  if (!cid) return bad("names no CID");
  auto created = syntax::Datetime::parse(data::text_or(json, "createdAt", ""));
  if (!created) return bad("has no \"createdAt\" that is a moment in time");
  const data::Value* nullified = json.find("nullified");
  if (nullified == nullptr || nullified->boolean() == nullptr)
    return bad("does not say whether it is nullified");
  auto parsed = TRY(Operation::parse(*operation, limits));
  return LogEntry{*std::move(did),       std::move(parsed), *cid,
                  *nullified->boolean(), created->str(),    created->unix_us()};
}

// Walks a log entry by entry and knows, at each, which history is in force.
class Auditor {
 public:
  // `opening` may be null: see rehearsal.h.
  Auditor(const syntax::Did& did, const std::vector<LogEntry>& entries, const ipld::Cid* opening)
      : did_(did), entries_(entries), opening_(opening) {}

  Status next() {
    const LogEntry& entry = entries_[audit_.size()];
    if (entry.did != did_)
      return untrusted("plc.did", fmt::format("it is of another DID, {}", printable(entry.did.view(), 100)));
    if (entry.operation.cid() != entry.cid)
      return untrusted("plc.cid",
                       fmt::format("its operation is not the one its CID {} names", entry.cid.str()));
    TRY(audit_.empty() ? genesis(entry) : follow(entry));
    history_.push_back(audit_.size() - 1);
    index_.emplace(entry.cid, audit_.size() - 1);
    return {};
  }

  std::vector<AuditedEntry> take() { return std::move(audit_); }
  std::size_t head() const { return history_.back(); }

 private:
  Failure untrusted(std::string_view id, std::string_view what) const {
    return fail(ErrorKind::untrusted, id,
                fmt::format("entry {} of the PLC log of {} cannot be trusted: {}", audit_.size() + 1,
                            did_.view(), what));
  }

  Status genesis(const LogEntry& entry) {
    const Operation& operation = entry.operation;
    if (operation.prev())  // as a tombstone always has
      return untrusted("plc.genesis", "the first operation of a log follows no other, and this one does");
    if (const syntax::Did made = operation.derived_did(); made != did_)
      return untrusted("plc.did", fmt::format("the first operation makes another DID, {}", made.view()));
    return add(entry, operation.state().rotation_keys);
  }

  Status follow(const LogEntry& entry) {
    const Operation& operation = entry.operation;
    if (!operation.prev())
      return untrusted("plc.genesis", "a log has one first operation, and this is another");
    const auto found = index_.find(*operation.prev());
    if (found == index_.end())
      return untrusted("plc.prev",
                       fmt::format("it follows {}, which is not before it", operation.prev()->str()));
    const std::size_t prev = found->second;
    if (audit_[prev].nullified) return untrusted("plc.prev", "it follows an operation that was nullified");
    if (entries_[prev].operation.kind() == Kind::tombstone)
      return untrusted("plc.after_tombstone", "nothing may follow a tombstone");
    if (entry.created_us <= entries_[head()].created_us)
      return untrusted("plc.order", fmt::format("it is dated {}, which is not later than the entry before it",
                                                printable(entry.created_at, 40)));
    const bool opens = opening_ != nullptr && entry.cid == *opening_;
    TRY(add(entry, (opens ? entry : entries_[prev]).operation.state().rotation_keys));
    return prev == head() ? Status() : fork(prev);
  }

  Status add(const LogEntry& entry, const std::vector<std::string>& keys) {
    auto rank = entry.operation.signer(keys);
    if (!rank) return untrusted(rank.error().id, rank.error().message);
    audit_.push_back({*rank, keys[*rank], false, entry.created_us});
    return {};
  }

  // The entry just added takes the place of all that came after `prev`.
  Status fork(std::size_t prev) {
    AuditedEntry added = std::move(audit_.back());
    audit_.pop_back();  // until it is found good, so that errors count entries alike
    const auto place = std::ranges::lower_bound(history_, prev);
    const AuditedEntry& replaced = audit_[*(place + 1)];
    if (added.signer_rank >= replaced.signer_rank) {
      return untrusted("plc.rank",
                       fmt::format("it undoes entry {}, but its key has rank {} and that entry's rank {}",
                                   *(place + 1) + 1, added.signer_rank + 1, replaced.signer_rank + 1));
    }
    if (added.created_us - replaced.created_us > kRecoveryWindowUs) {
      return untrusted("plc.late_recovery",
                       fmt::format("it undoes entry {} more than 72 hours after it", *(place + 1) + 1));
    }
    for (auto gone = place + 1; gone != history_.end(); ++gone) audit_[*gone].nullified = true;
    history_.erase(place + 1, history_.end());
    audit_.push_back(std::move(added));
    return {};
  }

  const syntax::Did& did_;
  const std::vector<LogEntry>& entries_;
  const ipld::Cid* opening_;
  std::vector<AuditedEntry> audit_;
  std::vector<std::size_t> history_;  // entries in force, oldest first; ascending
  std::unordered_map<ipld::Cid, std::size_t> index_;
};

Status check_flags(const syntax::Did& did, const std::vector<LogEntry>& entries,
                   const std::vector<AuditedEntry>& audit) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].nullified == audit[i].nullified) continue;
    return fail(ErrorKind::untrusted, "plc.nullified_flag",
                fmt::format("entry {} of the PLC log of {} is listed as {}, and the log says otherwise",
                            i + 1, did.view(), entries[i].nullified ? "nullified" : "in force"));
  }
  return {};
}

Result<AuditedLog> audit(const syntax::Did& did, std::vector<LogEntry> entries, const ipld::Cid* opening) {
  if (entries.empty())
    return fail(ErrorKind::untrusted, "plc.empty", fmt::format("the PLC log of {} is empty", did.view()));
  Auditor auditor(did, entries, opening);
  for (std::size_t i = 0; i < entries.size(); ++i) TRY(auditor.next());
  const std::size_t head = auditor.head();
  std::vector<AuditedEntry> audited = auditor.take();
  TRY(check_flags(did, entries, audited));
  const bool tombstoned = entries[head].operation.kind() == Kind::tombstone;
  return AuditedLog{did, std::move(entries), std::move(audited), head, tombstoned};
}

}  // namespace

Result<std::vector<LogEntry>> parse_log(std::string_view json, const Limits& limits) {
  const data::Value value = TRY_CONTEXT("while reading a PLC log", data::parse_json(json, limits));
  const data::Array* array = value.array();
  if (array == nullptr)
    return fail(ErrorKind::corrupt, "plc.log", "a PLC log is a JSON list, and this is not");
  if (array->size() > limits.plc_operations) {
    return fail(
        ErrorKind::limit_exceeded, "plc.too_large",
        fmt::format("a PLC log of {} entries, the limit is {}", array->size(), limits.plc_operations));
  }
  std::vector<LogEntry> entries;
  entries.reserve(array->size());
  for (const data::Value& item : *array) {
    entries.push_back(TRY_CONTEXT(fmt::format("while reading entry {} of a PLC log", entries.size() + 1),
                                  parse_entry(item, limits)));
  }
  return entries;
}

Result<AuditedLog> audit_log(const syntax::Did& did, std::vector<LogEntry> entries) {
  return audit(did, std::move(entries), nullptr);
}

Result<AuditedLog> audit_rehearsal(const syntax::Did& did, std::vector<LogEntry> entries,
                                   const ipld::Cid& opening) {
  return audit(did, std::move(entries), &opening);
}

std::vector<KeyPeriod> AuditedLog::signing_keys() const {
  std::vector<KeyPeriod> periods;
  // A nullified operation ruled until the next entry of the log, one in force until the next in force.
  for (const bool nullified : {false, true}) {
    std::optional<KeyPeriod> open;
    const auto close = [&](std::int64_t at_us) {
      if (!open) return;
      open->until_us = at_us;
      periods.push_back(*std::exchange(open, std::nullopt));
    };
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (audit[i].nullified != nullified) {
        if (nullified) close(audit[i].created_us);
        continue;
      }
      const std::string* key = entries[i].operation.state().verification_method("atproto");
      if (open && key != nullptr && open->did_key == *key) continue;
      close(audit[i].created_us);
      if (key != nullptr) open = KeyPeriod{*key, audit[i].created_us, {}, nullified, i};
    }
    if (open) periods.push_back(*open);
  }
  std::ranges::sort(periods, {}, &KeyPeriod::entry);  // the entries of an audited log go forward in time
  return periods;
}

std::optional<std::size_t> first_difference(const std::vector<LogEntry>& older,
                                            const std::vector<LogEntry>& newer) {
  for (std::size_t i = 0; i < older.size(); ++i) {
    if (i == newer.size() || older[i].cid != newer[i].cid) return i;
  }
  return std::nullopt;
}

}  // namespace atb::plc
