#include "tests/support/fake_pds.h"

#include "core/account/session_store.h"
#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/data/json.h"
#include "tests/support/fake_pds_call.h"
#include "tests/support/http_date.h"

#include <fmt/format.h>

#include <stdexcept>

namespace atb::test {
namespace {

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      decoded.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

Answer answer_of(const Refusal& refusal) {
  return {.status = refusal.status,
          .body = data::to_json(data::Object().set("error", refusal.name).set("message", refusal.message))};
}

}  // namespace

FakePds::FakePds(FakePdsOptions options, FakePlc& plc, ManualClock& clock, os::Random& random)
    : options_(std::move(options)), plc_(plc), clock_(clock), random_(random) {}

Answer FakePds::answer(const SentRequest& request) {
  Answer given = answer_without_date(request);
  given.headers.emplace_back("date", http_date(clock_.wall_us() + ahead_us));
  return given;
}

Answer FakePds::answer_without_date(const SentRequest& request) {
  Call call(*this, request);
  if (const auto found = intercepts.find(call.method); found != intercepts.end()) {
    if (auto given = found->second(request)) return *given;
  }
  try {
    if (call.method == "_health") return {.body = R"({"version":"0.0.0"})"};
    return call.answer();
  } catch (const Refusal& refusal) {
    return answer_of(refusal);
  }
}

FakeAccount* FakePds::find(const syntax::Did& did) {
  const auto found = accounts_.find(did.str());
  return found == accounts_.end() ? nullptr : found->second.get();
}

FakeAccount& FakePds::add_account(const syntax::Did& did, crypto::PrivateKey key, const std::string& handle,
                                  const std::string& email, const std::string& password) {
  auto account = std::make_unique<FakeAccount>(FakeAccount{.did = did,
                                                           .handle = handle,
                                                           .email = email,
                                                           .password = password,
                                                           .app_password = {},
                                                           .key = std::move(key),
                                                           .active = true,
                                                           .taken_down = false,
                                                           .verified = true,
                                                           .builder = {},
                                                           .records = {},
                                                           .blocks = {},
                                                           .head = {},
                                                           .data = {},
                                                           .rev = {},
                                                           .blobs = {},
                                                           .preferences = {},
                                                           .access_tokens = {},
                                                           .refresh_tokens = {},
                                                           .plc_code = {}});
  return *(accounts_[did.str()] = std::move(account));
}

void FakePds::end_sessions() {
  for (auto& [did, account] : accounts_) {
    account->access_tokens.clear();
    account->refresh_tokens.clear();
  }
}

void FakePds::alter(const std::string& method, std::function<void(data::Object&)> change) {
  intercepts[method] = [this, change = std::move(change), busy = std::make_shared<bool>(false)](
                           const SentRequest& request) -> std::optional<Answer> {
    if (*busy) return {};
    *busy = true;
    Answer given = answer(request);
    *busy = false;
    auto json = data::parse_json(given.body, Limits{}, data::Floats::allow);
    if (given.status != 200 || !json || json->object() == nullptr) return given;
    change(*json->object());
    given.body = data::to_json(*json);
    return given;
  };
}

void FakePds::refuse(const std::string& method, int status, const std::string& name,
                     const std::string& message) {
  intercepts[method] = [=](const SentRequest&) -> std::optional<Answer> {
    return answer_of({status, name, message});
  };
}

FakePds::Call::Call(FakePds& host, const SentRequest& sent) : pds(host), request(sent) {
  std::string_view path = sent.parsed.path;
  const auto question = path.find('?');
  const std::string_view pairs = question == std::string_view::npos ? "" : path.substr(question + 1);
  path = path.substr(0, question);
  constexpr std::string_view kPrefix = "/xrpc/";
  method = path.starts_with(kPrefix) ? path.substr(kPrefix.size()) : path;
  for (const std::string_view pair : split(pairs, '&')) {
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    query.emplace(percent_decode(pair.substr(0, equals)), percent_decode(pair.substr(equals + 1)));
  }
  if (sent.content_type == "application/json") {
    if (auto parsed = data::parse_json(sent.body, Limits{}, data::Floats::allow)) input = *std::move(parsed);
  }
}

Answer FakePds::Call::answer() {
  static const std::map<std::string_view, Handler> kHandlers = {
      {"com.atproto.server.describeServer", &Call::describe_server},
      {"com.atproto.server.createSession", &Call::create_session},
      {"com.atproto.server.refreshSession", &Call::refresh_session},
      {"com.atproto.server.deleteSession", &Call::delete_session},
      {"com.atproto.server.getSession", &Call::get_session},
      {"com.atproto.server.getServiceAuth", &Call::get_service_auth},
      {"com.atproto.server.createAccount", &Call::create_account},
      {"com.atproto.server.checkAccountStatus", &Call::check_account_status},
      {"com.atproto.server.activateAccount", &Call::activate_account},
      {"com.atproto.server.deactivateAccount", &Call::deactivate_account},
      {"com.atproto.identity.getRecommendedDidCredentials", &Call::recommended_credentials},
      {"com.atproto.identity.requestPlcOperationSignature", &Call::request_signature},
      {"com.atproto.identity.signPlcOperation", &Call::sign_operation},
      {"com.atproto.identity.submitPlcOperation", &Call::submit_operation},
      {"com.atproto.sync.getRepo", &Call::get_repo},
      {"com.atproto.sync.getBlocks", &Call::get_blocks},
      {"com.atproto.sync.getLatestCommit", &Call::latest_commit},
      {"com.atproto.sync.getRepoStatus", &Call::repo_status},
      {"com.atproto.repo.describeRepo", &Call::describe_repo},
      {"com.atproto.sync.listBlobs", &Call::list_blobs},
      {"com.atproto.sync.getBlob", &Call::get_blob},
      {"com.atproto.repo.importRepo", &Call::import_repo},
      {"com.atproto.repo.listMissingBlobs", &Call::missing_blobs},
      {"com.atproto.repo.uploadBlob", &Call::upload_blob},
      {"com.atproto.repo.getRecord", &Call::get_record},
      {"com.atproto.repo.createRecord", &Call::create_record},
      {"com.atproto.repo.putRecord", &Call::put_record},
      {"com.atproto.repo.deleteRecord", &Call::delete_record},
      {"app.bsky.actor.getPreferences", &Call::get_preferences},
      {"app.bsky.actor.putPreferences", &Call::put_preferences},
  };
  const auto found = kHandlers.find(method);
  if (found == kHandlers.end()) throw Refusal{501, "MethodNotImplemented", "Method Not Implemented"};
  return (this->*found->second)();
}

std::string FakePds::Call::parameter(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

std::string FakePds::Call::text(std::string_view name) const { return data::text_or(input, name, ""); }

Answer FakePds::Call::json(data::Value value) { return {.body = data::to_json(value)}; }

FakeAccount* FakePds::Call::by_token() {
  for (auto& [did, account] : pds.accounts_) {
    if (account->access_tokens.contains(request.bearer)) return account.get();
  }
  return nullptr;
}

FakeAccount& FakePds::Call::caller() {
  if (request.bearer.empty()) throw Refusal{401, "AuthMissing", "Authentication Required"};
  FakeAccount* account = by_token();
  const auto ends = account::expiry_of(Secret::copy_of(request.bearer));
  if (account == nullptr || (ends && *ends < pds.clock_.wall_us() / 1'000'000))
    throw Refusal{400, "ExpiredToken", "Token has expired"};
  if (account->taken_down) check_taken_down_scope();
  return *account;
}

bool FakePds::Call::allows_takendown() const {
  const data::Value* wish = input.find("allowTakendown");
  return wish != nullptr && wish->boolean() != nullptr && *wish->boolean();
}

// What the reference server lets through for the owner of an account that it has taken down. It gives no
// service token either, for want of a scope that is asked for.
void FakePds::Call::check_taken_down_scope() const {
  static const std::set<std::string_view> kLeft = {"com.atproto.sync.getRepo",
                                                   "com.atproto.sync.listBlobs",
                                                   "com.atproto.sync.getBlob",
                                                   "app.bsky.actor.getPreferences",
                                                   "com.atproto.identity.requestPlcOperationSignature",
                                                   "com.atproto.identity.signPlcOperation",
                                                   "com.atproto.server.deactivateAccount"};
  if (!kLeft.contains(method)) throw Refusal{400, "InvalidToken", "Bad token scope"};
}

FakeAccount& FakePds::Call::owner() {
  FakeAccount& account = caller();
  const account::Scope scope = account::scope_of(Secret::copy_of(request.bearer));
  if (scope != account::Scope::full && !(account.taken_down && scope == account::Scope::takendown))
    throw Refusal{400, "InvalidToken", "Bad token scope"};
  return account;
}

FakeAccount& FakePds::Call::subject() {
  const std::string wanted = parameter("did").empty() ? parameter("repo") : parameter("did");
  const auto did = syntax::Did::parse(wanted);
  FakeAccount* account = did ? pds.find(*did) : nullptr;
  if (account == nullptr) throw Refusal{400, "RepoNotFound", "Could not find repo for DID: " + wanted};
  if (account->taken_down && by_token() != account)
    throw Refusal{400, "RepoTakendown", "Repo has been takendown: " + wanted};
  if (by_token() == account && account->taken_down) check_taken_down_scope();
  if (!account->active && (pds.ways.hides_while_inactive || by_token() != account))
    throw Refusal{400, "RepoDeactivated", "Repo has been deactivated: " + wanted};
  return *account;
}

std::string FakePds::Call::token(std::string_view scope, std::int64_t seconds) {
  const std::string payload =
      fmt::format(R"({{"scope":"{}","exp":{},"jti":"{}-{}"}})", scope,
                  pds.clock_.wall_us() / 1'000'000 + seconds, pds.options_.domain, ++pds.counter_);
  return base64url_encode(as_bytes(R"({"typ":"at+jwt","alg":"HS256"})")) + "." +
         base64url_encode(as_bytes(payload)) + ".c2ln";
}

data::Object FakePds::Call::tokens_for(FakeAccount& account, std::string_view scope) {
  const std::string access = token(scope, 7200);
  const std::string refresh = token("com.atproto.refresh", 90 * 86'400);
  account.access_tokens.insert(access);
  account.refresh_tokens.insert(refresh);
  return data::Object()
      .set("did", account.did.str())
      .set("handle", account.handle)
      .set("email", account.email)
      .set("active", account.active)
      .set("accessJwt", access)
      .set("refreshJwt", refresh);
}

Answer FakePds::Call::describe_server() {
  data::Array domains;
  if (!pds.ways.host_of_one) domains.emplace_back(pds.options_.domain);
  const bool personal = pds.ways.host_of_one && !pds.accounts_.empty();
  return json(data::Object()
                  .set("did", personal ? pds.accounts_.begin()->first : pds.options_.did)
                  .set("availableUserDomains", std::move(domains))
                  .set("inviteCodeRequired", pds.invite_required)
                  .set("phoneVerificationRequired", pds.phone_required));
}

Answer FakePds::Call::create_session() {
  for (auto& [did, account] : pds.accounts_) {
    const std::string name = text("identifier");
    if (name != did && name != account->handle && name != account->email) continue;
    const std::string password = text("password");
    if (!account->app_password.empty() && password == account->app_password)
      return json(tokens_for(*account, "com.atproto.appPass"));
    if (password != account->password) break;
    if (!account->verified)
      throw Refusal{403, "account_not_verified", "Please verify your account before logging in"};
    if (pds.two_factor && text("authFactorToken").empty()) {
      pds.mailbox_ = fmt::format("login-{}", ++pds.counter_);
      throw Refusal{401, "AuthFactorTokenRequired", "A sign in code has been sent to your email address"};
    }
    if (pds.two_factor && text("authFactorToken") != pds.mailbox_)
      throw Refusal{401, "AuthenticationRequired", "Token is invalid"};
    if (account->taken_down && !allows_takendown())
      throw Refusal{401, "AccountTakedown", "Account has been taken down"};
    return json(tokens_for(*account, account->taken_down ? "com.atproto.takendown" : "com.atproto.access"));
  }
  throw Refusal{401, "AuthenticationRequired", "Invalid identifier or password"};
}

// A spent refresh token stays good: the reference server takes it for two hours more.
Answer FakePds::Call::refresh_session() {
  for (auto& [did, account] : pds.accounts_) {
    if (!account->refresh_tokens.contains(request.bearer)) continue;
    if (account->taken_down) throw Refusal{401, "AccountTakedown", "Account has been taken down"};
    if (pds.ways.refreshes_once) account->refresh_tokens.erase(request.bearer);
    return json(tokens_for(*account, "com.atproto.access"));
  }
  throw Refusal{400, "ExpiredToken", "Token has been revoked"};
}

Refusal FakePds::Call::too_large(const std::string& words) const {
  if (pds.ways.too_large_name.empty()) return {413, "PayloadTooLarge", "request entity too large"};
  return {400, pds.ways.too_large_name, words + pds.ways.too_large_words};
}

Answer FakePds::Call::delete_session() {
  for (auto& [did, account] : pds.accounts_) account->refresh_tokens.erase(request.bearer);
  return {};
}

Answer FakePds::Call::get_session() {
  FakeAccount& account = caller();
  return json(data::Object()
                  .set("did", account.did.str())
                  .set("handle", account.handle)
                  .set("email", account.email)
                  .set("emailConfirmed", true)
                  .set("active", account.active));
}

}  // namespace atb::test
