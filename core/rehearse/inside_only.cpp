#include "core/rehearse/inside_only.h"

#include <algorithm>

namespace atb::rehearse {

Result<net::Response> InsideOnly::send(const net::Request& request, net::BodySink& body,
                                       const StopToken& stop) {
  const bool inside =
      std::ranges::any_of(origins_, [&](const net::Url& own) { return own.same_origin(request.url); });
  if (inside) return inner_.send(request, body, stop);
  if (page_ && request.method == "GET" && page_->url.str() == request.url.str()) {
    net::Response response;
    response.status = 200;
    TRY(body.begin(response));
    TRY(body.write(as_bytes(page_->content())));
    return response;
  }
  return fail(ErrorKind::refused, "rehearse.outside",
              "a rehearsal reaches nothing outside, and so not " + request.url.origin());
}

}  // namespace atb::rehearse
