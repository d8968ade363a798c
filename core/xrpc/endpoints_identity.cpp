// com.atproto.identity: what a host wants in a DID, and its part in PLC operations.
#include "core/xrpc/answer.h"
#include "core/xrpc/endpoints.h"

namespace atb::xrpc {
namespace {

using Repeat = Client::Repeat;

}  // namespace

Result<RecommendedCredentials> get_recommended_credentials(const Client& client, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.identity.getRecommendedDidCredentials";
  const data::Value value = TRY(client.query(kMethod, {}, stop));
  const Answer answer(client, kMethod, value);
  const Answer methods = TRY(answer.object("verificationMethods"));
  const Answer services = TRY(answer.object("services"));
  const Answer service = TRY(services.object("atproto_pds"));
  return RecommendedCredentials {
    .rotation_keys = TRY(answer.texts_or_none("rotationKeys"))
    , .also_known_as = TRY(answer.texts_or_none("alsoKnownAs"))
    , .signing_key = TRY(methods.text("atproto"))
    , .service_type = TRY(service.text("type"))
    , .endpoint = TRY(service.text("endpoint"))
  };
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
  const data::Value value = TRY(client.procedure(kMethod, std::move(input), Repeat::unsafe, stop));
  TRY(Answer(client, kMethod, value).object("operation"));
  return *value.find("operation");
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
