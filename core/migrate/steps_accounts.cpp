// Logging in on both sides, and the account on the new host.
#include "core/migrate/asking.h"
#include "core/migrate/host_ways.h"
#include "core/migrate/leave.h"
#include "core/migrate/machine.h"
#include "core/migrate/returning.h"
#include "core/migrate/service_token.h"

namespace atb::migrate {
namespace {

constexpr std::string_view kCreateAccountMethod = "com.atproto.server.createAccount";
constexpr std::string_view kInviteCode = "invite-code";

class LogInOld final : public Step {
 public:
  std::string_view name() const override { return "log-in-old"; }
  std::string_view title() const override { return "Log in on the old host"; }

  Result<Observation> observe(Move& move) override {
    if (!TRY(move.old_host.works(move.stop()))) return Observation{false, "no session"};
    if (returns(move.journal)) return look_at_return(move);
    if (move.secrets.get(SecretsFile::kNewPassword) == nullptr)
      return Observation{false, "no new password yet"};
    if (!move.journal.has(fact::kEmail)) return Observation{false, "no e-mail address yet"};
    return Observation{true, "session works"};
  }

  Status act(Move& move) override {
    if (!TRY(move.old_host.works(move.stop()))) TRY(log_in(move));
    if (returns(move.journal)) return enter_account_there(move);
    if (!move.journal.has(fact::kEmail)) TRY(email_of_old_host(move));
    return settle_new_password(move);
  }

 private:
  static Status log_in(Move& move) {
    const xrpc::Tokens tokens = TRY(log_in_on_old_host(move));
    // Before the session is kept: while the old password is known, the new one is held against it.
    if (!returns(move.journal)) TRY(settle_new_password(move));
    return move.old_host.keep(tokens);
  }

  static Status email_of_old_host(Move& move) {
    if (!move.options.email.empty()) return settle_email(move, {});
    const xrpc::SessionInfo info = TRY(xrpc::get_session(TRY(move.old_host.client()), move.stop()));
    return settle_email(move, info.email);
  }
};

class CreateAccount final : public Step {
 public:
  std::string_view name() const override { return "create-account"; }
  std::string_view title() const override { return "Make the account on the new host, not yet active"; }

  Result<Observation> observe(Move& move) override { return look_for_account(move); }

  Status act(Move& move) override {
    const std::string invite = TRY(invite_code(move));
    // A host that refused the first password may be offered another.
    if (account::is_set(move.sources.new_password)) {
      const Secret again = TRY(ask_new_password(move));
      TRY(move.secrets.put(SecretsFile::kNewPassword, again));
    }
    const Secret* password = move.secrets.get(SecretsFile::kNewPassword);
    if (password == nullptr)
      return fail(ErrorKind::internal, "move.no_password", "the new password is not in the secrets file");
    xrpc::FixedToken service_token(TRY(token_for_new_host(move)));
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

  // The old host vouches for the account; without it the temporary key does, which the identity names by now.
  static Result<Secret> token_for_new_host(Move& move) {
    const std::string audience = move.journal.get(fact::kNewDid);
    if (without_old_host(move.journal)) {
      const crypto::PrivateKey key = TRY(temporary_key(move));
      return make_service_token(
          {.issuer = move.did, .audience = audience, .method = std::string(kCreateAccountMethod)}, key,
          move.context.clock, move.context.random);
    }
    return xrpc::get_service_auth(TRY(move.old_host.client()), audience, kCreateAccountMethod, move.stop());
  }

  static Error explained(Error error, const Move& move) {
    if (error.hint.empty() && error.kind == ErrorKind::remote) {
      error.hint =
          "run 'atbackup migrate resume' with another --handle, --email or --invite-code as needed; the "
          "account "
          "is where it was";
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
      if (error.id == "xrpc.account_not_verified") {
        TRY(met(move, "login-after-verification"));
      } else if (error.kind == ErrorKind::auth) {
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

namespace {

// On a host that does not say whether it knows the account, when this move has asked it to make one: what was
// made then lets us in.
Result<bool> log_in_after_all(Move& move) {
  const Secret* password = move.secrets.get(SecretsFile::kNewPassword);
  if (password == nullptr || TRY(move.journal.last_phase("create-account")).empty()) return false;
  const xrpc::Login login{.identifier = move.did.str(), .password = password};
  auto tokens = xrpc::create_session(move.new_host.anonymous(), login, move.stop());
  if (!tokens && tokens.error().kind == ErrorKind::cancelled)
    return std::unexpected(std::move(tokens).error());
  if (!tokens || tokens->did != move.did) return false;
  TRY(move.new_host.keep(*tokens));
  return true;
}

}  // namespace

Result<Observation> look_for_account(Move& move) {
  // With a session of ours there is an account of ours; a status question would need the host to tell
  // strangers.
  const bool logged_in = TRY(move.new_host.works(move.stop()));
  if (logged_in) return Observation{true, "we are logged in there"};
  if (is_host_of_one(move.journal)) {
    TRY(met(move, "host-of-one"));
    return Observation{true, "the new host is this account's own"};
  }
  bool guessed = false;
  auto status = account_on(move.new_host.anonymous(), move.did, move.context.log, move.stop(), &guessed);
  if (guessed) {
    TRY(met(move, "unknown-account-500"));
    if (TRY(log_in_after_all(move))) return Observation{true, "the new host lets us in"};
  }
  if (status)
    return Observation{true, "the new host knows the account" +
                                 (status->active ? std::string(" (active)") : " (" + status->status + ")")};
  if (status.error().id == "xrpc.repo_not_found")
    return Observation{false, "the new host does not know the account"};
  // Deactivated, suspended…: it is there.
  if (status.error().kind == ErrorKind::gone) return Observation{true, status.error().message};
  return std::unexpected(std::move(status).error());
}

std::unique_ptr<Step> log_in_old_step() { return std::make_unique<LogInOld>(); }
std::unique_ptr<Step> create_account_step() { return std::make_unique<CreateAccount>(); }
std::unique_ptr<Step> log_in_new_step() { return std::make_unique<LogInNew>(); }

}  // namespace atb::migrate
