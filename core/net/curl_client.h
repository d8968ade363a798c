// HttpClient over libcurl: a pool of easy handles, connections reused, https (http for allowed hosts), no
// redirects, no cookies, no proxy unless configured, the address checked in the socket callback, so that DNS
// cannot change its mind.
#pragma once

#include "core/base/log.h"
#include "core/net/address_policy.h"
#include "core/net/http_client.h"

#include <memory>
#include <string>

namespace atb::net {

struct CurlOptions {
  AddressPolicy policy;
  std::string proxy;  // empty: none, whatever the environment says
  std::string user_agent = "atbackup";
  std::string ca_file;  // empty: the system's
  std::chrono::seconds connect_timeout{15};
};

// One for the process; makes and unmakes libcurl's global state. Tests make their own. libcurl is loaded with
// the first: errors of os::LateLibrary.
Result<std::unique_ptr<HttpClient>> make_curl_client(CurlOptions options, Log& log);

}  // namespace atb::net
