#include "tests/support/fake_plc.h"

#include "core/data/json.h"
#include "tests/support/http_date.h"

#include <algorithm>
#include <stdexcept>

namespace atb::test {
namespace {

Answer refusal(int status, const std::string& message) {
  return {.status = status, .body = data::to_json(data::Object().set("message", message))};
}

}  // namespace

std::string FakePlc::document_of(const syntax::Did& did, const plc::State& state) {
  data::Array names;
  for (const std::string& name : state.also_known_as) names.emplace_back(name);
  data::Array methods;
  for (const auto& [id, key] : state.verification_methods) {
    methods.emplace_back(data::Object()
                             .set("id", did.str() + "#" + id)
                             .set("type", "Multikey")
                             .set("controller", did.str())
                             .set("publicKeyMultibase", key.substr(std::string_view("did:key:").size())));
  }
  data::Array services;
  for (const auto& [id, service] : state.services) {
    services.emplace_back(data::Object()
                              .set("id", "#" + id)
                              .set("type", service.type)
                              .set("serviceEndpoint", service.endpoint));
  }
  return data::to_json(data::Object()
                           .set("id", did.str())
                           .set("alsoKnownAs", std::move(names))
                           .set("verificationMethod", std::move(methods))
                           .set("service", std::move(services)));
}

syntax::Did FakePlc::create(const plc::State& state, const crypto::PrivateKey& signer) {
  PlcLog log(state, signer, clock_.wall_us() - kPlcHourUs);
  const syntax::Did did = log.did();
  logs_.emplace(did.str(), std::move(log));
  return did;
}

Status FakePlc::submit(const syntax::Did& did, const plc::Operation& operation) {
  TRY(plc::check_directory_limits(operation));
  PlcLog next = log(did);
  const std::int64_t last_us = next.entries().back().created_us;
  next.add(operation, std::max(clock_.wall_us(), last_us + 1000));
  TRY(plc::audit_log(did, next.entries()));
  log(did) = std::move(next);
  ++accepted;
  return {};
}

plc::AuditedLog FakePlc::audited(const syntax::Did& did) {
  auto audited = plc::audit_log(did, log(did).entries());
  if (!audited) throw std::runtime_error("the directory holds a log that does not audit");
  return *std::move(audited);
}

Answer FakePlc::answer(const SentRequest& request) {
  Answer given = answer_without_date(request);
  given.headers.emplace_back("date", http_date(clock_.wall_us() + ahead_us));
  return given;
}

Answer FakePlc::answer_without_date(const SentRequest& request) {
  if (request.parsed.path == "/_health") return {.body = R"({"version":"0.0.0"})"};
  std::string_view path = std::string_view(request.parsed.path).substr(1);
  constexpr std::string_view kAudit = "/log/audit";
  const bool audit = path.ends_with(kAudit);
  if (audit) path.remove_suffix(kAudit.size());
  const auto did = syntax::Did::parse(path);
  if (!did || !knows(*did)) return refusal(404, "DID not registered");
  if (request.method == "POST") {
    const auto json = data::parse_json(request.body, Limits{});
    const auto operation =
        json ? plc::Operation::parse(*json, Limits{}) : Result<plc::Operation>(std::unexpected(json.error()));
    if (!operation) return refusal(400, "not an operation");
    if (const auto status = submit(*did, *operation); !status) return refusal(400, status.error().message);
    return {};
  }
  if (audit) return {.body = log(*did).audit_json()};
  if (log(*did).entries()[log(*did).head()].operation.kind() == plc::Kind::tombstone)
    return refusal(404, "DID not available");
  return {.body = document_of(*did, state(*did))};
}

}  // namespace atb::test
