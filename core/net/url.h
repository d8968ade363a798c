// The little of URLs that we need: http(s) origins, and joining paths and queries to them. Strict.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atb::net {

struct Url {
  std::string scheme;  // "https" or "http"
  std::string host;    // lower case; IPv6 in brackets
  std::uint16_t port = 443;
  std::string path;  // begins with '/', with the query, without fragment

  // Ids "url.syntax", "url.scheme" (anything but http and https), "url.userinfo". No white space or control
  // characters.
  static Result<Url> parse(std::string_view text);
  std::string str() const;     // default ports left out
  std::string origin() const;  // "https://host[:port]"
  bool same_origin(const Url& other) const;
  // Resolves a Location header against this URL.
  Result<Url> resolve(std::string_view reference) const;
};

// Percent-encodes everything outside A-Z a-z 0-9 - . _ ~
std::string percent_encode(std::string_view text);
using Query = std::vector<std::pair<std::string, std::string>>;
// "?a=b&c=d", or empty.
std::string query_string(const Query& query);

}  // namespace atb::net
