// A host that gives one answer, or answers from a function, and a client that talks to it.
#pragma once

#include "core/xrpc/endpoints.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scripted_http.h"

#include <string>
#include <utility>

namespace atb::test {

inline const std::string kDid = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
inline const std::string kCid = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
inline const std::string kRawCid = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

inline syntax::Did did_of(const std::string& text = kDid) { return *syntax::Did::parse(text); }
inline ipld::Cid cid_of(const std::string& text) { return *ipld::Cid::parse(text); }

struct FakeHost {
  explicit FakeHost(ScriptedHttp::Handler handler, xrpc::Authorizer* authorizer = nullptr, Limits limits = {})
      : http(std::move(handler)),
        client(http, net::Url{.scheme = "https", .host = "pds.example", .port = 443, .path = "/"}, authorizer,
               limits, clock) {}
  explicit FakeHost(std::string body, int status = 200)
      : FakeHost([body = std::move(body), status](const SentRequest&) -> Result<Answer> {
          return Answer{.status = status, .body = body};
        }) {}

  SentRequest only_request() const {
    REQUIRE(http.requests().size() == 1);
    return http.requests().front();
  }

  ManualClock clock;
  ScriptedHttp http;
  xrpc::Client client;
};

// The error of a call that must fail.
template <class T>
Error error_from(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error();
}

// Does `secret` stand anywhere in what a person or a log could see of the error?
inline bool shows(const Error& error, const std::string& secret) {
  std::string all = error.id + "\n" + error.message + "\n" + error.hint + "\n" + error.remote_name;
  for (const std::string& line : error.context) all += "\n" + line;
  return all.find(secret) != std::string::npos;
}

}  // namespace atb::test
