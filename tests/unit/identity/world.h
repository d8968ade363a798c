// A directory, hosts and a DNS in memory: what a resolver can see, to be changed at will.
#pragma once

#include "core/data/json.h"
#include "core/identity/resolver.h"
#include "tests/support/capture_log.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/plc_fixture.h"
#include "tests/support/scripted_http.h"
#include "tests/support/scripted_txt.h"

#include <fmt/format.h>

#include <map>
#include <string>

namespace atb::test {

inline const std::string kHandle = "alice.example.com";
inline const std::string kHost = "https://pds.example";

// A did:plc document as the directory shows it.
inline std::string document_json(const std::string& did, const std::string& key, const std::string& host,
                                 const std::string& name) {
  return fmt::format(
      R"({{"@context":["https://www.w3.org/ns/did/v1"],"id":"{0}","alsoKnownAs":["{3}"],)"
      R"("verificationMethod":[{{"id":"{0}#atproto","type":"Multikey","controller":"{0}","publicKeyMultibase":"{1}"}}],)"
      R"("service":[{{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"{2}"}}]}})",
      did, key, host, name);
}

struct World {
  World() : log(plc_state({plc_did_key(1)}, plc_did_key(2), kHandle, kHost), plc_key(1)) {
    did = log.did().str();
    put("https://plc.test/" + did + "/log/audit", log.audit_json());
    put("https://plc.test/" + did, document_json(did, multibase(2), kHost, "at://" + kHandle));
    dns.set("_atproto." + kHandle, {"did=" + did});
  }

  static std::string multibase(std::uint32_t number) {
    return plc_did_key(number).substr(std::string("did:key:").size());
  }

  void put(const std::string& url, std::string body, int status = 200) {
    answers[url] = Answer{.status = status, .body = std::move(body)};
  }
  Result<identity::Identity> resolve(const std::string& account) {
    return resolver.resolve(*syntax::AtIdentifier::parse(account), {});
  }
  Result<syntax::Did> resolve_handle(const std::string& handle) {
    return resolver.resolve_handle(*syntax::Handle::parse(handle), {});
  }

  PlcLog log;
  std::string did;
  std::map<std::string, Result<Answer>> answers;
  ScriptedHttp http{[this](const SentRequest& request) -> Result<Answer> {
    if (const auto found = answers.find(request.url); found != answers.end()) return found->second;
    return fail(ErrorKind::network, "http.resolve", "no such host: " + request.parsed.host);
  }};
  ScriptedTxt dns;
  ManualClock clock;
  CaptureLog lines;
  identity::Resolver resolver{
      http, dns, net::Url{.scheme = "https", .host = "plc.test", .port = 443, .path = "/"}, lines, {}, clock};
};

template <class T>
Error error_from(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error();
}

}  // namespace atb::test
