#include "core/os/write_behind.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace atb::os {
namespace {

constexpr std::size_t kPieceBytes = 256U << 10;
constexpr std::size_t kPieces = 8;  // under way at most

}  // namespace

struct WriteBehind::State {
  explicit State(ByteSink& out_) : out(out_) { piece.reserve(kPieceBytes); }

  void hand_over();
  void run(const std::stop_token& stop);

  ByteSink& out;
  Bytes piece;  // that is being filled
  std::mutex mutex;
  std::condition_variable_any changed;
  std::array<Bytes, kPieces> pieces;  // a ring: of these, those from `written` to `handed` are under way
  std::uint64_t handed = 0;
  std::uint64_t written = 0;
  bool ended = false;   // no piece will come
  Status status;        // of `out`
  std::jthread thread;  // last, as it uses all else
};

// The piece changes places with one that was written before, which is empty and keeps its memory.
void WriteBehind::State::hand_over() {
  if (!thread.joinable()) thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return !status || handed - written < kPieces; });
  if (!status) return;
  std::swap(piece, pieces[handed++ % kPieces]);
  changed.notify_all();
}

// Where memory runs out, for which only an error has a use here, the process ends.
void WriteBehind::State::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  while (changed.wait(lock, stop, [&] { return ended || written < handed; }) && written < handed &&
         !stop.stop_requested()) {
    Bytes& next = pieces[written % kPieces];
    lock.unlock();
    Status passed = out.write(next);
    next.clear();
    if (next.capacity() > 2 * kPieceBytes) next = Bytes();  // one that took a large block
    lock.lock();
    ++written;
    if (!passed) status = std::move(passed);
    changed.notify_all();
    if (!status) return;
  }
}

WriteBehind::WriteBehind(ByteSink& out) : state_(std::make_unique<State>(out)) {}
WriteBehind::~WriteBehind() = default;

Status WriteBehind::write(ByteView bytes) {
  State& s = *state_;
  s.piece.insert(s.piece.end(), bytes.begin(), bytes.end());
  if (s.piece.size() < kPieceBytes) return {};
  s.hand_over();
  s.piece.clear();
  s.piece.reserve(kPieceBytes + bytes.size());
  const std::scoped_lock lock(s.mutex);
  return s.status;
}

Status WriteBehind::finish() {
  State& s = *state_;
  if (s.thread.joinable()) {
    {
      const std::scoped_lock lock(s.mutex);
      s.ended = true;
      s.changed.notify_all();
    }
    s.thread.join();
  }
  if (s.status && !s.piece.empty()) s.status = s.out.write(s.piece);
  s.piece.clear();
  return s.status;
}

}  // namespace atb::os
