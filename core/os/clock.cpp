#include "core/os/clock.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

namespace atb::os {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t wall_us() const override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  }

  std::chrono::microseconds monotonic() const override {
    return std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
  }

  Status sleep(std::chrono::milliseconds duration, const StopToken& stop) override {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    // Nobody notifies: only the stop token, or the time, ends the wait.
    wake.wait_until(lock, stop, std::chrono::steady_clock::now() + duration, [] { return false; });
    return check_stop(stop);
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

std::string rfc3339(std::int64_t wall_us) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{floor<milliseconds>(microseconds(wall_us))};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace atb::os
