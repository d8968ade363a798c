// Dates in HTTP headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace atb::net {

// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that may be sent, as Unix seconds. Empty for anything else.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace atb::net
