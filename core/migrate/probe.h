// One look at a server, without patience: does it answer, how soon, and what time does it think it is?
#pragma once

#include "core/exporter/context.h"
#include "core/net/url.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atb::migrate {

struct Probe {
  std::string who;  // "the old host", "the directory": for messages
  std::string origin;
  bool reached = false;  // it answered, whatever it said
  bool healthy = false;  // and said that all is well
  int status = 0;
  std::string problem;      // why it is not healthy; may hold remote text
  std::int64_t millis = 0;  // until the answer
  // Its clock less ours, from the Date header: right to a second or so.
  std::optional<std::int64_t> ahead_us;
};

// GET `path`, once. That nobody answers is a result; the only error is to be stopped.
Result<Probe> probe(exporter::Context& context, std::string_view who, const net::Url& server,
                    std::string_view path);
inline constexpr std::string_view kHostHealth = "/xrpc/_health";
inline constexpr std::string_view kDirectoryHealth = "/_health";

}  // namespace atb::migrate
