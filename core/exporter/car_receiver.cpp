#include "core/exporter/car_receiver.h"

#include "core/base/text.h"
#include "core/exporter/room.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace atb::exporter {
namespace {

constexpr std::size_t kPipeBytes = 1U << 20;
constexpr std::uint64_t kLookEvery = 4U << 20;

}  // namespace

// Bytes from one thread to another, at most kPipeBytes of them under way.
class CarReceiver::Pipe final : public ByteSource {
 public:
  // False: the reader has gone away.
  bool push(ByteView bytes) {
    std::unique_lock lock(mutex_);
    while (!bytes.empty()) {
      changed_.wait(lock, [&] { return abandoned_ || held_.size() - at_ < kPipeBytes; });
      if (abandoned_) return false;
      if (at_ >= kPipeBytes / 2 || at_ == held_.size()) {
        held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ = 0;
      }
      const std::size_t count = std::min(bytes.size(), kPipeBytes - (held_.size() - at_));
      held_.insert(held_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
      bytes = bytes.subspan(count);
      changed_.notify_all();
    }
    return true;
  }
  Result<std::size_t> read(MutableByteView buffer) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ || at_ < held_.size(); });
    const std::size_t count = std::min(buffer.size(), held_.size() - at_);
    std::copy_n(held_.begin() + static_cast<std::ptrdiff_t>(at_), count, buffer.begin());
    at_ += count;
    changed_.notify_all();
    return count;
  }
  // No more bytes will come.
  void end() {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  // Nobody reads any more.
  void abandon() {
    const std::scoped_lock lock(mutex_);
    abandoned_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Bytes held_;
  std::size_t at_ = 0;
  bool ended_ = false;
  bool abandoned_ = false;
};

CarReceiver::CarReceiver(Setup setup) : setup_(std::move(setup)) {}
CarReceiver::~CarReceiver() { stop_parser(); }

void CarReceiver::stop_parser() {
  if (!parser_.joinable()) return;
  pipe_->end();
  parser_.join();
  pipe_.reset();
  setup_.spool.seal();
}

Status CarReceiver::begin(const net::Response& head) {
  stop_parser();
  received_.broken.reset();
  if (failure_) return *failure_;
  arrived_ = 0;
  spooled_before_ = setup_.spool.bytes();
  next_look_ = 0;
  const std::string* length = head.header("content-length");
  expected_ = length == nullptr ? 0 : parse_decimal(*length).value_or(0);
  TRY(check_room(expected_));
  pipe_ = std::make_unique<Pipe>();
  parser_ = std::thread([this] {
    try {
      parse(*pipe_);
    } catch (const std::bad_alloc&) {
      failure_ = Error(ErrorKind::limit_exceeded, "export.memory",
                       "there is too little memory for what the host sends",
                       "make memory available, or export on another machine; nothing was changed");
      pipe_->abandon();
    }
  });
  return {};
}

Status CarReceiver::write(ByteView bytes) {
  arrived_ += bytes.size();
  if (arrived_ >= next_look_) {
    next_look_ = arrived_ + kLookEvery;
    TRY(check_room(expected_ > arrived_ ? expected_ - arrived_ : 0));
    setup_.progress.report({.phase = "repository", .bytes = arrived_, .bytes_total = expected_});
  }
  if (pipe_ != nullptr && pipe_->push(bytes)) return {};
  return fail(ErrorKind::corrupt, "export.body_refused", "what the host sends is no repository");
}

Result<Received> CarReceiver::finish() {
  stop_parser();
  if (failure_) return *failure_;
  setup_.progress.report({.phase = "repository",
                          .bytes = arrived_,
                          .bytes_total = arrived_,
                          .items = received_.blocks,
                          .done = true});
  return received_;
}

// What is on its way goes to the spool, and with it all that the spool still holds in memory; what is in the
// spool is written `copies` - 1 times more.
Status CarReceiver::check_room(std::uint64_t bytes_to_come) const {
  if (setup_.room.folder.empty()) return {};
  const std::uint64_t more = setup_.room.copies - 1;
  const std::uint64_t held = setup_.spool.bytes_on_disk() == 0 ? spooled_before_ + arrived_ : 0;
  return exporter::check_room(setup_.fs, setup_.room.folder,
                              held + bytes_to_come + (arrived_ + bytes_to_come) * more);
}

void CarReceiver::parse(Pipe& pipe) {
  auto status = parse_sections(pipe);
  pipe.abandon();
  if (status) return;
  if (status.error().id.starts_with("car.")) {
    received_.broken = std::move(status).error();
  } else {
    failure_ = std::move(status).error();
  }
}

Status CarReceiver::parse_sections(Pipe& pipe) {
  car::Reader reader = TRY(car::Reader::open(pipe, setup_.limits, setup_.roots));
  if (!reader.header().roots.empty()) received_.root = reader.header().roots.front();
  while (true) {
    const auto section = TRY(reader.next());
    if (!section) return {};
    TRY(take(*section));
  }
}

Status CarReceiver::take(const car::Section& section) {
  if (section.state != car::Section::State::good) {
    ++received_.wrong_hashes;
    return {};
  }
  if (!setup_.only.empty() && !std::ranges::binary_search(setup_.only, *section.cid)) return {};
  ++received_.blocks;
  return setup_.spool.put(*section.cid, section.block);
}

}  // namespace atb::exporter
