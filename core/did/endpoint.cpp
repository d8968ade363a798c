#include "core/did/endpoint.h"

#include "core/base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace atb::did {
namespace {

constexpr std::size_t kMaxUrl = 512;

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool valid_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-'; });
}

// Only the characters and the length: that it is an address at all, the network half finds out.
bool valid_ipv6(std::string_view text) {
  if (text.size() < 2 || text.size() > 45 || text.find(':') == std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
  });
}

}  // namespace

bool valid_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  return std::ranges::all_of(split(text, '.'), valid_label);
}

bool valid_port(std::string_view text) {
  const auto port = parse_decimal(text);
  return port && *port >= 1 && *port <= 65535;
}

std::string endpoint_problem(std::string_view url) {
  if (url.size() > kMaxUrl)
    return fmt::format("the address of the host is longer than {} characters", kMaxUrl);
  const auto problem = [url](std::string_view why) {
    return fmt::format("the address of the host {}: {}", why, printable(url, 120));
  };
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return problem("is no http(s) URL");
  }
  if (const std::size_t end = rest.find_first_of("/?#"); end != std::string_view::npos)
    return problem("has something after the host and port");
  if (rest.find('@') != std::string_view::npos) return problem("holds a user name");
  std::string_view host = rest, port;
  bool has_port = false;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos || !valid_ipv6(rest.substr(1, end - 1)))
      return problem("names no host");
    host = {};
    has_port = end + 1 < rest.size();
    if (has_port && rest[end + 1] != ':') return problem("names no host");
    port = has_port ? rest.substr(end + 2) : std::string_view();
  } else {
    const std::size_t colon = rest.find(':');
    has_port = colon != std::string_view::npos;
    host = rest.substr(0, colon);
    port = has_port ? rest.substr(colon + 1) : std::string_view();
    if (!valid_host_name(host)) return problem("names no host");
  }
  if (has_port && !valid_port(port)) return problem("has a port that is none");
  return {};
}

}  // namespace atb::did
