// com.atproto.server: sessions, accounts and their state.
#include "core/xrpc/answer.h"
#include "core/xrpc/endpoints.h"

namespace atb::xrpc {
namespace {

using Repeat = Client::Repeat;

Result<Tokens> tokens_of(const Answer& answer) {
  return Tokens{.did = TRY(answer.did("did")),
                .handle = TRY(answer.text("handle")),
                .access = TRY(answer.secret("accessJwt")),
                .refresh = TRY(answer.secret("refreshJwt")),
                .email = TRY(answer.text_or("email", "")),
                .active = TRY(answer.boolean_or("active", true)),
                .status = TRY(answer.text_or("status", ""))};
}

std::string text_of(const Secret* secret) {
  return secret == nullptr ? std::string() : std::string(secret->reveal());
}

}  // namespace

Result<ServerDescription> describe_server(const Client& client, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.server.describeServer";
  const data::Value value = TRY(client.query(kMethod, {}, stop));
  const Answer answer(client, kMethod, value);
  return ServerDescription{.did = TRY(answer.did("did")).str(),
                           .user_domains = TRY(answer.texts("availableUserDomains")),
                           .invite_required = TRY(answer.boolean_or("inviteCodeRequired", false)),
                           .phone_required = TRY(answer.boolean_or("phoneVerificationRequired", false)),
                           .blob_limit = TRY(answer.optional_integer("blobUploadLimit"))};
}

Result<Tokens> create_session(const Client& client, const Login& login, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.server.createSession";
  data::Object input;
  input.set("identifier", login.identifier).set("password", text_of(login.password));
  if (!login.auth_factor_token.empty()) input.set("authFactorToken", login.auth_factor_token);
  if (login.allow_takendown) input.set("allowTakendown", true);
  // A code from an e-mail counts once: a login whose answer was lost is not sent again.
  const data::Value value = TRY(client.procedure(kMethod, std::move(input), Repeat::unsafe, stop));
  return tokens_of(Answer(client, kMethod, value));
}

Result<Tokens> refresh_session(const Client& client, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.server.refreshSession";
  // The reference host takes a spent refresh token for two hours more, for just this case: the answer was
  // lost.
  const data::Value value = TRY(client.procedure(kMethod, {}, Repeat::safe, stop));
  return tokens_of(Answer(client, kMethod, value));
}

Status delete_session(const Client& client, const StopToken& stop) {
  TRY(client.procedure("com.atproto.server.deleteSession", {}, Repeat::safe, stop));
  return {};
}

Result<SessionInfo> get_session(const Client& client, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.server.getSession";
  const data::Value value = TRY(client.query(kMethod, {}, stop));
  const Answer answer(client, kMethod, value);
  return SessionInfo{.did = TRY(answer.did("did")),
                     .handle = TRY(answer.text("handle")),
                     .email = TRY(answer.text_or("email", "")),
                     .email_confirmed = TRY(answer.boolean_or("emailConfirmed", false)),
                     .active = TRY(answer.boolean_or("active", true)),
                     .status = TRY(answer.text_or("status", ""))};
}

Result<Secret> get_service_auth(const Client& client, std::string_view audience, std::string_view method,
                                const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.server.getServiceAuth";
  const data::Value value =
      TRY(client.query(kMethod, {{"aud", std::string(audience)}, {"lxm", std::string(method)}}, stop));
  return Answer(client, kMethod, value).secret("token");
}

Result<Tokens> create_account(const Client& client, const NewAccount& account, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.server.createAccount";
  data::Object input;
  input.set("did", account.did.str())
      .set("handle", account.handle)
      .set("email", account.email)
      .set("password", text_of(account.password));
  if (!account.invite_code.empty()) input.set("inviteCode", account.invite_code);
  if (!account.verification_code.empty()) input.set("verificationCode", account.verification_code);
  const data::Value value = TRY(client.procedure(kMethod, std::move(input), Repeat::unsafe, stop));
  const Answer answer(client, kMethod, value);
  Tokens tokens = TRY(tokens_of(answer));
  if (tokens.did != account.did) return answer.wrong("did", "is of another account");
  return tokens;
}

Result<AccountStatus> check_account_status(const Client& client, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.server.checkAccountStatus";
  const data::Value value = TRY(client.query(kMethod, {}, stop));
  const Answer answer(client, kMethod, value);
  return AccountStatus{.activated = TRY(answer.boolean("activated")),
                       .valid_did = TRY(answer.boolean("validDid")),
                       .repo_commit = TRY(answer.text("repoCommit")),
                       .repo_rev = TRY(answer.text("repoRev")),
                       .repo_blocks = TRY(answer.integer("repoBlocks")),
                       .indexed_records = TRY(answer.integer("indexedRecords")),
                       .expected_blobs = TRY(answer.integer("expectedBlobs")),
                       .imported_blobs = TRY(answer.integer("importedBlobs"))};
}

Status activate_account(const Client& client, const StopToken& stop) {
  TRY(client.procedure("com.atproto.server.activateAccount", {}, Repeat::safe, stop));
  return {};
}

Status deactivate_account(const Client& client, const StopToken& stop) {
  // The lexicon demands a body. No deleteAfter in it, ever: the old copy is the user's last net.
  TRY(client.procedure("com.atproto.server.deactivateAccount", data::Object(), Repeat::safe, stop));
  return {};
}

}  // namespace atb::xrpc
