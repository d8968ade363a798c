// The changes of the identity that a move will propose, as they can be known before it begins.
#include "core/base/text.h"
#include "core/crypto/keys.h"
#include "core/migrate/plan_parts.h"
#include "core/os/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atb::migrate {
namespace {

constexpr std::size_t kKeysOfTheSpecification = 5;

// Keys that nobody has, in place of those that will be made; and what is said instead of them.
struct StandIn {
  std::string key;
  std::string_view words;
};

StandIn stand_in(std::uint8_t number, std::string_view words) {
  std::array<std::uint8_t, 32> scalar{};
  scalar.fill(0x5a);
  scalar.back() = number;
  const auto key = crypto::PrivateKey::from_scalar(crypto::Curve::k256, scalar);
  return {key ? key->public_key().did_key() : std::string(), words};
}

struct StandIns {
  StandIn host_rotation = stand_in(1, "(the new host's own key)");
  StandIn host_signing = stand_in(2, "(a key that the new host makes)");
  StandIn temporary = stand_in(3, "(a temporary key that only this machine holds)");
  StandIn recovery = stand_in(4, "(your new recovery key)");

  void into_words(std::string& text) const {
    for (const StandIn* one : {&host_rotation, &host_signing, &temporary, &recovery}) {
      for (std::size_t at = text.find(one->key); at != std::string::npos; at = text.find(one->key, at))
        text.replace(at, one->key.size(), one->words);
    }
  }
};

PlannedChange planned(std::string title, const plc::State& before, const plc::State& after, std::string undo,
                      const StandIns& stand_ins) {
  PlannedChange change{.title = std::move(title),
                       .changes = plc::diff(before, after),
                       .undo = std::move(undo),
                       .keys = after.rotation_keys.size()};
  for (plc::Change& one : change.changes) {
    for (std::string* text : {&one.before, &one.after, &one.words}) stand_ins.into_words(*text);
  }
  stand_ins.into_words(change.undo);
  // "sig", and 86 characters for it.
  constexpr std::size_t kSignature = 92;
  const auto some_cid = ipld::Cid::of(ipld::Codec::dag_cbor, {});
  change.bytes = plc::Operation::make(after, some_cid).unsigned_cbor().size() + kSignature;
  return change;
}

plc::MoveRequest request_of(const Observed& observed, const Wishes& wishes, const Plan& plan,
                            const StandIns& stand_ins) {
  plc::MoveRequest request;
  request.old_host.rotation_keys = observed.host_keys;
  request.keep_unknown = wishes.keep_keys;
  request.drop_unknown = wishes.remove_keys;
  if (observed.leave && !observed.leave->key.empty()) request.user_keys = {observed.leave->key};
  if (wishes.recovery_key) request.recovery_key = stand_ins.recovery.key;
  request.new_host = {.rotation_keys = {stand_ins.host_rotation.key},
                      .signing_key = stand_ins.host_signing.key,
                      .handle = plan.handle.empty() ? plan.suggested_handle : plan.handle,
                      .endpoint = observed.new_host};
  if (!syntax::Handle::parse(request.new_host.handle)) request.new_host.handle = observed.current_handle;
  if (!syntax::Handle::parse(request.new_host.handle)) request.new_host.handle = "handle.invalid";
  return request;
}

bool lists(const std::vector<std::string>& keys, const std::string& key) {
  return std::ranges::find(keys, key) != keys.end();
}

// The old host signs. With which key is its affair; its own are known, or one is assumed to be.
std::string who_can_undo_host(const Observed& observed, const std::string& assumed) {
  const std::vector<std::string>& keys = log_of(observed)->state().rotation_keys;
  std::optional<std::size_t> rank;
  for (std::size_t i = 0; i < keys.size() && !rank; ++i) {
    if (lists(observed.host_keys, keys[i]) || keys[i] == assumed) rank = i;
  }
  if (!rank) return "It is not known with which key the old host signs, nor who stands above it.\n";
  if (*rank == 0) {
    return "The old host's key, which signs it, is the first in the record: once it is published nobody can "
           "undo it, only another move can.\n";
  }
  std::string text = fmt::format(
      "The old host signs it with key {} of {}. Until 72 hours after it is published ({}, if that were now) "
      "whoever holds one of these can undo it:\n",
      *rank + 1, keys.size(), os::rfc3339(observed.now_us + plc::kRecoveryWindowUs));
  for (std::size_t i = 0; i < *rank; ++i) text += "  " + printable(keys[i], 200) + "\n";
  return text;
}

void warn_of_keys(const PlannedChange& change, Plan& plan) {
  if (change.keys <= kKeysOfTheSpecification) return;
  plan.warnings.push_back(
      fmt::format("The record will list {} keys that may change it. The directory takes {}, but the "
                  "specification says {}, "
                  "and other programs may refuse more: leave out those that nobody needs, with --remove-key.",
                  change.keys, plc::kDirectoryRotationKeys, kKeysOfTheSpecification));
}

}  // namespace

