// Passwords and addresses that a move asks for, and logging in with them. Private to this module.
#pragma once

#include "core/migrate/move.h"

#include <string>

namespace atb::migrate {

// A new password is typed twice; one from a file or command counts as it is. Never the old one:
// "move.same_password" (refused). "move.new_password" (auth) when none was agreed on.
Result<Secret> ask_new_password(Move& move);
// In the secrets file, asked for if it is not there.
Status settle_new_password(Move& move);
// In the journal: --email, else what the old host tells (may be empty), else asked. "move.email"
// (invalid_input) when there is none.
Status settle_email(Move& move, const std::string& told_by_host);

// createSession, with a mailed login code if the host asks for one. An account that was taken down there is
// let in, where that is wanted, to what is left to it: to read what is its own, and to have a change of its
// identity signed.
enum class Shut : std::uint8_t { refused, let_in };
Result<xrpc::Tokens> log_in_with_code(Move& move, const xrpc::Client& host, const Secret& password,
                                      Shut shut = Shut::refused);
// Asks for the main password of the old host and logs in; the password stays in `move` for this run.
// "move.other_account" (untrusted), "move.app_password" (auth).
Result<xrpc::Tokens> log_in_on_old_host(Move& move);

}  // namespace atb::migrate
