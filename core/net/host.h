// The host part of an address, in one spelling.
#pragma once

#include "core/base/bytes.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atb::net {

// Lower case; IPv6 in brackets and in its shortest form. Empty for what is neither a host name nor a plain
// address: "127.1", "0x7f000001" and "2130706433" are spellings of 127.0.0.1 that only serve to deceive.
std::optional<std::string> canonical_host(std::string_view host);
// The 4 or 16 bytes of a canonical host that is an address; empty for names.
std::optional<Bytes> address_of(std::string_view canonical_host);

}  // namespace atb::net
