// One GET, its body in memory. Internal to identity.
#pragma once

#include "core/identity/resolver.h"

#include <string>
#include <string_view>

namespace atb::identity {

struct Resolver::Fetched {
  net::Url url;
  net::Response response;
  std::string body;

  bool ok() const { return response.status >= 200 && response.status < 300; }
};

// What the other side said that was neither yes nor no; quotes its words, cut short.
Error status_error(const net::Url& url, const net::Response& response);
// The words of an error answer: "message" or "error" of a JSON body, else its text; cut short.
std::string words_of(const net::Response& response);

}  // namespace atb::identity
