// Logging in on both sides, and the account on the new host.
#include "core/base/text.h"
#include "core/migrate/machine.h"
#include "core/migrate/move.h"

namespace atb::migrate {
namespace {

constexpr std::string_view kCreateAccountMethod = "com.atproto.server.createAccount";
constexpr std::string_view kInviteCode = "invite-code";

// A new password is typed twice; one from a file or command counts as it is.
Result<Secret> new_password(Move& move) {
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

Result<xrpc::Tokens> log_in_with_code(Move& move, const xrpc::Client& host, const Secret& password) {
  xrpc::Login login{
      .identifier = move.did.str(), .password = &password, .auth_factor_token = {}, .allow_takendown = false};
  auto tokens = xrpc::create_session(host, login, move.stop());
  if (tokens || tokens.error().id != "xrpc.auth_factor_token_required") return tokens;
  const Secret code = TRY(move.ask(move.sources.auth_code, "auth-code",
                                   "Login code from the e-mail that " + host.host().origin() +
                                       " has just sent (this is not yet the code for the move): "));
  login.auth_factor_token = trim(code.reveal());
  tokens = xrpc::create_session(host, login, move.stop());
  wipe(login.auth_factor_token.data(), login.auth_factor_token.size());
  return tokens;
}

class LogInOld final : public Step {
 public:
  std::string_view name() const override { return "log-in-old"; }
  std::string_view title() const override { return "Log in on the old host"; }

  Result<Observation> observe(Move& move) override {
    if (!TRY(move.old_host.works(move.stop()))) return Observation{false, "no session"};
    if (move.secrets.get(SecretsFile::kNewPassword) == nullptr)
      return Observation{false, "no new password yet"};
    if (!move.journal.has(fact::kEmail)) return Observation{false, "no e-mail address yet"};
    return Observation{true, "session works"};
  }

  Status act(Move& move) override {
    if (!TRY(move.old_host.works(move.stop()))) TRY(log_in(move));
    if (!move.journal.has(fact::kEmail)) TRY(settle_email(move));
    return settle_new_password(move);
  }

 private:
  static Status log_in(Move& move) {
    const xrpc::Client host = move.old_host.anonymous();
    move.old_password =
        TRY(move.ask(move.sources.password, "password",
                     "Main password of the account on " + host.host().origin() + " (not an app password): "));
    const xrpc::Tokens tokens = TRY(log_in_with_code(move, host, *move.old_password));
    if (tokens.did != move.did) {
      return fail(ErrorKind::untrusted, "move.other_account",
                  host.host().origin() + " logged in another account: " + tokens.did.str());
    }
    if (account::scope_of(tokens.access) == account::Scope::app_password) {
      return fail(ErrorKind::auth, "move.app_password",
                  "this is an app password, and a move needs the main password",
                  "run the command again with the main password of the account");
    }
    // Before the session is kept: while the old password is known, the new one is held against it.
    TRY(settle_new_password(move));
    return move.old_host.keep(tokens);
  }

  static Status settle_new_password(Move& move) {
    if (move.secrets.get(SecretsFile::kNewPassword) != nullptr) return {};
    const Secret password = TRY(new_password(move));
    return move.secrets.put(SecretsFile::kNewPassword, password);
  }

  static Status settle_email(Move& move) {
    std::string email = move.options.email;
    if (email.empty()) {
      const xrpc::Client host = TRY(move.old_host.client());
      const xrpc::SessionInfo info = TRY(xrpc::get_session(host, move.stop()));
      email = info.email;
    }
    if (email.empty() && move.world.prompter.can_ask()) {
      email = TRY(move.world.prompter.line("E-mail address for the account on the new host: "));
    }
    if (email.empty()) {
      return fail(ErrorKind::invalid_input, "move.email",
                  "the new host needs an e-mail address, and the old host tells none",
                  "give it with --email");
    }
    return move.journal.set(fact::kEmail, email);
  }
};

class CreateAccount final : public Step {
 public:
  std::string_view name() const override { return "create-account"; }
  std::string_view title() const override { return "Make the account on the new host, not yet active"; }

  Result<Observation> observe(Move& move) override {
    // With a session of ours there is an account of ours; a status question would need the host to tell
    // strangers.
    const bool logged_in = TRY(move.new_host.works(move.stop()));
    if (logged_in) return Observation{true, "we are logged in there"};
    auto status = xrpc::get_repo_status(move.new_host.anonymous(), move.did, move.stop());
    if (status)
      return Observation{true, "the new host knows the account" +
                                   (status->active ? std::string(" (active)") : " (" + status->status + ")")};
    if (status.error().id == "xrpc.repo_not_found")
      return Observation{false, "the new host does not know the account"};
    // Deactivated, suspended…: it is there.
    if (status.error().kind == ErrorKind::gone) return Observation{true, status.error().message};
    return std::unexpected(std::move(status).error());
  }

  Status act(Move& move) override {
    const std::string invite = TRY(invite_code(move));
    // A host that refused the first password may be offered another.
    if (account::is_set(move.sources.new_password)) {
      const Secret again = TRY(new_password(move));
      TRY(move.secrets.put(SecretsFile::kNewPassword, again));
    }
    const Secret* password = move.secrets.get(SecretsFile::kNewPassword);
    if (password == nullptr)
      return fail(ErrorKind::internal, "move.no_password", "the new password is not in the secrets file");
    const xrpc::Client old_client = TRY(move.old_host.client());
    xrpc::FixedToken service_token(TRY(xrpc::get_service_auth(old_client, move.journal.get(fact::kNewDid),
                                                              kCreateAccountMethod, move.stop())));
    const xrpc::Client host(move.context.http, move.new_host.host(), &service_token, move.context.limits);
    const xrpc::NewAccount account{.did = move.did,
                                   .handle = move.journal.get(fact::kHandle),
                                   .email = move.journal.get(fact::kEmail),
                                   .password = password,
                                   .invite_code = invite,
                                   .verification_code = {}};
    auto tokens = xrpc::create_account(host, account, move.stop());
    if (!tokens) return std::unexpected(explained(std::move(tokens).error(), move));
    if (tokens->did != move.did) {
      return fail(ErrorKind::untrusted, "move.other_account",
                  host.host().origin() + " made another account: " + tokens->did.str());
    }
    return move.new_host.keep(*tokens);
  }

 private:
  static Result<std::string> invite_code(Move& move) {
    if (!move.options.invite_code.empty())
      TRY(move.secrets.put(kInviteCode, Secret::copy_of(move.options.invite_code)));
    const Secret* kept = move.secrets.get(kInviteCode);
    return kept == nullptr ? std::string() : std::string(kept->reveal());
  }

  static Error explained(Error error, const Move& move) {
    if (error.hint.empty() && error.kind == ErrorKind::remote) {
      error.hint =
          "nothing has changed yet; run 'atbackup migrate resume' with another --handle, --email or "
          "--invite-code as needed";
    }
    return std::move(error).while_("making the account " + move.journal.get(fact::kHandle) + " on " +
                                   move.new_host.host().origin());
  }
};

class LogInNew final : public Step {
 public:
  std::string_view name() const override { return "log-in-new"; }
  std::string_view title() const override { return "Log in on the new host"; }

  Result<Observation> observe(Move& move) override {
    if (TRY(move.new_host.works(move.stop()))) return Observation{true, "session works"};
    return Observation{false, "no session"};
  }

  Status act(Move& move) override {
    const Secret* kept = move.secrets.get(SecretsFile::kNewPassword);
    auto tokens =
        kept == nullptr ? log_in_anew(move) : log_in_with_code(move, move.new_host.anonymous(), *kept);
    if (kept != nullptr && !tokens && tokens.error().kind == ErrorKind::auth &&
        account::is_set(move.sources.new_password)) {
      tokens = log_in_anew(move);
    }
    if (!tokens) {
      Error error = std::move(tokens).error();
      if (error.kind == ErrorKind::auth) {
        error.hint =
            "if the account there was made with another password, give that one with --new-password-file";
      }
      return std::unexpected(std::move(error));
    }
    return move.new_host.keep(*tokens);
  }

 private:
  // With a password that is not the kept one, which may be wrong, or lost with its file. The kept one may be
  // all there is: another takes its place only once it has worked.
  static Result<xrpc::Tokens> log_in_anew(Move& move) {
    const Secret other = TRY(move.ask(move.sources.new_password, "new-password",
                                      "Password of the account on " + move.new_host.host().origin() + ": "));
    auto tokens = TRY(log_in_with_code(move, move.new_host.anonymous(), other));
    TRY(move.secrets.put(SecretsFile::kNewPassword, other));
    return tokens;
  }
};

}  // namespace

std::unique_ptr<Step> log_in_old_step() { return std::make_unique<LogInOld>(); }
std::unique_ptr<Step> create_account_step() { return std::make_unique<CreateAccount>(); }
std::unique_ptr<Step> log_in_new_step() { return std::make_unique<LogInNew>(); }

}  // namespace atb::migrate
