#include "core/backup/read_in_parts.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace atb::backup {
namespace {

constexpr std::uint64_t kSmall = 512U << 10;  // not worth a thread

class Parts {
 public:
  Parts(car::BatchReader reader, const car::LookAtBlock& look, PartWork& work, const StopToken& stop)
      : reader_(std::move(reader)), look_(look), work_(work), stop_(stop) {}

  bool run(bool alone) {
    std::jthread other;
    if (!alone) other = std::jthread([this] { go(1); });
    go(0);
    if (other.joinable()) other.join();
    return !gave_up_;
  }

 private:
  // Where memory runs out both threads end with the process: one that waits for the other would wait for
  // ever.
  void go(std::size_t thread) noexcept {
    car::BatchCheck check(look_);
    car::SectionBatch part;
    while (const auto number = take(part)) {
      if (!wait_for_place(*number)) return;
      check.check(part);
      if (!work_.work(thread, part, *number % kPartPlaces) || !join(*number)) {
        give_up();
        return;
      }
    }
  }

  // The next part and its number; empty when there is none.
  std::optional<std::uint64_t> take(car::SectionBatch& part) {
    const std::lock_guard lock(reading_);
    if (ended_) return std::nullopt;
    if (stop_.stop_requested()) {
      give_up();
      return std::nullopt;
    }
    reader_.take(part);
    ended_ = part.ended || part.failure.has_value();
    if (part.failure) give_up();
    return taken_++;
  }

  // False: someone gave up.
  bool wait_for_place(std::uint64_t number) {
    std::unique_lock lock(joining_);
    changed_.wait(lock, [&] { return gave_up_ || number < joined_ + kPartPlaces; });
    return !gave_up_;
  }

  // The part is worked through: it, and those behind it that waited for it.
  bool join(std::uint64_t number) {
    const std::lock_guard lock(joining_);
    done_[number % kPartPlaces] = true;
    const std::uint64_t before = joined_;
    for (; done_[joined_ % kPartPlaces]; ++joined_) {
      done_[joined_ % kPartPlaces] = false;
      if (!work_.join(joined_ % kPartPlaces)) return false;
    }
    if (joined_ != before) changed_.notify_all();
    return true;
  }

  void give_up() {
    const std::lock_guard lock(joining_);
    gave_up_ = true;
    changed_.notify_all();
  }

  std::mutex reading_;  // reader_, taken_, ended_
  car::BatchReader reader_;
  std::uint64_t taken_ = 0;
  bool ended_ = false;
  const car::LookAtBlock& look_;
  PartWork& work_;
  const StopToken& stop_;
  std::mutex joining_;  // all below; taken inside of reading_ perhaps, never around it
  std::condition_variable changed_;
  std::array<bool, kPartPlaces> done_{};
  std::uint64_t joined_ = 0;
  bool gave_up_ = false;
};

}  // namespace

Result<bool> read_in_parts(const RandomAccess& file, const Limits& limits, const car::LookAtBlock& look,
                           PartWork& work, const StopToken& stop) {
  const auto source = stream_of(file);
  car::BatchReader reader = TRY(car::BatchReader::open(*source, limits));
  const bool whole = Parts(std::move(reader), look, work, stop).run(file.size() <= kSmall);
  TRY(check_stop(stop));
  return whole;
}

}  // namespace atb::backup
