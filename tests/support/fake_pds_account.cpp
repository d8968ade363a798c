// A FakePds: accounts, their state, and their identity.
#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/data/json.h"
#include "tests/support/fake_pds_call.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::test {
namespace {

constexpr std::int64_t kCodeUs = 15LL * 60 * 1'000'000;

plc::State merged(plc::State state, const data::Value& input) {
  if (const data::Value* keys = input.find("rotationKeys"); keys != nullptr && keys->array() != nullptr) {
    state.rotation_keys.clear();
    for (const data::Value& key : *keys->array()) state.rotation_keys.push_back(*key.text());
  }
  if (const data::Value* names = input.find("alsoKnownAs"); names != nullptr && names->array() != nullptr) {
    state.also_known_as.clear();
    for (const data::Value& name : *names->array()) state.also_known_as.push_back(*name.text());
  }
  if (const data::Value* methods = input.find("verificationMethods");
      methods != nullptr && methods->object() != nullptr) {
    state.verification_methods.clear();
    for (const auto& [id, key] : methods->object()->entries())
      state.verification_methods.emplace_back(id, *key.text());
  }
  if (const data::Value* services = input.find("services");
      services != nullptr && services->object() != nullptr) {
    state.services.clear();
    for (const auto& [id, service] : services->object()->entries())
      state.services.emplace_back(
          id, plc::Service{data::text_or(service, "type", ""), data::text_or(service, "endpoint", "")});
  }
  return state;
}

}  // namespace

Answer FakePds::Call::get_service_auth() {
  FakeAccount& account = caller();
  const std::int64_t now = pds.clock_.wall_us() / 1'000'000;
  const std::string payload = data::to_json(data::Object()
                                                .set("iss", account.did.str())
                                                .set("aud", parameter("aud"))
                                                .set("lxm", parameter("lxm"))
                                                .set("iat", now)
                                                .set("exp", now + 60)
                                                .set("jti", fmt::format("service-{}", ++pds.counter_)));
  const std::string message = base64url_encode(as_bytes(R"({"typ":"JWT","alg":"ES256K"})")) + "." +
                              base64url_encode(as_bytes(payload));
  const std::string token = message + "." + base64url_encode(account.key.sign(as_bytes(message)).value());
  return json(data::Object().set("token", token));
}

// The token must be signed by the key that the directory names now.
void FakePds::Call::check_service_token(const syntax::Did& did) const {
  const Refusal missing{401, "AuthMissing", "Missing auth to create account with did: " + did.str()};
  const auto parts = split(request.bearer, '.');
  if (parts.size() != 3) throw missing;
  const std::string message = std::string(parts[0]) + "." + std::string(parts[1]);
  const auto payload = data::parse_json(as_text(base64url_decode(parts[1]).value()), Limits{}).value();
  if (data::text_or(payload, "iss", "") != did.str()) throw missing;
  if (data::text_or(payload, "aud", "") != pds.options_.did)
    throw Refusal{401, "BadJwtAudience", "jwt audience does not match service did"};
  if (data::text_or(payload, "lxm", "") != method)
    throw Refusal{401, "BadJwtLexiconMethod", "bad jwt lexicon method"};
  if (data::require_integer(payload, "exp").value() < pds.clock_.wall_us() / 1'000'000)
    throw Refusal{401, "JwtExpired", "jwt expired"};
  const std::string* key = pds.plc_.state(did).verification_method("atproto");
  const auto signer = crypto::PublicKey::parse_did_key(*key).value();
  if (!signer.verify(as_bytes(message), base64url_decode(parts[2]).value()))
    throw Refusal{401, "BadJwtSignature", "jwt signature does not match jwt issuer"};
}

Answer FakePds::Call::create_account() {
  if (pds.ways.host_of_one) throw Refusal{404, "XRPCNotSupported", "XRPCNotSupported"};
  const auto did = syntax::Did::parse(text("did")).value();
  check_service_token(did);
  if (pds.ways.own_handles_only && !text("handle").ends_with(pds.options_.domain))
    throw Refusal{400, "InvalidHandle", "Handle is invalid"};
  if (text("email").empty()) throw Refusal{400, "InvalidRequest", "Email is required"};
  if (pds.invite_required && text("inviteCode") != "invite-1")
    throw Refusal{400, "InvalidInviteCode", "Provided invite code not available"};
  if (pds.find(did) != nullptr) throw Refusal{400, "AlreadyExists", "Repo already exists"};
  for (const auto& [other, account] : pds.accounts_) {
    if (account->handle == text("handle"))
      throw Refusal{400, "HandleNotAvailable", "Handle already taken: " + text("handle")};
    if (account->email == text("email"))
      throw Refusal{400, "InvalidRequest", "Email already taken: " + text("email")};
  }
  auto key = crypto::PrivateKey::generate(crypto::Curve::k256, pds.random_).value();
  FakeAccount& account =
      pds.add_account(did, std::move(key), text("handle"), text("email"), text("password"));
  account.active = pds.ways.active_from_the_start;
  account.verified = !pds.ways.login_after_verification;
  if (!pds.ways.no_status_before_import) {
    pds.commit(account);
    --pds.effects.commits;
  }
  ++pds.effects.accounts;
  return json(tokens_for(account, "com.atproto.access"));
}

bool FakePds::Call::valid_did(const FakeAccount& account) const {
  const plc::State& state = pds.plc_.state(account.did);
  const plc::Service* service = state.service("atproto_pds");
  const std::string* key = state.verification_method("atproto");
  const bool listed =
      !account.did.is_plc() ||
      std::ranges::find(state.rotation_keys, pds.rotation_did_key()) != state.rotation_keys.end();
  return listed && service != nullptr && service->endpoint == pds.options_.origin && key != nullptr &&
         *key == account.key.public_key().did_key();
}

