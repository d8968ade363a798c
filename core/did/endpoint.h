// The one form a host's address may have in a DID document: http(s)://host[:port], nothing after.
#pragma once

#include <string>
#include <string_view>

namespace atb::did {

// A domain name, "localhost", or an IPv4 address: letters, digits, '-' and '.', at most 253 characters.
bool valid_host_name(std::string_view text);
// 1 to 65535, without leading zeros.
bool valid_port(std::string_view text);
// Why `url` is no such address; empty when it is one. Says nothing about private addresses: the network half
// does.
std::string endpoint_problem(std::string_view url);

}  // namespace atb::did
