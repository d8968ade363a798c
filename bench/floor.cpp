// The floor under every verifier of repositories: reads a CAR, hashes each block, compares the digest with
// the CID. No index, no tree, no records, no signature. The bench tells how far above it the verifiers are.
//
//   bench_floor FILE.car          prints how many blocks there are
//   bench_floor --read FILE.car   reads only, prints how many bytes
//   bench_floor --engines         prints the ways to hash that this machine knows, the best first
//
// ATBACKUP_SHA256 chooses how it hashes, as with atbackup.
#include "core/crypto/sha256_many.h"

#include <fmt/core.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace {

using namespace atb;

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::size_t kCidBytes = 36;
constexpr std::size_t kDigestAt = 4;

class Car {
 public:
  explicit Car(const char* path) : file_(::open(path, O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) throw std::runtime_error("cannot open the file");
  }
  ~Car() { ::close(file_); }
  Car(const Car&) = delete;
  Car& operator=(const Car&) = delete;

  // What is unread, after reading more; the same as before at the end of the file.
  ByteView more() {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    if (buffer_.size() < end_ + kChunk) buffer_.resize(end_ + kChunk);
    const ssize_t got = ::read(file_, buffer_.data() + end_, kChunk);
    if (got < 0) throw std::runtime_error("cannot read the file");
    end_ += static_cast<std::size_t>(got);
    return ByteView(buffer_).subspan(0, end_);
  }
  void take(std::size_t bytes) { begin_ += bytes; }

 private:
  int file_;
  Bytes buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// The section at the front, without its length: empty if it is not whole.
std::optional<ByteView> section(ByteView& bytes) {
  std::size_t length = 0;
  std::size_t used = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    if (used == bytes.size()) return std::nullopt;
    const std::uint8_t byte = bytes[used++];
    length |= static_cast<std::size_t>(byte & 0x7FU) << shift;
    if (byte < 0x80) {
      if (bytes.size() - used < length) return std::nullopt;
      const ByteView found = bytes.subspan(used, length);
      bytes = bytes.subspan(used + length);
      return found;
    }
  }
  throw std::runtime_error("a section is too long");
}

class Checker {
 public:
  void check(std::span<const ByteView> sections) {
    blocks_.clear();
    for (const ByteView each : sections) {
      if (each.size() < kCidBytes) throw std::runtime_error("a section is too short");
      blocks_.push_back(each.subspan(kCidBytes));
    }
    digests_.resize(blocks_.size());
    crypto::sha256_many(blocks_, digests_);
    for (std::size_t i = 0; i < sections.size(); ++i) {
      if (!std::ranges::equal(digests_[i], sections[i].subspan(kDigestAt, digests_[i].size()))) {
        throw std::runtime_error("a block is not what its CID says");
      }
    }
  }

 private:
  std::vector<ByteView> blocks_;
  std::vector<crypto::Digest> digests_;
};

std::uint64_t hash_all(const char* path) {
  Car car(path);
  std::uint64_t blocks = 0;
  bool header = true;
  std::vector<ByteView> sections;
  Checker checker;
  for (std::size_t before = 0;;) {
    ByteView bytes = car.more();
    if (bytes.size() == before) break;
    const std::size_t size = bytes.size();
    sections.clear();
    while (const auto found = section(bytes)) {
      if (!header) sections.push_back(*found);
      header = false;
    }
    checker.check(sections);
    blocks += sections.size();
    car.take(size - bytes.size());
    before = bytes.size();
  }
  return blocks;
}

std::uint64_t read_all(const char* path) {
  Car car(path);
  std::uint64_t bytes = 0;
  while (const std::size_t got = car.more().size()) {
    bytes += got;
    car.take(got);
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const char* engine = std::getenv("ATBACKUP_SHA256");
    if (engine != nullptr && !crypto::prefer_sha256_engine(engine)) {
      throw std::runtime_error("this machine does not know the engine that ATBACKUP_SHA256 names");
    }
    if (argc == 2 && std::string_view(argv[1]) == "--engines") {
      for (const crypto::Sha256Engine each : crypto::sha256_engines())
        fmt::print("{}\n", crypto::name_of(each));
      return 0;
    }
    if (argc == 2) {
      fmt::print("{}\n", hash_all(argv[1]));
      return 0;
    }
    if (argc == 3 && std::string_view(argv[1]) == "--read") {
      fmt::print("{}\n", read_all(argv[2]));
      return 0;
    }
    fmt::print(stderr, "bench_floor [--read] FILE.car | --engines\n");
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_floor: {}\n", error.what());
    return 1;
  }
}