Answer FakePds::Call::check_account_status() {
  FakeAccount& account = caller();
  if (pds.ways.null_counts) {
    data::Object bare;
    bare.set("activated", account.active).set("validDid", valid_did(account));
    for (const char* name : {"repoRev", "repoBlocks", "indexedRecords", "expectedBlobs", "importedBlobs"})
      bare.set(name, data::Value());
    return json(std::move(bare));
  }
  if (!account.head) throw nothing_said();
  const auto missing = static_cast<std::int64_t>(FakePds::missing_blobs(account).size());
  const auto there = static_cast<std::int64_t>(account.blobs.size());
  return json(data::Object()
                  .set("activated", account.active)
                  .set("validDid", valid_did(account))
                  .set("repoCommit", account.head->str())
                  .set("repoRev", account.rev)
                  .set("repoBlocks", static_cast<std::int64_t>(account.blocks.blocks().size()))
                  .set("indexedRecords", static_cast<std::int64_t>(account.records.size()))
                  .set("privateStateValues", 0)
                  .set("expectedBlobs", there + missing)
                  .set("importedBlobs", there));
}

Answer FakePds::Call::activate_account() {
  FakeAccount& account = owner();
  ++pds.effects.activation_calls;
  if (!valid_did(account))
    throw Refusal{400, "InvalidRequest", "DID document verification method does not match expected"};
  if (!account.active) ++pds.effects.activations;
  account.active = true;
  return {};
}

Answer FakePds::Call::deactivate_account() {
  FakeAccount& account = owner();
  if (account.active) ++pds.effects.deactivations;
  account.active = false;
  return {};
}

Answer FakePds::Call::recommended_credentials() {
  FakeAccount& account = caller();
  const std::string& endpoint =
      pds.recommended_endpoint.empty() ? pds.options_.origin : pds.recommended_endpoint;
  data::Array keys;
  keys.emplace_back(pds.rotation_did_key());
  data::Array names;
  names.emplace_back("at://" + account.handle);
  return json(
      data::Object()
          .set("rotationKeys", std::move(keys))
          .set("alsoKnownAs", std::move(names))
          .set("verificationMethods", data::Object().set("atproto", account.key.public_key().did_key()))
          .set("services",
               data::Object().set(
                   "atproto_pds",
                   data::Object().set("type", "AtprotoPersonalDataServer").set("endpoint", endpoint))));
}

Answer FakePds::Call::request_signature() {
  FakeAccount& account = owner();
  ++pds.effects.mails;
  account.plc_code = fmt::format("plc-{}", ++pds.counter_);
  account.plc_code_until_us = pds.clock_.wall_us() + kCodeUs;
  pds.mailbox_ = account.plc_code;
  if (pds.after_mail) pds.after_mail(account.plc_code);
  return {};
}

Answer FakePds::Call::sign_operation() {
  FakeAccount& account = owner();
  if (account.plc_code.empty() || text("token") != account.plc_code)
    throw Refusal{400, "InvalidToken", "Token is invalid"};
  if (account.plc_code_until_us < pds.clock_.wall_us())
    throw Refusal{400, "ExpiredToken", "Token is expired"};
  account.plc_code.clear();
  PlcLog& log = pds.plc_.log(account.did);
  auto operation = plc::Operation::make(merged(log.state(), input), log.cid(log.head()));
  operation.sign(pds.rotation_key()).value();
  ++pds.effects.signatures;
  if (pds.ways.bare_operation) return json(operation.json());
  return json(data::Object().set("operation", operation.json()));
}

Answer FakePds::Call::submit_operation() {
  FakeAccount& account = owner();
  const auto operation = plc::Operation::parse(*input.find("operation"), Limits{});
  if (!operation) throw Refusal{400, "InvalidRequest", "Invalid operation"};
  const plc::State& state = operation->state();
  const std::string wanted =
      pds.ways.submit_wants_signing_key ? account.key.public_key().did_key() : pds.rotation_did_key();
  if (std::ranges::find(state.rotation_keys, wanted) == state.rotation_keys.end())
    throw Refusal{400, "InvalidRequest", "Rotation keys do not include server's rotation key"};
  const plc::Service* service = state.service("atproto_pds");
  if (service == nullptr || service->endpoint != pds.options_.origin)
    throw Refusal{400, "InvalidRequest", "Incorrect endpoint on atproto_pds service"};
  const std::string* key = state.verification_method("atproto");
  if (key == nullptr || *key != account.key.public_key().did_key())
    throw Refusal{400, "InvalidRequest", "Incorrect signing key"};
  if (state.also_known_as.empty() || state.also_known_as.front() != "at://" + account.handle)
    throw Refusal{400, "InvalidRequest", "Incorrect handle in alsoKnownAs"};
  if (const auto taken = pds.plc_.submit(account.did, *operation); !taken)
    throw Refusal{400, "InvalidRequest", taken.error().message};
  ++pds.effects.operations;
  return {};
}

// The reference server drops the read-only one without a word.
Answer FakePds::Call::put_preferences() {
  FakeAccount& account = owner();
  if (pds.ways.drops_preferences) return json(data::Object());
  account.preferences.clear();
  for (const data::Value& one : *input.find("preferences")->array()) {
    if (data::text_or(one, "$type", "") != "app.bsky.actor.defs#declaredAgePref")
      account.preferences.push_back(one);
  }
  return {};
}

Answer FakePds::Call::get_preferences() {
  const data::Array& all = caller().preferences;
  if (pds.ways.preferences_object && all.empty())
    return json(data::Object().set("preferences", data::Object()));
  return json(data::Object().set("preferences", all));
}

}  // namespace atb::test
