// What the payload of a JWT says about itself. Nothing here is verified: it only helps to ask less.
#include "core/account/session_store.h"
#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/data/json.h"

namespace atb::account {
namespace {

data::Value payload_of(const Secret& token) {
  const auto parts = split(token.reveal(), '.');
  if (parts.size() != 3) return {};
  const auto bytes = base64url_decode(parts[1]);
  if (!bytes) return {};
  auto json = data::parse_json(as_text(*bytes), Limits{}, data::Floats::allow);
  return json ? *std::move(json) : data::Value();
}

}  // namespace

Scope scope_of(const Secret& access_token) {
  const std::string scope = data::text_or(payload_of(access_token), "scope", "");
  if (scope == "com.atproto.access") return Scope::full;
  if (scope == "com.atproto.appPass" || scope == "com.atproto.appPassPrivileged") return Scope::app_password;
  if (scope == "com.atproto.takendown") return Scope::takendown;
  return Scope::unknown;
}

std::optional<std::int64_t> expiry_of(const Secret& token) {
  const data::Value payload = payload_of(token);
  const data::Value* expiry = payload.find("exp");
  if (expiry == nullptr || expiry->integer() == nullptr || *expiry->integer() < 0) return {};
  return *expiry->integer();
}

}  // namespace atb::account
