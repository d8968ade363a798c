// What every change of an identity shares: shown as a difference, agreed to, signed by a host or by the
// user's own key, checked, and seen in the directory. Private to this module.
#pragma once

#include "core/migrate/machine.h"
#include "core/migrate/move.h"
#include "core/plc/merge.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::migrate {

// What a host asks for, and further keys that are known to be its own.
plc::HostCredentials credentials_of(const xrpc::RecommendedCredentials& recommended);
void add_known_keys(plc::HostCredentials& credentials, const net::Url& host);
// What the new host asks for, held against the plan: "move.handle_differs" (conflict),
// "move.endpoint_differs" (untrusted: the identity would name a host that nobody has looked at).
Result<plc::HostCredentials> new_host_credentials(Move& move);

// Merges; keys of unknown owner are asked about, or answered by --keep-key and --remove-key:
// "move.unknown_key" (refused) where nobody can be asked. Journals which keys must be gone afterwards.
// `about`: what is known of such a key, a sentence or nothing.
Result<plc::State> merge_and_decide(Move& move, plc::MoveRequest request,
                                    const std::function<std::string(const std::string& key)>& about);

// One key of unknown owner: is it the user's? As merge_and_decide.
Result<bool> shall_be_kept(Move& move, const std::string& key, const std::string& known);

// The directory's log, for an operation to follow: one that lacks or replaces what was seen before is none to
// build on. "plan.witness" (refused).
Result<plc::AuditedLog> log_to_build_on(Move& move);

std::string describe_change(const plc::State& before, const plc::State& after);
// The last question: --confirm, or at the terminal. "move.confirm", "move.not_agreed" (refused).
Status agree_to_change(Move& move);

// The old host mails a code and signs. Gives the operation as it came.
Result<data::Value> have_host_sign(Move& move, const plc::State& wanted);
// A host signs what it likes: every field is held against what was agreed to. "move.operation_differs"
// (untrusted), "move.operation_prev" (conflict), those of Operation::signer and of the directory's limits.
Status check_signed(const plc::Operation& operation, const plc::State& wanted, const plc::AuditedLog& log);
// The same without a host: signed by the user's key, to follow entry `prev` of the log, which is the head
// unless something is undone. Ids of plc::place.
Result<plc::Operation> sign_with_own_key(Move& move, const plc::State& wanted, const plc::AuditedLog& log,
                                         std::size_t prev);
// Would the directory take it now, and would it undo what was agreed to (fact::kUndoes) and nothing else?
bool still_fits(const Move& move, const plc::Operation& operation, const plc::AuditedLog& log);

// The operation that was agreed to and signed: is it in force? And itself, "move.not_signed" (internal)
// before there is one.
Result<Observation> look_for_signed(Move& move);
Result<plc::Operation> signed_operation(const Move& move);
// The operation that a fact holds as JSON; empty when there is none.
Result<std::optional<plc::Operation>> operation_fact(const Move& move, std::string_view name);
// In the history in force, be it the head or not: others may have added to it since.
bool in_force(const plc::AuditedLog& log, const ipld::Cid& operation);
// The directory's replicas lag a little. Not seen after some seconds is no error: whoever asked looks once
// more.
Status wait_until_in_force(Move& move, const ipld::Cid& operation);

}  // namespace atb::migrate
