#include "core/backup/read_ahead.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace atb::backup {
namespace {

constexpr std::size_t kSmall = 512U << 10;  // not worth a thread
constexpr std::size_t kSlots = 8;
// Who had to wait is woken for so many slots at once: each time costs some ten microseconds.
constexpr std::size_t kWorthWaking = 4;

// A ring: the thread fills slots in turn, the caller takes them in turn and holds the one it took last.
class ReadAhead final : public car::Batches {
 public:
  ReadAhead(std::unique_ptr<ByteSource> source, car::BatchReader reader)
      : source_(std::move(source)), reader_(std::move(reader)), thread_([this] { fill(); }) {}
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead() override {
    {
      const std::lock_guard lock(mutex_);
      abandoned_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  const car::Header& header() const override { return reader_.header(); }

  const car::SectionBatch* next() override {
    std::unique_lock lock(mutex_);
    if (holds_one_) {
      ++taken_;
      if (ready_to_fill()) changed_.notify_all();
    }
    if (filled_ == taken_) changed_.wait(lock, [this] { return ready_to_take(); });
    holds_one_ = true;
    return &slots_[taken_ % kSlots];
  }

 private:
  bool ready_to_take() const { return ended_ || filled_ - taken_ >= kWorthWaking; }
  bool ready_to_fill() const { return abandoned_ || filled_ - taken_ <= kSlots - kWorthWaking; }

  void fill() {
    while (true) {
      std::unique_lock lock(mutex_);
      if (filled_ - taken_ == kSlots) changed_.wait(lock, [this] { return ready_to_fill(); });
      if (abandoned_) return;
      car::SectionBatch& slot = slots_[filled_ % kSlots];
      lock.unlock();
      reader_.read(slot);
      lock.lock();
      ++filled_;
      ended_ = slot.ended || slot.failure.has_value();
      if (ready_to_take()) changed_.notify_all();
      if (ended_) return;
    }
  }

  std::unique_ptr<ByteSource> source_;  // before reader_, which reads from it
  car::BatchReader reader_;             // the thread's, but for its header
  std::array<car::SectionBatch, kSlots> slots_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t filled_ = 0;
  std::size_t taken_ = 0;  // and given back
  bool holds_one_ = false;
  bool ended_ = false;  // nothing comes after the slots filled
  bool abandoned_ = false;
  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace

Result<std::unique_ptr<car::Batches>> read_ahead(const RandomAccess& file, const Limits& limits,
                                                 const car::LookAtBlock& look) {
  if (file.size() <= kSmall) return car::open_batches(file, limits, look);
  auto source = stream_of(file);
  car::BatchReader reader = TRY(car::BatchReader::open(*source, limits, car::Roots::required, look));
  return std::unique_ptr<car::Batches>(new ReadAhead(std::move(source), std::move(reader)));
}

}  // namespace atb::backup
