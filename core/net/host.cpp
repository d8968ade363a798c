#include "core/net/host.h"

#include "core/base/text.h"

#include <arpa/inet.h>

#include <algorithm>

namespace atb::net {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The rule of browsers: a host whose last label is a number is an IPv4 address, or wrong.
bool looks_numeric(std::string_view label) {
  if (label.starts_with("0x")) return true;
  return std::ranges::all_of(label, is_digit);
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLongestLabel) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(
      label, [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_'; });
}

}  // namespace

std::optional<Bytes> address_of(std::string_view canonical_host) {
  std::string text(canonical_host);
  if (text.starts_with('[') && text.ends_with(']')) {
    Bytes address(16);
    text = text.substr(1, text.size() - 2);
    if (::inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
    return std::nullopt;
  }
  Bytes address(4);
  if (::inet_pton(AF_INET, text.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

std::optional<std::string> canonical_host(std::string_view host) {
  // inet_pton stops at a NUL, so that none may come this far.
  if (host.empty() || host.size() > kLongestName || host.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::string lower = lower_ascii(host);
  if (lower.front() == '[') {
    const auto address = address_of(lower);
    if (!address) return std::nullopt;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_ntop(AF_INET6, address->data(), text.data(), text.size()) == nullptr) return std::nullopt;
    return "[" + std::string(text.data()) + "]";
  }
  const auto labels = split(lower, '.');
  if (!std::ranges::all_of(labels, is_label)) return std::nullopt;
  if (looks_numeric(labels.back()) && !address_of(lower)) return std::nullopt;
  return lower;
}

}  // namespace atb::net
