#include "core/os/write_behind.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace atb;

namespace {

// Keeps what it is given, and who gave it; from a byte on it fails.
class Keeper final : public ByteSink {
 public:
  explicit Keeper(std::size_t good_until = SIZE_MAX) : good_until_(good_until) {}
  Status write(ByteView bytes) override {
    ++writes;
    by_caller = by_caller && std::this_thread::get_id() == caller_;
    if (kept.size() + bytes.size() > good_until_) return fail(ErrorKind::io, "file.write", "no more");
    kept.insert(kept.end(), bytes.begin(), bytes.end());
    return {};
  }
  Bytes kept;
  std::size_t writes = 0;
  bool by_caller = true;

 private:
  std::size_t good_until_;
  std::thread::id caller_ = std::this_thread::get_id();
};

Bytes numbered(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  return bytes;
}

}  // namespace

TEST_CASE("write behind: everything arrives once and in order, however it is cut", "[os]") {
  const Bytes all = numbered(5'000'000);
  for (const std::size_t piece : {std::size_t{701}, std::size_t{262'144}, std::size_t{1'500'000}}) {
    Keeper keeper;
    os::WriteBehind behind(keeper);
    for (std::size_t at = 0; at < all.size(); at += piece)
      REQUIRE(behind.write(ByteView(all).subspan(at, std::min(piece, all.size() - at))));
    REQUIRE(behind.finish());
    CHECK(keeper.kept == all);
    CHECK(keeper.writes < 25);
    CHECK_FALSE(keeper.by_caller);
  }
}

TEST_CASE("write behind: a little is written without a thread, nothing not at all", "[os]") {
  Keeper keeper;
  os::WriteBehind behind(keeper);
  const Bytes little = numbered(1000);
  REQUIRE(behind.write(little));
  CHECK(keeper.writes == 0);
  REQUIRE(behind.finish());
  CHECK(keeper.kept == little);
  CHECK(keeper.by_caller);
  Keeper none;
  REQUIRE(os::WriteBehind(none).finish());
  CHECK(none.writes == 0);
}

TEST_CASE("write behind: an error is told at the latest at the end, and nothing is written after it",
          "[os]") {
  const Bytes piece = numbered(300'000);
  Keeper keeper(1'000'000);
  os::WriteBehind behind(keeper);
  Status status;
  for (int i = 0; i < 100 && status; ++i) status = behind.write(piece);
  CHECK(test::error_id(status) == "file.write");
  CHECK(test::error_id(behind.finish()) == "file.write");
  CHECK(keeper.kept.size() == 900'000);
  CHECK(keeper.writes == 4);

  Keeper full(0);
  os::WriteBehind few(full);
  REQUIRE(few.write(ByteView(piece).first(10)));
  CHECK(test::error_id(few.finish()) == "file.write");
}

TEST_CASE("write behind: it goes when the write under way has ended, and drops the rest", "[os]") {
  // Holds the thread until the test lets it go.
  struct Slow final : ByteSink {
    Status write(ByteView) override {
      std::unique_lock lock(mutex);
      ++begun;
      changed.notify_all();
      changed.wait(lock, [&] { return open; });
      ++ended;
      return {};
    }
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    int begun = 0;
    int ended = 0;
  };
  Slow slow;
  std::jthread opener;
  {
    os::WriteBehind behind(slow);
    const Bytes piece = numbered(300'000);
    for (int i = 0; i < 4; ++i) REQUIRE(behind.write(piece));
    std::unique_lock lock(slow.mutex);
    slow.changed.wait(lock, [&] { return slow.begun == 1; });
    opener = std::jthread([&slow] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const std::scoped_lock opening(slow.mutex);
      slow.open = true;
      slow.changed.notify_all();
    });
  }
  CHECK(slow.begun >= 1);
  CHECK(slow.ended == slow.begun);
}
