#include "core/identity/fetched.h"

#include "core/base/text.h"
#include "core/data/json.h"

#include <fmt/format.h>

namespace atb::identity {

std::string words_of(const net::Response& response) {
  constexpr std::size_t kLongest = 300;
  std::string words;
  if (const auto json = data::parse_json(response.error_body, Limits{}, data::Floats::allow);
      json && json->object() != nullptr) {
    words = data::text_or(*json, "message", data::text_or(*json, "error", ""));
  } else if (!trim(response.error_body).starts_with('<')) {
    words = response.error_body;
  }
  return printable(trim(words), kLongest);
}

Error status_error(const net::Url& url, const net::Response& response) {
  ErrorKind kind = ErrorKind::remote;
  std::string_view hint = "check the address";
  if (response.status >= 500) {
    kind = ErrorKind::network;
    hint = "it has a problem: try again later";
  } else if (response.status == 429) {
    kind = ErrorKind::rate_limited;
    hint = "wait, and run the same command again";
  }
  std::string message = fmt::format("{} answered with status {}", url.str(), response.status);
  if (const std::string words = words_of(response); !words.empty()) message += fmt::format(": \"{}\"", words);
  Error error(kind, "identity.status", std::move(message), std::string(hint));
  error.http_status = response.status;
  return error;
}

Result<Resolver::Fetched> Resolver::fetch(const net::Url& url, std::uint64_t max_bytes, bool follow_redirects,
                                          const StopToken& stop) {
  net::Request request;
  request.url = url;
  request.max_body = max_bytes;
  request.follow_redirects = follow_redirects;
  net::MemoryBody body;
  net::Response response = TRY_CONTEXT("fetching " + url.str(), http_.send(request, body, stop));
  return Fetched{url, std::move(response), body.text()};
}

}  // namespace atb::identity
