// Where bytes come from and go to, without saying what they are: a file, a network body, a test's memory.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <cstdint>
#include <memory>

namespace atb {

// A stream read once, front to back. One thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Reads up to buffer.size() bytes; 0 means the end, and only the end.
  virtual Result<std::size_t> read(MutableByteView buffer) = 0;
};

// Bytes that can be read anywhere, such as an open file. Calls may come from several threads.
class RandomAccess {
 public:
  virtual ~RandomAccess() = default;
  virtual std::uint64_t size() const = 0;
  // Reads up to buffer.size() bytes at `offset`; fewer only at the end.
  virtual Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const = 0;
};

// Takes bytes in order. Failing stops the sender.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Status write(ByteView bytes) = 0;
};

// Reads a RandomAccess front to back. Keeps a reference: `file` must outlive it.
std::unique_ptr<ByteSource> stream_of(const RandomAccess& file);
// Keeps a reference to the bytes behind the view.
std::unique_ptr<ByteSource> stream_of(ByteView bytes);
// Fails with "input.cut" unless the buffer is filled.
Status read_exactly_at(const RandomAccess& file, std::uint64_t offset, MutableByteView buffer);
// The whole of it, at most `limit` bytes ("input.too_large").
Result<Bytes> read_all(ByteSource& source, std::size_t limit);

// Bytes in memory as a RandomAccess; owns them.
class MemoryBytes final : public RandomAccess {
 public:
  explicit MemoryBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override;

 private:
  Bytes bytes_;
};

// Collects what is written, at most `limit` bytes ("input.too_large").
class BytesSink final : public ByteSink {
 public:
  explicit BytesSink(std::size_t limit) : limit_(limit) {}
  Status write(ByteView bytes) override;
  Bytes& bytes() { return bytes_; }

 private:
  std::size_t limit_;
  Bytes bytes_;
};

}  // namespace atb
