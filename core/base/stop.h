// Ctrl-C and SIGTERM reach the work through std::stop_token: long loops ask, and return Error "stopped".
#pragma once

#include "core/base/result.h"

#include <stop_token>

namespace atb {

using StopToken = std::stop_token;

inline Status check_stop(const StopToken& stop) {
  if (stop.stop_requested())
    return fail(ErrorKind::cancelled, "stopped", "interrupted", "run the same command again to go on");
  return {};
}

}  // namespace atb
