#include "core/identity/agreement.h"

#include "core/base/text.h"
#include "core/did/endpoint.h"

#include <fmt/format.h>

#include <optional>

namespace atb::identity {
namespace {

std::string shown(const std::optional<std::string>& value) {
  return value ? printable(*value, 200) : "nothing";
}

}  // namespace

std::string difference_between(const did::Document& document, const plc::State& state) {
  std::optional<std::string> logged_key;
  if (const std::string* text = state.verification_method("atproto"); text != nullptr) {
    if (const auto key = crypto::PublicKey::parse_did_key(*text)) logged_key = key->did_key();
  }
  std::optional<std::string> shown_key;
  if (document.signing_key) shown_key = document.signing_key->did_key();
  if (logged_key != shown_key) {
    return fmt::format("the log's signing key is {}, the document's {}", shown(logged_key), shown(shown_key));
  }

  std::optional<std::string> logged_host;
  const plc::Service* service = state.service("atproto_pds");
  if (service != nullptr && service->type == "AtprotoPersonalDataServer" &&
      did::endpoint_problem(service->endpoint).empty()) {
    logged_host = service->endpoint;
  }
  if (logged_host != document.host) {
    return fmt::format("the log's host is {}, the document's {}", shown(logged_host), shown(document.host));
  }

  if (state.also_known_as != document.also_known_as) return "the names of the account are not the same";
  return {};
}

}  // namespace atb::identity
