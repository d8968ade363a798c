// What a host says when it says no, read from {"error", "message"} or from whatever else a proxy sends.
// Internal to xrpc.
#pragma once

#include "core/net/http_client.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace atb::xrpc {

struct RemoteError {
  std::string name;     // such as "RepoNotFound"; empty when the body has none
  std::string message;  // the host's words; empty when there are none worth quoting
};

RemoteError parse_remote_error(const net::Response& response);
// Takes `secret` out of both texts: hosts and proxies are known to quote what they were sent.
void redact(RemoteError& error, std::string_view secret);
// As error_of() in client.h.
Error to_error(const RemoteError& remote, const net::Response& response, std::string_view host,
               std::string_view method, std::int64_t now_ms);

}  // namespace atb::xrpc
