#include "core/backup/read_in_parts.h"

#include "tests/support/bad_disk.h"
#include "tests/support/catch.h"
#include "tests/unit/backup/long_car.h"

#include <array>
#include <atomic>
#include <thread>

namespace atb {
namespace {

// Writes down what it is given.
class Notes final : public backup::PartWork {
 public:
  bool work(std::size_t thread, const car::SectionBatch& part, std::size_t place) override {
    if (busy_[place].exchange(true)) twice_ = true;
    if (thread == slow_) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    threads_[thread] = std::this_thread::get_id();
    auto& cids = parts_[place];
    cids.clear();
    for (const car::Section& section : part.sections) {
      if (section.state != car::Section::State::good) return false;
      cids.push_back(*section.cid);
    }
    return ++worked_ != fail_work_;
  }
  bool join(std::size_t place) override {
    cids_.insert(cids_.end(), parts_[place].begin(), parts_[place].end());
    busy_[place] = false;
    return ++joined_ != fail_join_;
  }

  std::vector<ipld::Cid> cids_;
  std::atomic<bool> twice_ = false;  // a place was given before it was joined
  std::array<std::thread::id, backup::kPartThreads> threads_;
  std::size_t slow_ = backup::kPartThreads;
  std::size_t fail_work_ = 0;
  std::size_t fail_join_ = 0;

 private:
  std::array<std::vector<ipld::Cid>, backup::kPartPlaces> parts_;
  std::array<std::atomic<bool>, backup::kPartPlaces> busy_{};
  std::atomic<std::size_t> worked_ = 0;
  std::size_t joined_ = 0;
};

Result<bool> read(const RandomAccess& file, Notes& notes, const StopToken& stop = {}) {
  return backup::read_in_parts(file, {}, {}, notes, stop);
}

}  // namespace

TEST_CASE("backup: a file read in parts is joined in its order, whoever is slow", "[read_in_parts]") {
  for (const std::size_t count : {0U, 1U, 300U, 8000U}) {
    const auto blocks = test::long_blocks(count);
    const MemoryBytes file(test::long_car(blocks));
    for (std::size_t slow = 0; slow <= backup::kPartThreads; ++slow) {
      Notes notes;
      notes.slow_ = slow;
      const auto whole = read(file, notes);
      REQUIRE(whole);
      CHECK(*whole);
      CHECK_FALSE(notes.twice_);
      REQUIRE(notes.cids_.size() == count);
      bool in_order = true;
      for (std::size_t i = 0; i < count; ++i) in_order = in_order && notes.cids_[i] == blocks[i].first;
      CHECK(in_order);
      // A small file is not worth a thread.
      if (count == 300) CHECK(notes.threads_[1] == std::thread::id());
    }
  }
}

TEST_CASE("backup: whoever gives up ends the reading in parts, in both threads", "[read_in_parts]") {
  const MemoryBytes file(test::long_car(test::long_blocks(8000)));
  for (std::size_t at = 1; at < 20; at += 3) {
    Notes worker;
    worker.fail_work_ = at;
    CHECK_FALSE(read(file, worker).value());
    Notes joiner;
    joiner.fail_join_ = at;
    CHECK_FALSE(read(file, joiner).value());
    CHECK(joiner.cids_.size() < 8000);
  }
}

TEST_CASE("backup: a file that cannot be read to its end, or is not sound, is not read in parts",
          "[read_in_parts]") {
  Bytes bytes = test::long_car(test::long_blocks(6000));
  Notes notes;
  CHECK_FALSE(read(test::BadDisk(bytes, bytes.size() / 2), notes).value());
  CHECK_FALSE(read(test::BadDisk(bytes, 0), notes).has_value());
  CHECK_FALSE(read(MemoryBytes(Bytes(bytes.begin(), bytes.end() - 1)), notes).value());
  bytes[bytes.size() / 2] ^= 1U;
  CHECK_FALSE(read(MemoryBytes(bytes), notes).value());
}

TEST_CASE("backup: reading in parts can be stopped", "[read_in_parts]") {
  const MemoryBytes file(test::long_car(test::long_blocks(6000)));
  std::stop_source source;
  source.request_stop();
  Notes notes;
  const auto stopped = read(file, notes, source.get_token());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::cancelled);
}

}  // namespace atb
