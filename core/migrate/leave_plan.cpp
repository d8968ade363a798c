#include "core/migrate/leave_plan.h"

#include "core/base/text.h"
#include "core/os/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace atb::migrate {
namespace {

std::optional<std::size_t> place_of(const std::vector<std::string>& keys, const std::string& key) {
  const auto found = std::ranges::find(keys, key);
  if (found == keys.end()) return std::nullopt;
  return static_cast<std::size_t>(found - keys.begin());
}

Failure no_key(const LeaveFacts& facts) {
  std::string hint =
      "give its file with --rotation-key. If you have none, the account cannot be moved unless the "
      "host comes back (then: 'atbackup key enroll'); your posts and pictures in the backup stay "
      "yours, and 'atbackup extract' takes them out. ";
  if (!facts.signing_key.empty()) {
    hint +=
        "The signing key cannot change the identity: it signs posts, and speaks for the account as long as "
        "the "
        "identity names it. Whoever holds the old host's name can start a host there again with it and the "
        "backup. ";
  }
  hint +=
      "Whoever has saved the host's own rotation key (the reference server's "
      "PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX) can sign with that: a file with 'k256' and its digits";
  return fail(ErrorKind::refused, "leave.no_key",
              "without its host an account can only be moved by a rotation key, and none was given",
              std::move(hint));
}

Failure given_up_without_key(const plc::AuditedLog& log) {
  return fail(ErrorKind::refused, "leave.tombstoned",
              "the account was given up for good, and no rotation key was given",
              "until " + os::rfc3339(log.audit[log.head].created_us + plc::kRecoveryWindowUs) +
                  " a key of yours above the one that signed that can undo it: give its file with "
                  "--rotation-key");
}

// The key is not in force. Was it ever, who took it out, and could that still be undone?
Status why_not_in_force(const LeaveFacts& facts) {
  const plc::AuditedLog& log = facts.log;
  const std::size_t none = log.entries.size();
  std::size_t after = none;  // the entry in force that follows the one looked at
  for (std::size_t i = none; i-- > 0;) {
    if (log.audit[i].nullified) continue;
    const std::size_t remover = std::exchange(after, i);
    const auto rank = place_of(log.entries[i].operation.state().rotation_keys, facts.key);
    if (!rank || remover == none) continue;
    const plc::AuditedEntry& removal = log.audit[remover];
    const std::int64_t deadline = removal.created_us + plc::kRecoveryWindowUs;
    // The first operation of the move undoes it (fight.h), if the person says so there.
    if (*rank < removal.signer_rank && facts.now_us <= deadline) return {};
    const bool ended = log.entries[remover].operation.kind() == plc::Kind::tombstone;
    const std::string what =
        fmt::format("{} at {}, by a key of rank {}; yours had rank {}",
                    ended ? "the account was given up for good" : "your key was removed from the identity",
                    os::rfc3339(removal.created_us), removal.signer_rank + 1, *rank + 1);
    const std::string why = facts.now_us > deadline
                                ? ", and after 72 hours that cannot be undone any more"
                                : ", and only a key above the one that did it can undo it";
    if (ended) {
      return fail(ErrorKind::refused, "leave.tombstoned", what + why,
                  "the backup can still be verified, read and taken apart ('atbackup extract')");
    }
    return fail(ErrorKind::refused, "leave.key_rank", what + why,
                "another key of yours, if it is still listed, can move the account");
  }
  return fail(ErrorKind::refused, "leave.key_unknown",
              "the key that was given is not among the rotation keys of this account: " + facts.key,
              "give the file of the right key; 'atbackup key check FILE ACCOUNT' tells what a key can do");
}

}  // namespace

std::optional<std::size_t> rank_of(const plc::State& state, const std::string& key) {
  return place_of(state.rotation_keys, key);
}

namespace {

Status check_key(const LeaveFacts& facts) {
  if (facts.log_breach) {
    return fail(
        ErrorKind::refused, "leave.log_differs",
        fmt::format("the directory's history of this account is not the one in the backup, from entry "
                    "{} on: one of the two was changed",
                    *facts.log_breach + 1),
        "do not go on; compare " + facts.backup +
            "/plc-log.json with another copy of the directory's log, and tell its operators");
  }
  if (facts.key.empty() && facts.log.tombstoned) return given_up_without_key(facts.log);
  if (facts.key.empty()) return no_key(facts);
  if (!rank_of(facts.log.state(), facts.key)) return why_not_in_force(facts);
  return {};
}

}  // namespace

Status check_leave(const LeaveFacts& facts) {
  if (!facts.web) TRY(check_key(facts));
  if (!facts.signing_key.empty() && facts.signing_key != facts.present_signer) {
    return fail(
        ErrorKind::refused, "leave.signing_key",
        fmt::format("the signing key that was given is {}, and the identity names {}", facts.signing_key,
                    facts.present_signer.empty() ? "none" : printable(facts.present_signer, 200)),
        "look for this account's (the reference server has one in actors/XX/DID/key for each), or go on "
        "without --signing-key-file: a temporary key takes its place");
  }
  if (!facts.oversized_blobs.empty()) {
    return fail(
        ErrorKind::refused, "leave.blob_limit",
        fmt::format("{} of the backup's blobs are larger than the {} that the new host takes, such as {}",
                    facts.oversized_blobs.size(), human_bytes(facts.blob_limit),
                    facts.oversized_blobs.front()),
        "choose another host, ask its operator to raise PDS_BLOB_UPLOAD_LIMIT, or list those you can "
        "do without in a file for --allow-missing-blobs");
  }
  return {};
}

std::string about_key(const plc::AuditedLog& log, const std::string& key) {
  std::size_t signatures = 0;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    if (log.audit[i].nullified) continue;
    if (log.audit[i].signer == key) ++signatures;
    if (!first && place_of(log.entries[i].operation.state().rotation_keys, key)) first = i;
  }
  if (!first) return {};
  const plc::Service* host = log.entries[*first].operation.state().service("atproto_pds");
  std::string text = fmt::format(
      "it was listed at {}, in an operation that names {} as the host, and has signed {} of {} operations",
      os::rfc3339(log.audit[*first].created_us), host == nullptr ? "nobody" : printable(host->endpoint, 200),
      signatures, log.entries.size());
  if (*first == 0 && signatures > 0) text += "; most likely it is that host's";
  return text;
}

std::string who_can_undo(const plc::State& state, const std::string& key, std::int64_t now_us) {
  const std::size_t rank = rank_of(state, key).value_or(0);
  if (rank == 0) return "Your key is the first: nobody can undo what it signs.\n";
  std::string text = fmt::format(
      "Your key is number {} of {}. Whoever holds one of these can undo what it signs until {}:\n", rank + 1,
      state.rotation_keys.size(), os::rfc3339(now_us + plc::kRecoveryWindowUs));
  for (std::size_t i = 0; i < rank; ++i) text += "  " + printable(state.rotation_keys[i], 200) + "\n";
  return text;
}

}  // namespace atb::migrate
