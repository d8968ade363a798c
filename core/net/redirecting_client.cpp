#include "core/net/retrying_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atb::net {
namespace {

constexpr int kMostHops = 5;
constexpr std::array kRedirects = {301, 302, 303, 307, 308};

Error refuse(const Url& from, std::string_view why) {
  return {ErrorKind::refused, "http.redirect", fmt::format("{} sends us elsewhere: {}", from.str(), why)};
}

Result<Url> next_of(const Url& from, const Response& response) {
  const auto* location = response.header("location");
  if (location == nullptr) return refuse(from, "but does not say where");
  auto next = from.resolve(*location);
  if (!next) return refuse(from, next.error().message);
  if (from.scheme == "https" && next->scheme != "https")
    return refuse(from, "to an address that is not encrypted");
  return next;
}

}  // namespace

Result<Response> RedirectingClient::send(const Request& request, BodySink& body, const StopToken& stop) {
  if (!request.follow_redirects || request.method != "GET") return inner_.send(request, body, stop);
  Request current = request;
  for (int hop = 0;; ++hop) {
    auto response = TRY(inner_.send(current, body, stop));
    if (std::ranges::find(kRedirects, response.status) == kRedirects.end()) return response;
    if (hop == kMostHops) return refuse(request.url, fmt::format("more than {} times", kMostHops));
    Url next = TRY(next_of(current.url, response));
    // Once gone, credentials stay gone: a host could send us away and back to a path of its choice.
    if (!next.same_origin(current.url)) current.bearer = nullptr;
    current.url = std::move(next);
  }
}

}  // namespace atb::net
