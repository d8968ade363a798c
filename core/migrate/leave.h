// A move without the old host, from a backup and with a rotation key of the user's own. Private to this
// module.
#pragma once

#include "core/migrate/machine.h"
#include "core/migrate/move.h"

namespace atb::migrate {

// The way of this move: the plan decides it, the journal keeps it.
// How the note begins that such a move leaves.
inline constexpr std::string_view kOldHostLeftAlone = "The account was not deactivated on ";
bool without_old_host(const Journal& journal);

// --hostile-host and --signing-key-file: "move.needs_from" (invalid_input).
Status check_leaving_options(const Options& options, bool alone);

// Whose backup this is, and the identity as the directory knows it now; handles may be dead with the host.
// "leave.other_account" (refused: `account` is another).
Result<identity::Identity> identity_of_backup(exporter::Context& context, const syntax::AtIdentifier& account,
                                              const std::string& backup);

// As Resolver::resolve; one that was given up, as it was before: a key of the user's may undo that.
Result<identity::Identity> identity_to_leave(exporter::Context& context, const syntax::Did& did);

// The identity names a signing key already that is held here (--signing-key-file), and nothing else is to be
// changed before the new host makes the account: then the first change is not needed.
bool claim_is_needless(const Move& move, const plc::AuditedLog& log);

// The temporary signing key, from the secrets; "key.scalar" when there is none.
Result<crypto::PrivateKey> temporary_key(const Move& move);

// Does the new host know the account? (steps_accounts.cpp)
Result<Observation> look_for_account(Move& move);

// The steps of such a move, in place of those that need the old host.
std::unique_ptr<Step> new_credentials_step();
std::unique_ptr<Step> prove_backup_step();
std::unique_ptr<Step> temporary_key_step();
std::unique_ptr<Step> sign_claim_step();
std::unique_ptr<Step> claim_step();
std::unique_ptr<Step> sign_by_key_step();
std::unique_ptr<Step> leave_old_alone_step();

}  // namespace atb::migrate
