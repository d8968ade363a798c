// com.atproto.identity: what a host wants in a DID, and its part in PLC operations.
#include "core/xrpc/answer.h"
#include "core/xrpc/endpoints.h"

namespace atb::xrpc {
namespace {

using Repeat = Client::Repeat;

// Hosts use the same two names for the code of the e-mail as for the login. The login has been renewed by
// then, so it is the code; unless the login is that of an app password ("Bad token scope").
Error explained(Error error) {
  const bool names_token = error.id == "xrpc.invalid_token" || error.id == "xrpc.expired_token";
  if (!names_token || error.message.contains("scope")) return error;
  error.id = "xrpc.plc_token";
  error.hint =
      "the code from the e-mail about a PLC operation is wrong, or older than a quarter of an hour: ask for "
      "another";
  return error;
}

}  // namespace

Result<RecommendedCredentials> get_recommended_credentials(const Client& client, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.identity.getRecommendedDidCredentials";
  const data::Value value = TRY(client.query(kMethod, {}, stop));
  const Answer answer(client, kMethod, value);
  const Answer methods = TRY(answer.object("verificationMethods"));
  const Answer services = TRY(answer.object("services"));
  const Answer service = TRY(services.object("atproto_pds"));
  auto rotation_keys = TRY(answer.texts_or_none("rotationKeys"));
  auto also_known_as = TRY(answer.texts_or_none("alsoKnownAs"));
  auto signing_key = TRY(methods.text("atproto"));
  auto service_type = TRY(service.text("type"));
  auto endpoint = TRY(service.text("endpoint"));
  return RecommendedCredentials{.rotation_keys = std::move(rotation_keys),
                                .also_known_as = std::move(also_known_as),
                                .signing_key = std::move(signing_key),
                                .service_type = std::move(service_type),
                                .endpoint = std::move(endpoint)};
}

Status request_plc_signature(const Client& client, const StopToken& stop) {
  // Each call sends an e-mail whose code replaces the one before: not to be repeated behind the user's back.
  TRY(client.procedure("com.atproto.identity.requestPlcOperationSignature", {}, Repeat::unsafe, stop));
  return {};
}

Result<data::Value> sign_plc_operation(const Client& client, std::string_view email_token,
                                       const data::Object& wanted, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.identity.signPlcOperation";
  data::Object input = wanted;
  input.set("token", email_token);
  const auto value = client.procedure(kMethod, std::move(input), Repeat::unsafe, stop);
  if (!value) return explained(value.error());
  // Some hosts answer with the operation itself.
  if (data::text_or(*value, "type", "") == "plc_operation") return *value;
  TRY(Answer(client, kMethod, *value).object("operation"));
  return *value->find("operation");
}

Status submit_plc_operation(const Client& client, const data::Value& operation, const StopToken& stop) {
  data::Object input;
  input.set("operation", operation);
  TRY(client.procedure("com.atproto.identity.submitPlcOperation", std::move(input), Repeat::unsafe, stop));
  return {};
}

Status update_handle(const Client& client, const syntax::Handle& handle, const StopToken& stop) {
  data::Object input;
  input.set("handle", handle.str());
  TRY(client.procedure("com.atproto.identity.updateHandle", std::move(input), Repeat::safe, stop));
  return {};
}

}  // namespace atb::xrpc
