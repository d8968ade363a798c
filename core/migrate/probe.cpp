#include "core/migrate/probe.h"

#include "core/net/http_date.h"

#include <fmt/format.h>

namespace atb::migrate {

Result<Probe> probe(exporter::Context& context, std::string_view who, const net::Url& server,
                    std::string_view path) {
  Probe seen;
  seen.who = who;
  seen.origin = server.origin();
  net::Request request;
  request.url = server;
  request.url.path = path;
  request.max_body = 1U << 16;
  request.stall_timeout = std::chrono::seconds(10);
  request.once = true;
  net::MemoryBody body;
  const std::int64_t asked_us = context.clock.wall_us();
  const auto began = context.clock.monotonic();
  const auto answer = context.http.send(request, body, context.stop);
  seen.millis = (context.clock.monotonic() - began).count() / 1000;
  if (!answer) {
    if (answer.error().kind == ErrorKind::cancelled) return answer.error();
    seen.problem = answer.error().message;
    return seen;
  }
  seen.reached = true;
  seen.status = answer->status;
  seen.healthy = answer->status >= 200 && answer->status < 300;
  if (!seen.healthy) seen.problem = fmt::format("it answers with status {}", answer->status);
  const std::string* date = answer->header("date");
  if (date == nullptr) return seen;
  if (const auto seconds = net::parse_http_date(*date)) {
    // Its second had begun up to a second before; it answered in the middle between question and answer.
    const std::int64_t ours = asked_us + (context.clock.wall_us() - asked_us) / 2;
    seen.ahead_us = *seconds * 1'000'000 + 500'000 - ours;
  }
  return seen;
}

}  // namespace atb::migrate
