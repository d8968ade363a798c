// com.atproto.server: sessions, accounts and their state.
#include "core/xrpc/answer.h"
#include "core/xrpc/endpoints.h"

namespace atb::xrpc {
namespace {

using Repeat = Client::Repeat;

Result<Tokens> tokens_of(const Answer& answer) {
  auto did = TRY(answer.did("did"));
  auto handle = TRY(answer.text("handle"));
  auto access = TRY(answer.secret("accessJwt"));
  auto refresh = TRY(answer.secret("refreshJwt"));
  auto email = TRY(answer.text_or("email", ""));
  const auto active = TRY(answer.boolean_or("active", true));
  auto status = TRY(answer.text_or("status", ""));
  return Tokens{.did = std::move(did),
                .handle = std::move(handle),
                .access = std::move(access),
                .refresh = std::move(refresh),
                .email = std::move(email),
                .active = active,
                .status = std::move(status)};
}

std::string text_of(const Secret* secret) {
  return secret == nullptr ? std::string() : std::string(secret->reveal());
}

}  // namespace

Result<ServerDescription> describe_server(const Client& client, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.server.describeServer";
  const data::Value value = TRY(client.query(kMethod, {}, stop));
  const Answer answer(client, kMethod, value);
  auto did = TRY(answer.did("did")).str();
  auto user_domains = TRY(answer.texts("availableUserDomains"));
  const auto invite_required = TRY(answer.boolean_or("inviteCodeRequired", false));
  const auto phone_required = TRY(answer.boolean_or("phoneVerificationRequired", false));
  const auto blob_limit = TRY(answer.optional_integer("blobUploadLimit"));
  return ServerDescription{.did = std::move(did),
                           .user_domains = std::move(user_domains),
                           .invite_required = invite_required,
                           .phone_required = phone_required,
                           .blob_limit = blob_limit};
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
  auto did = TRY(answer.did("did"));
  auto handle = TRY(answer.text("handle"));
  auto email = TRY(answer.text_or("email", ""));
  const auto email_confirmed = TRY(answer.boolean_or("emailConfirmed", false));
  const auto active = TRY(answer.boolean_or("active", true));
  auto status = TRY(answer.text_or("status", ""));
  return SessionInfo{.did = std::move(did),
                     .handle = std::move(handle),
                     .email = std::move(email),
                     .email_confirmed = email_confirmed,
                     .active = active,
                     .status = std::move(status)};
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
  const auto activated = TRY(answer.boolean("activated"));
  const auto valid_did = TRY(answer.boolean("validDid"));
  // Some hosts count nothing, and name no commit.
  auto repo_commit = TRY(answer.text_or("repoCommit", ""));
  auto repo_rev = TRY(answer.text_or("repoRev", ""));
  const auto repo_blocks = TRY(answer.optional_integer("repoBlocks")).value_or(0);
  const auto indexed_records = TRY(answer.optional_integer("indexedRecords")).value_or(0);
  const auto expected_blobs = TRY(answer.optional_integer("expectedBlobs")).value_or(0);
  const auto imported_blobs = TRY(answer.optional_integer("importedBlobs")).value_or(0);
  return AccountStatus{.activated = activated,
                       .valid_did = valid_did,
                       .repo_commit = std::move(repo_commit),
                       .repo_rev = std::move(repo_rev),
                       .repo_blocks = repo_blocks,
                       .indexed_records = indexed_records,
                       .expected_blobs = expected_blobs,
                       .imported_blobs = imported_blobs};
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
