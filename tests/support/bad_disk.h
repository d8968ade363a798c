// A file on a disk that fails from a byte on.
#pragma once

#include "core/base/byte_source.h"

namespace atb::test {

class BadDisk final : public RandomAccess {
 public:
  BadDisk(Bytes bytes, std::uint64_t good) : bytes_(std::move(bytes)), good_(good) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    if (offset + buffer.size() > good_) return fail(ErrorKind::io, "test.disk", "the disk failed");
    return bytes_.read_at(offset, buffer);
  }

 private:
  MemoryBytes bytes_;
  std::uint64_t good_;
};

}  // namespace atb::test
