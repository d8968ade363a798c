// SIGINT and SIGTERM become a stop request; a second one ends the process at once. SIGPIPE is ignored.
#pragma once

#include "core/base/stop.h"

namespace atb::cli {

// Call once, before any thread is made.
StopToken watch_signals();
// The first signal that came, or 0.
int signal_seen();

}  // namespace atb::cli
