// Time as a parameter.
#pragma once

#include "core/base/stop.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace atb::os {

class Clock {
 public:
  virtual ~Clock() = default;
  // Microseconds since the Unix epoch, UTC.
  virtual std::int64_t wall_us() const = 0;
  // Never goes back; only differences mean anything.
  virtual std::chrono::microseconds monotonic() const = 0;
  // Sleeps, and wakes early with Error "stopped" when asked to stop.
  virtual Status sleep(std::chrono::milliseconds duration, const StopToken& stop) = 0;
};

Clock& system_clock();

// "2026-11-22T18:45:16.123Z" of a wall time in microseconds.
std::string rfc3339(std::int64_t wall_us);

}  // namespace atb::os
