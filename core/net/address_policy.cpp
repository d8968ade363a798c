#include "core/net/address_policy.h"

#include "core/base/text.h"
#include "core/net/host.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace atb::net {
namespace {

struct Range {
  std::array<std::uint8_t, 16> prefix;
  std::size_t bits;
};

// The IANA registries of special-purpose addresses: everything that is not globally reachable unicast.
constexpr std::array kSpecialV4 = {
    Range{{0}, 8},              // this network
    Range{{10}, 8},             // private
    Range{{100, 64}, 10},       // behind a carrier's NAT
    Range{{127}, 8},            // loopback
    Range{{169, 254}, 16},      // link-local; cloud metadata
    Range{{172, 16}, 12},       // private
    Range{{192, 0, 0}, 24},     // protocol assignments
    Range{{192, 0, 2}, 24},     // documentation
    Range{{192, 88, 99}, 24},   // 6to4 relays, withdrawn
    Range{{192, 168}, 16},      // private
    Range{{198, 18}, 15},       // benchmarks
    Range{{198, 51, 100}, 24},  // documentation
    Range{{203, 0, 113}, 24},   // documentation
    Range{{224}, 4},            // multicast
    Range{{240}, 4},            // reserved; broadcast
};

// Within 2000::/3, the only block of global unicast.
constexpr std::array kSpecialV6 = {
    Range{{0x20, 0x01, 0x00}, 23},        // protocol assignments: Teredo, ORCHID
    Range{{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    Range{{0x3f, 0xff, 0x00}, 20},        // documentation
};

constexpr Range kGlobalV6{{0x20}, 3};
// Addresses that carry an IPv4 address, which decides.
constexpr Range kMapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
constexpr Range kNat64{{0x00, 0x64, 0xff, 0x9b}, 96};
constexpr Range k6to4{{0x20, 0x02}, 16};

bool within(ByteView address, const Range& range) {
  for (std::size_t bit = 0; bit < range.bits; bit += 8) {
    const std::size_t left = std::min<std::size_t>(8, range.bits - bit);
    const auto mask = static_cast<std::uint8_t>(0xff00U >> left);
    if (((address[bit / 8] ^ range.prefix[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

template <std::size_t N>
bool within_any(ByteView address, const std::array<Range, N>& ranges) {
  return std::ranges::any_of(ranges, [&](const Range& range) { return within(address, range); });
}

Error bad_host(const std::string& text) {
  return {ErrorKind::invalid_input, "option.private_host",
          fmt::format("\"{}\" is not HOST or HOST:PORT", text),
          "for example localhost, 192.168.1.5:2583 or [::1]:2583"};
}

}  // namespace

bool AddressPolicy::is_public(ByteView address) {
  if (address.size() == 4) return !within_any(address, kSpecialV4);
  if (address.size() != 16) return false;
  if (within(address, kMapped) || within(address, kNat64)) return is_public(address.subspan(12));
  if (within(address, k6to4)) return is_public(address.subspan(2, 4));
  return within(address, kGlobalV6) && !within_any(address, kSpecialV6);
}

Result<AddressPolicy> AddressPolicy::allowing(const std::vector<std::string>& hosts) {
  AddressPolicy policy;
  for (const auto& text : hosts) {
    Allowed allowed;
    std::string_view host = text;
    const auto colon = text.rfind(':');
    const bool bare_v6 = colon != std::string::npos && text.find(':') != colon && !text.starts_with('[');
    if (colon != std::string::npos && !bare_v6 && !text.ends_with(']')) {
      host = host.substr(0, colon);
      const auto port = parse_decimal(std::string_view(text).substr(colon + 1));
      if (!port || *port == 0 || *port > 65535) return bad_host(text);
      allowed.port = static_cast<std::uint16_t>(*port);
    }
    auto canonical = canonical_host(bare_v6 ? fmt::format("[{}]", text) : std::string(host));
    if (!canonical) return bad_host(text);
    allowed.host = std::move(*canonical);
    policy.allowed_.push_back(std::move(allowed));
  }
  return policy;
}

bool AddressPolicy::allows_private(std::string_view host, std::uint16_t port) const {
  const auto canonical = canonical_host(host);
  return canonical && std::ranges::any_of(allowed_, [&](const Allowed& allowed) {
           return allowed.host == *canonical && (allowed.port == 0 || allowed.port == port);
         });
}

}  // namespace atb::net
