// Keeps every progress event.
#pragma once

#include "core/base/progress.h"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace atb::test {

class CollectProgress final : public Progress {
 public:
  struct Event {
    std::string phase;
    std::uint64_t bytes = 0;
    std::uint64_t bytes_total = 0;
    std::uint64_t items = 0;
    std::uint64_t items_total = 0;
    bool done = false;
  };
  void report(const ProgressEvent& event) override {
    const std::scoped_lock lock(mutex_);
    events_.push_back({std::string(event.phase), event.bytes, event.bytes_total, event.items,
                       event.items_total, event.done});
  }
  std::vector<Event> events() const {
    const std::scoped_lock lock(mutex_);
    return events_;
  }
  // The last event of a phase.
  std::optional<Event> last(std::string_view phase) const {
    const std::scoped_lock lock(mutex_);
    std::optional<Event> found;
    for (const auto& event : events_) {
      if (event.phase == phase) found = event;
    }
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Event> events_;
};

}  // namespace atb::test
