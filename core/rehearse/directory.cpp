#include "core/rehearse/directory.h"

#include "core/data/json.h"
#include "core/plc/forks.h"
#include "core/plc/operation_file.h"
#include "core/plc/rehearsal.h"

#include <algorithm>
#include <string>

namespace atb::rehearse {
namespace {

constexpr std::int64_t kMillisecond = 1000;
constexpr std::string_view kKeyPrefix = "did:key:";

plc::LogEntry entry_after(const plc::LogEntry& last, plc::Operation operation, std::int64_t now_us) {
  // To the millisecond, as it is written.
  const std::int64_t created_us =
      std::max(now_us, last.created_us + kMillisecond) / kMillisecond * kMillisecond;
  const ipld::Cid cid = operation.cid();
  return {last.did, std::move(operation), cid, false, os::rfc3339(created_us), created_us};
}

HttpAnswer refusal(int status, std::string_view message) {
  return {status, data::to_json(data::Object().set("message", message))};
}

data::Value document_of(const syntax::Did& did, const plc::State& state) {
  data::Array names;
  for (const std::string& name : state.also_known_as) names.emplace_back(name);
  data::Array methods;
  for (const auto& [id, key] : state.verification_methods) {
    methods.emplace_back(
        data::Object()
            .set("id", did.str() + "#" + id)
            .set("type", "Multikey")
            .set("controller", did.str())
            .set("publicKeyMultibase", key.starts_with(kKeyPrefix) ? key.substr(kKeyPrefix.size()) : key));
  }
  data::Array services;
  for (const auto& [id, service] : state.services) {
    services.emplace_back(data::Object()
                              .set("id", "#" + id)
                              .set("type", service.type)
                              .set("serviceEndpoint", service.endpoint));
  }
  return data::Object()
      .set("@context", data::Array{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"})
      .set("id", did.str())
      .set("alsoKnownAs", std::move(names))
      .set("verificationMethod", std::move(methods))
      .set("service", std::move(services));
}

data::Value data_of(const syntax::Did& did, const plc::State& state) {
  data::Array keys;
  for (const std::string& key : state.rotation_keys) keys.emplace_back(key);
  data::Object methods;
  for (const auto& [id, key] : state.verification_methods) methods.set(id, key);
  data::Array names;
  for (const std::string& name : state.also_known_as) names.emplace_back(name);
  data::Object services;
  for (const auto& [id, service] : state.services)
    services.set(id, data::Object().set("type", service.type).set("endpoint", service.endpoint));
  return data::Object()
      .set("did", did.str())
      .set("verificationMethods", std::move(methods))
      .set("rotationKeys", std::move(keys))
      .set("alsoKnownAs", std::move(names))
      .set("services", std::move(services));
}

data::Value history_of(const std::vector<plc::LogEntry>& entries) {
  data::Array operations;
  for (const plc::LogEntry& entry : entries) {
    if (!entry.nullified) operations.emplace_back(entry.operation.json());
  }
  return data::Value(std::move(operations));
}

}  // namespace

Result<plc::LogEntry> opening_of(const plc::AuditedLog& log, const crypto::PrivateKey& key) {
  plc::State state = log.state();
  if (state.rotation_keys.empty()) state.rotation_keys.emplace_back();
  state.rotation_keys.front() = key.public_key().did_key();
  plc::Operation operation = plc::Operation::make(std::move(state), log.head_cid());
  TRY(operation.sign(key));
  return entry_after(log.entries.back(), std::move(operation), 0);
}

Directory::Directory(const plc::AuditedLog& log, plc::LogEntry opening, os::Clock& clock)
    : did_(log.did),
      opening_(opening.cid),
      before_(log.entries.size() + 1),
      clock_(clock),
      entries_(log.entries) {
  entries_.push_back(std::move(opening));
}

std::size_t Directory::accepted() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size() - before_;
}

HttpAnswer Directory::answer(const HttpQuestion& question) {
  const std::scoped_lock lock(mutex_);
  if (question.path == "/_health") return {200, R"({"version":"rehearsal"})"};
  const std::string own = "/" + did_.str();
  const bool ours = question.path.starts_with(own) &&
                    (question.path.size() == own.size() || question.path[own.size()] == '/');
  if (!ours) return refusal(404, "DID not registered");
  const std::string_view rest = question.path.substr(own.size());
  if (question.method == "GET") return look(rest);
  if (question.method == "POST" && rest.empty()) return submit(question.body);
  return refusal(404, "no such thing");
}

HttpAnswer Directory::look(std::string_view what) const {
  const auto last = std::ranges::find_if(entries_.rbegin(), entries_.rend(),
                                         [](const plc::LogEntry& entry) { return !entry.nullified; });
  if (what == "/log/audit") return {200, data::to_json(plc::log_json(entries_))};
  if (what == "/log") return {200, data::to_json(history_of(entries_))};
  if (what == "/log/last") return {200, data::to_json(last->operation.json())};
  if (last->operation.kind() == plc::Kind::tombstone) return refusal(404, "DID not available");
  if (what.empty()) return {200, data::to_json(document_of(did_, last->operation.state()))};
  if (what == "/data") return {200, data::to_json(data_of(did_, last->operation.state()))};
  return refusal(404, "no such thing");
}

HttpAnswer Directory::submit(std::string_view body) {
  const Status added = add(body);
  if (added) return {200, "{}"};
  return refusal(added.error().id == "plc.stale" ? 409 : 400, added.error().message);
}

// The rules are those of the audit; the whole log is held against them once more before the operation counts.
Status Directory::add(std::string_view body) {
  const data::Value json = TRY(data::parse_json(body, Limits{}));
  plc::Operation operation = TRY(plc::Operation::parse(json, Limits{}));
  TRY(plc::check_directory_limits(operation));
  const plc::AuditedLog log = TRY(plc::audit_rehearsal(did_, entries_, opening_));
  const plc::Placement placement = TRY(plc::place(log, operation, clock_.wall_us()));
  std::vector<plc::LogEntry> next = entries_;
  for (const std::size_t gone : placement.undoes) next[gone].nullified = true;
  next.push_back(entry_after(entries_.back(), std::move(operation), clock_.wall_us()));
  entries_ = TRY(plc::audit_rehearsal(did_, std::move(next), opening_)).entries;
  return {};
}

}  // namespace atb::rehearse
