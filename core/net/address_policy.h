// Which addresses we talk to. An address that a DID document or a redirect names is hostile: plain http and
// loopback, private, link-local, multicast and otherwise special addresses are reached only for hosts the
// user named.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atb::net {

class AddressPolicy {
 public:
  AddressPolicy() = default;
  // Each "HOST" (any port) or "HOST:PORT"; HOST is a name or an address. Id "option.private_host"
  // (invalid_input).
  static Result<AddressPolicy> allowing(const std::vector<std::string>& hosts);

  bool allows_private(std::string_view host, std::uint16_t port) const;
  // The address that is really about to be connected to: 4 bytes of IPv4 or 16 of IPv6, network order.
  static bool is_public(ByteView address);

 private:
  struct Allowed {
    std::string host;
    std::uint16_t port = 0;  // 0: any
  };
  std::vector<Allowed> allowed_;
};

}  // namespace atb::net
