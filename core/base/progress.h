// Progress, as events. Who shows it, and how, is the command line's business.
#pragma once

#include <cstdint>
#include <string_view>

namespace atb {

// One phase of work, such as "repository" or "blobs". Totals are 0 while unknown.
struct ProgressEvent {
  std::string_view phase;  // lives for the call only
  std::uint64_t bytes = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t items = 0;  // records or blobs
  std::uint64_t items_total = 0;
  bool done = false;  // the phase has ended
};

// Threads: may be called from any thread.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void report(const ProgressEvent& event) = 0;
};

Progress& no_progress();

}  // namespace atb
