#include "core/base/byte_source.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb {
namespace {

constexpr std::size_t kChunkBytes = 64U << 10U;

// Copies what there is of `from` at `offset` into the buffer.
std::size_t copy_at(ByteView from, std::uint64_t offset, MutableByteView buffer) {
  if (offset >= from.size()) return 0;
  const ByteView rest = from.subspan(static_cast<std::size_t>(offset));
  const std::size_t count = std::min(rest.size(), buffer.size());
  std::copy_n(rest.begin(), count, buffer.begin());
  return count;
}

class RandomAccessStream final : public ByteSource {
 public:
  explicit RandomAccessStream(const RandomAccess& file) : file_(file) {}
  Result<std::size_t> read(MutableByteView buffer) override {
    const std::size_t count = TRY(file_.read_at(at_, buffer));
    at_ += count;
    return count;
  }

 private:
  const RandomAccess& file_;
  std::uint64_t at_ = 0;
};

class ViewStream final : public ByteSource {
 public:
  explicit ViewStream(ByteView bytes) : bytes_(bytes) {}
  Result<std::size_t> read(MutableByteView buffer) override {
    const std::size_t count = copy_at(bytes_, 0, buffer);
    bytes_ = bytes_.subspan(count);
    return count;
  }

 private:
  ByteView bytes_;
};

Error too_large(std::size_t limit) {
  return Error(ErrorKind::limit_exceeded, "input.too_large",
               fmt::format("more than the {} bytes allowed here", limit));
}

}  // namespace

std::unique_ptr<ByteSource> stream_of(const RandomAccess& file) {
  return std::make_unique<RandomAccessStream>(file);
}

std::unique_ptr<ByteSource> stream_of(ByteView bytes) { return std::make_unique<ViewStream>(bytes); }

Status read_exactly_at(const RandomAccess& file, std::uint64_t offset, MutableByteView buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const std::size_t count = TRY(file.read_at(offset + filled, buffer.subspan(filled)));
    if (count == 0) {
      return Error(ErrorKind::corrupt, "input.cut",
                   fmt::format("the data ends too early: {} bytes wanted at byte {}, {} there", buffer.size(),
                               offset, filled))
          .at(offset + filled);
    }
    filled += count;
  }
  return {};
}

Result<Bytes> read_all(ByteSource& source, std::size_t limit) {
  Bytes bytes;
  Bytes chunk(kChunkBytes);
  for (;;) {
    const std::size_t count = TRY(source.read(chunk));
    if (count == 0) return bytes;
    if (count > limit - bytes.size()) return too_large(limit);
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

Result<std::size_t> MemoryBytes::read_at(std::uint64_t offset, MutableByteView buffer) const {
  return copy_at(bytes_, offset, buffer);
}

Status BytesSink::write(ByteView bytes) {
  if (bytes.size() > limit_ - bytes_.size()) return too_large(limit_);
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return {};
}

}  // namespace atb
