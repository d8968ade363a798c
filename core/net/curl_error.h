// What libcurl says, in our words.
#pragma once

#include "core/base/error.h"
#include "core/net/url.h"

namespace atb::net {

// `code` is a CURLcode; `detail` libcurl's own text, may be empty. `refused_address`: we would not connect to
// one of the addresses of the host.
Error curl_error(int code, std::string_view detail, const Url& url, bool refused_address);
Error private_address(const Url& url);

}  // namespace atb::net
