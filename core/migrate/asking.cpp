#include "core/migrate/asking.h"

#include "core/base/text.h"

namespace atb::migrate {

Result<Secret> ask_new_password(Move& move) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    Secret first = TRY(move.ask(move.sources.new_password, "new-password",
                                "New password for the account on " + move.new_host.host().origin() + ": "));
    if (move.old_password && first.reveal() == move.old_password->reveal()) {
      if (account::is_set(move.sources.new_password)) {
        return fail(ErrorKind::refused, "move.same_password", "the new password is the old one",
                    "choose another: the old host knows the old one");
      }
      move.world.prompter.show("That is the old password, which the old host knows. Choose another.\n");
      continue;
    }
    if (account::is_set(move.sources.new_password)) return first;
    const Secret second = TRY(move.world.prompter.secret("The same again: "));
    if (first.reveal() == second.reveal()) return first;
    move.world.prompter.show("The two differ. Once more.\n");
  }
  return fail(ErrorKind::auth, "move.new_password", "no new password was agreed on",
              "run the same command again");
}

Status settle_new_password(Move& move) {
  if (move.secrets.get(SecretsFile::kNewPassword) != nullptr) return {};
  const Secret password = TRY(ask_new_password(move));
  return move.secrets.put(SecretsFile::kNewPassword, password);
}

Status settle_email(Move& move, const std::string& told_by_host) {
  std::string email = move.options.email.empty() ? told_by_host : move.options.email;
  if (email.empty() && move.world.prompter.can_ask()) {
    email = TRY(move.world.prompter.line("E-mail address for the account on the new host: "));
  }
  if (email.empty()) {
    return fail(ErrorKind::invalid_input, "move.email",
                "the new host needs an e-mail address, and the old host tells none", "give it with --email");
  }
  return move.journal.set(fact::kEmail, email);
}

Result<xrpc::Tokens> log_in_with_code(Move& move, const xrpc::Client& host, const Secret& password,
                                      Shut shut) {
  xrpc::Login login{
      .identifier = move.did.str(), .password = &password, .auth_factor_token = {}, .allow_takendown = false};
  auto tokens = xrpc::create_session(host, login, move.stop());
  if (!tokens && shut == Shut::let_in && tokens.error().id == "xrpc.account_takedown") {
    login.allow_takendown = true;
    tokens = xrpc::create_session(host, login, move.stop());
  }
  if (tokens || tokens.error().id != "xrpc.auth_factor_token_required") return tokens;
  const Secret code =
      TRY(move.ask(move.sources.auth_code, "auth-code",
                   "Login code from the e-mail that " + host.host().origin() +
                       " has just sent (this is not yet the code for the change of identity): "));
  login.auth_factor_token = trim(code.reveal());
  tokens = xrpc::create_session(host, login, move.stop());
  wipe(login.auth_factor_token.data(), login.auth_factor_token.size());
  return tokens;
}

Result<xrpc::Tokens> log_in_on_old_host(Move& move) {
  const xrpc::Client host = move.old_host.anonymous();
  move.old_password =
      TRY(move.ask(move.sources.password, "password",
                   "Main password of the account on " + host.host().origin() + " (not an app password): "));
  xrpc::Tokens tokens = TRY(log_in_with_code(move, host, *move.old_password, Shut::let_in));
  if (tokens.did != move.did) {
    return fail(ErrorKind::untrusted, "move.other_account",
                host.host().origin() + " logged in another account: " + tokens.did.str());
  }
  if (account::scope_of(tokens.access) == account::Scope::app_password) {
    return fail(ErrorKind::auth, "move.app_password",
                "this is an app password, and the main password is needed",
                "run the command again with the main password of the account");
  }
  return tokens;
}

}  // namespace atb::migrate
