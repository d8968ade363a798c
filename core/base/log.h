// The log: an object handed in, never a global. Secret has no formatter, so secrets cannot be passed by
// mistake.
#pragma once

#include <cstdint>
#include <string_view>

namespace atb {

enum class LogLevel : std::uint8_t { warning, info, detail, trace };

// Threads: implementations may be called from any thread.
class Log {
 public:
  virtual ~Log() = default;
  virtual bool enabled(LogLevel level) const = 0;
  // `message` may hold remote text; the implementation escapes it.
  virtual void write(LogLevel level, std::string_view component, std::string_view message) = 0;
};

// Forgets everything.
Log& null_log();

}  // namespace atb
