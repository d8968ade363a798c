#include "core/migrate/returning.h"

#include "core/base/text.h"
#include "core/migrate/asking.h"
#include "core/migrate/leave.h"

#include <optional>

namespace atb::migrate {
namespace {

Result<xrpc::Tokens> log_in_with(Move& move, const Secret& password) {
  auto tokens = TRY(log_in_with_code(move, move.new_host.anonymous(), password));
  if (tokens.did != move.did) {
    return fail(ErrorKind::untrusted, "move.other_account",
                move.new_host.host().origin() + " logged in another account: " + tokens.did.str());
  }
  if (account::scope_of(tokens.access) == account::Scope::app_password) {
    return fail(ErrorKind::auth, "move.app_password",
                "this is an app password, and the main password of the account on " +
                    move.new_host.host().origin() + " is needed",
                "run the command again with the main password");
  }
  TRY(move.secrets.put(SecretsFile::kNewPassword, password));
  return tokens;
}

Error forgotten(Error error, const Move& move) {
  const std::string host = move.new_host.host().origin();
  error.hint =
      "the password is the one that the account had on " + host +
      ", given with --new-password-file in a script. If it is lost: choose 'forgot password' there, "
      "which mails a code to the address that host knows, then 'atbackup migrate resume'; or ask its "
      "operator to delete the account there, and begin anew";
  return std::move(error).while_("logging in to the account that is on " + host + " already");
}

// Some hosts let the owner of an inactive account in on the word of the old host, as if it were to be made;
// the others say no and change nothing. Empty: they did.
Result<std::optional<xrpc::Tokens>> vouched_for(Move& move, const Secret& password) {
  if (without_old_host(move.journal)) return std::optional<xrpc::Tokens>();
  const xrpc::Client old_client = TRY(move.old_host.client());
  const xrpc::SessionInfo known = TRY(xrpc::get_session(old_client, move.stop()));
  xrpc::FixedToken token(TRY(xrpc::get_service_auth(old_client, move.journal.get(fact::kNewDid),
                                                    "com.atproto.server.createAccount", move.stop())));
  const xrpc::Client host(move.context.http, move.new_host.host(), &token, move.context.limits);
  auto tokens =
      xrpc::create_account(host,
                           {.did = move.did,
                            .handle = move.options.handle.empty() ? known.handle : move.options.handle,
                            .email = move.options.email.empty() ? known.email : move.options.email,
                            .password = &password,
                            .invite_code = move.options.invite_code},
                           move.stop());
  if (!tokens && tokens.error().kind == ErrorKind::cancelled) return tokens.error();
  if (!tokens || tokens->did != move.did) return std::optional<xrpc::Tokens>();
  TRY(move.note("The password on " + move.new_host.host().origin() +
                " may be neither the one that was given nor known to you: set a new one there."));
  return std::optional(*std::move(tokens));
}

Result<xrpc::Tokens> log_in_there(Move& move) {
  constexpr int kAttempts = 3;
  if (const Secret* kept = move.secrets.get(SecretsFile::kNewPassword)) {
    auto tokens = log_in_with(move, kept->clone());
    if (tokens || tokens.error().kind != ErrorKind::auth) return tokens;
  }
  const bool given = account::is_set(move.sources.new_password);
  for (int attempt = 1;; ++attempt) {
    const Secret password =
        TRY(move.ask(move.sources.new_password, "new-password",
                     "Password of the account that is already on " + move.new_host.host().origin() + ": "));
    auto tokens = log_in_with(move, password);
    if (tokens) return tokens;
    if (tokens.error().kind != ErrorKind::auth) return tokens;
    if (given || attempt == kAttempts) {
      if (auto let_in = TRY(vouched_for(move, password))) return *std::move(let_in);
      return forgotten(std::move(tokens).error(), move);
    }
    move.world.prompter.show("It is not taken: " + printable(tokens.error().message) + ". Once more.\n");
  }
}

Result<bool> is_active_there(Move& move) {
  const auto status = xrpc::get_repo_status(move.new_host.anonymous(), move.did, move.stop());
  if (status) return status->active;
  if (status.error().kind == ErrorKind::gone) return false;
  return status.error();
}

// Neither stops the move: both can be mended after it.
Status note_what_stays(Move& move, const std::string& handle) {
  const std::string host = move.new_host.host().origin();
  const Secret* password = move.secrets.get(SecretsFile::kNewPassword);
  if (move.old_password && password != nullptr && move.old_password->reveal() == password->reveal())
    TRY(move.note("The password on " + host + " is the one that " + move.old_host.host().origin() +
                  " knows: change it."));
  if (move.options.handle.empty() || move.options.handle == handle) return {};
  return move.note("The account came back to " + host + " under the name that it has there, " +
                   printable(handle) + ". Take the name " + printable(move.options.handle) +
                   " there now, in your app's settings.");
}

}  // namespace

bool returns(const Journal& journal) { return journal.get(fact::kReturns) == "yes"; }

Result<Observation> look_at_return(Move& move) {
  if (!TRY(move.new_host.works(move.stop()))) return Observation{false, "no session on the new host"};
  if (!move.journal.has(fact::kHandle)) return Observation{false, "its name there is not known yet"};
  if (TRY(is_active_there(move))) return Observation{false, "the account is active on the new host"};
  return Observation{true, "logged in to the account that is there"};
}

Status enter_account_there(Move& move) {
  if (!TRY(move.new_host.works(move.stop()))) {
    const xrpc::Tokens tokens = TRY(log_in_there(move));
    TRY(move.new_host.keep(tokens));
  }
  const xrpc::Client host = TRY(move.new_host.client());
  const xrpc::SessionInfo info = TRY(xrpc::get_session(host, move.stop()));
  TRY(move.journal.set(fact::kHandle, info.handle));
  TRY(note_what_stays(move, info.handle));
  if (TRY(is_active_there(move))) return xrpc::deactivate_account(host, move.stop());
  return {};
}

}  // namespace atb::migrate