std::string likely_host_key(const plc::AuditedLog& log) { return likely_host_key(log, log.head); }

std::string likely_host_key(const plc::AuditedLog& log, std::size_t entry) {
  const plc::State& now = log.entries[entry].operation.state();
  const plc::Service* host = now.service("atproto_pds");
  if (host == nullptr) return {};
  std::string key;
  for (std::size_t i = entry + 1; i-- > 0;) {
    if (log.audit[i].nullified) continue;
    const plc::State& state = log.entries[i].operation.state();
    const plc::Service* then = state.service("atproto_pds");
    if (then == nullptr || then->endpoint != host->endpoint) break;
    key = state.rotation_keys.empty() ? std::string() : state.rotation_keys.back();
  }
  return lists(now.rotation_keys, key) ? key : std::string();
}

namespace {

// Without the old host: two changes, signed by the user's key.
// With `hostile` the old host's keys go with the first.
Status plan_leave(const Observed& observed, const Base& base, const std::string& assumed, bool hostile,
                  plc::MoveRequest request, const StandIns& stand_ins, Plan& plan) {
  const plc::AuditedLog& log = *log_of(observed);
  plc::State claim = TRY(plc::with_signing_key(request.current, stand_ins.temporary.key));
  if (hostile) {
    std::erase_if(claim.rotation_keys, [&](const std::string& key) {
      return key != observed.leave->key && !lists(request.keep_unknown, key) &&
             (key == assumed || lists(observed.host_keys, key) || lists(request.drop_unknown, key));
    });
  }
  // What the person may still answer with "keep" must fit too: between the changes there is no way back.
  TRY(plc::merge_for_move(request));
  const std::string undo =
      who_can_undo(log.entries[base.entry].operation.state(), observed.leave->key, observed.now_us);
  const std::string undoing = describe_undoing(log, base, observed.now_us);
  const bool twice = needs_claim(observed, plan);
  if (twice) {
    plan.changes.push_back(planned("The first change, which lets the new host make the account", log.state(),
                                   claim, undo + undoing, stand_ins));
  }
  if (!assumed.empty()) request.old_host.rotation_keys.push_back(assumed);
  const plc::MoveProposal proposal = TRY(plc::merge_for_move(request));
  plan.changes.push_back(
      twice ? planned("The second change, which names the new host", claim, proposal.state, undo, stand_ins)
            : planned("The change, which names the new host", log.state(), proposal.state, undo + undoing,
                      stand_ins));
  return {};
}

Status plan_plain(const Observed& observed, const std::string& assumed, plc::MoveRequest request,
                  const StandIns& stand_ins, Plan& plan) {
  if (!assumed.empty()) request.old_host.rotation_keys.push_back(assumed);
  const plc::MoveProposal proposal = TRY(plc::merge_for_move(request));
  plan.changes.push_back(planned("The change, which names the new host", request.current, proposal.state,
                                 who_can_undo_host(observed, assumed), stand_ins));
  return {};
}

}  // namespace

void plan_changes(const Observed& observed, const Wishes& wishes, Plan& plan) {
  const plc::AuditedLog* log = log_of(observed);
  if (log == nullptr) return;
  const Base base = observed.leave ? base_of(observed, plan) : base_of(*log);
  const std::string own = observed.leave ? observed.leave->key : std::string();
  if (log->entries[base.entry].operation.kind() == plc::Kind::tombstone) return;
  // Without a key that may sign there is nothing to propose; that is an obstacle by itself.
  if (observed.leave && !rank_of(log->entries[base.entry].operation.state(), own)) return;
  const StandIns stand_ins;
  plc::MoveRequest request = request_of(observed, wishes, plan, stand_ins);
  std::vector<std::string> gone = observed.host_keys;
  gone.insert(gone.end(), wishes.remove_keys.begin(), wishes.remove_keys.end());
  request.current = state_at(*log, base, own, gone);
  std::string assumed = likely_host_key(*log, base.entry);
  const bool decided = lists(wishes.keep_keys, assumed) || lists(wishes.remove_keys, assumed) ||
                       lists(request.user_keys, assumed) || lists(observed.host_keys, assumed) ||
                       !lists(request.current.rotation_keys, assumed);
  if (decided) assumed.clear();
  const Status made = observed.leave ? plan_leave(observed, base, assumed, wishes.hostile_host,
                                                  std::move(request), stand_ins, plan)
                                     : plan_plain(observed, assumed, std::move(request), stand_ins, plan);
  if (!made) {
    plan.obstacles.push_back(made.error());
    return;
  }
  if (!assumed.empty()) {
    plan.changes.back().undo +=
        "It is assumed that " + printable(assumed, 200) +
        " is the old host's own key: it came with the change that named that host. " +
        (observed.leave ? "You are asked about it.\n" : "The old host is asked when the move comes to it.\n");
  }
  warn_of_keys(plan.changes.back(), plan);
}

}  // namespace atb::migrate
