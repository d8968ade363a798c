// A clock that stands still until somebody sleeps on it or moves it.
#pragma once

#include "core/os/clock.h"

#include <functional>
#include <mutex>
#include <vector>

namespace atb::test {

class ManualClock final : public os::Clock {
 public:
  // 2026-01-02T03:04:05.678Z, unless told otherwise.
  explicit ManualClock(std::int64_t wall_us = 1'767'323'045'678'000) : wall_us_(wall_us) {}

  std::int64_t wall_us() const override {
    const std::scoped_lock lock(mutex_);
    return wall_us_;
  }
  std::chrono::microseconds monotonic() const override {
    const std::scoped_lock lock(mutex_);
    return monotonic_;
  }
  // Returns at once, that much later.
  Status sleep(std::chrono::milliseconds duration, const StopToken& stop) override {
    std::function<void()> then;
    {
      const std::scoped_lock lock(mutex_);
      sleeps_.push_back(duration);
      then = on_sleep_;
    }
    advance(duration);
    if (then) then();
    return check_stop(stop);
  }

  void advance(std::chrono::microseconds by) {
    const std::scoped_lock lock(mutex_);
    wall_us_ += by.count();
    monotonic_ += by;
  }
  // The wall clock alone, as when somebody sets it.
  void set_wall_us(std::int64_t wall_us) {
    const std::scoped_lock lock(mutex_);
    wall_us_ = wall_us;
  }
  std::vector<std::chrono::milliseconds> sleeps() const {
    const std::scoped_lock lock(mutex_);
    return sleeps_;
  }
  // Called at the end of every sleep.
  void on_sleep(std::function<void()> then) {
    const std::scoped_lock lock(mutex_);
    on_sleep_ = std::move(then);
  }

 private:
  mutable std::mutex mutex_;
  std::int64_t wall_us_;
  std::chrono::microseconds monotonic_{1'000'000};
  std::vector<std::chrono::milliseconds> sleeps_;
  std::function<void()> on_sleep_;
};

}  // namespace atb::test
