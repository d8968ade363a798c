#include "core/net/curl_error.h"

#include "core/net/curl_library.h"

#include <fmt/format.h>

namespace atb::net {

Error private_address(const Url& url) {
  return {ErrorKind::refused, "http.private_address",
          fmt::format("{} leads to a private or special address", url.host),
          fmt::format("if you trust it: --allow-private-host {}:{}", url.host, url.port)};
}

Error curl_error(int number, std::string_view detail, const Url& url, bool refused_address) {
  const auto code = static_cast<CURLcode>(number);
  const std::string& host = url.host;
  const std::string_view reason = detail.empty() ? curl().easy_strerror(code) : detail;
  const auto make = [&](ErrorKind kind, std::string_view id, std::string_view what, std::string hint) {
    return Error(kind, id, fmt::format("{} {}: {}", what, host, reason), std::move(hint));
  };
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return make(ErrorKind::network, "http.resolve", "cannot find",
                  "check the name and the connection to the internet");
    case CURLE_COULDNT_CONNECT:
      if (refused_address) return private_address(url);
      return make(ErrorKind::network, "http.connect", "cannot connect to",
                  "check that the host is up, or try again later");
    case CURLE_OPERATION_TIMEDOUT:
      return make(ErrorKind::timeout, "http.connect_timeout", "no connection in time to",
                  "check that the host is up, or try again later");
    case CURLE_SSL_CONNECT_ERROR:
      // A host that hangs up during the handshake is down, not distrusted.
      if (detail.find("SYSCALL") != std::string_view::npos ||
          detail.find("reset") != std::string_view::npos) {
        return make(ErrorKind::network, "http.connect", "cannot connect to", "try again later");
      }
      [[fallthrough]];
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return make(ErrorKind::network, "http.tls", "no trusted connection to",
                  "check the host's certificate and this machine's clock");
    case CURLE_PARTIAL_FILE:
      return make(ErrorKind::network, "http.cut", "the answer was cut short by", "try again");
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return make(ErrorKind::network, "http.reset", "the connection was broken by", "try again");
    default:
      return make(ErrorKind::network, "http.failed", "no answer that we understand from", "try again later");
  }
}

}  // namespace atb::net
