// What the tests of the curl client share.
#pragma once

#include "core/base/text.h"
#include "core/net/curl_client.h"
#include "tests/support/capture_log.h"
#include "tests/support/catch.h"
#include "tests/support/tiny_server.h"

#include <string>
#include <utility>
#include <vector>

namespace atb::test {

using net::AddressPolicy;
using net::CurlOptions;
using net::MemoryBody;
using net::Request;
using net::Url;
using Connection = TinyServer::Connection;

struct Client {
  atb::test::CaptureLog log;
  std::unique_ptr<atb::net::HttpClient> http;

  explicit Client(std::vector<std::string> allowed = {"127.0.0.1"}, CurlOptions options = {}) {
    options.policy = AddressPolicy::allowing(allowed).value();
    http = atb::net::make_curl_client(std::move(options), log).value();
  }
  auto send(const Request& request, StopToken stop = {}) {
    body = {};
    return http->send(request, body, stop);
  }
  auto get(const std::string& url) {
    Request request;
    request.url = Url::parse(url).value();
    return send(request);
  }
  MemoryBody body;
};

inline Request get_of(const TinyServer& server) {
  Request request;
  request.url = Url::parse(server.url()).value();
  return request;
}

// One answer for each connection, then the end.
inline TinyServer::Script once(std::string raw) {
  return [raw = std::move(raw)](Connection& peer) {
    peer.read_request();
    peer.write(raw);
  };
}

inline std::string id_of(const atb::Result<atb::net::Response>& result) {
  return result ? "ok" : result.error().id;
}

inline std::string header_in(const std::string& request, std::string_view name) {
  const std::string lower = atb::lower_ascii(request);
  const auto at = lower.find("\r\n" + std::string(name) + ":");
  if (at == std::string::npos) return "(none)";
  const auto start = at + name.size() + 3;
  return std::string(atb::trim(std::string_view(request).substr(start, request.find("\r\n", start) - start)));
}

}  // namespace atb::test
