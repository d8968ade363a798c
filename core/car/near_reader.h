// Reads a file at places of which one is often near the one before: a walk through records as a host sends
// them goes backwards through its file. Then a stretch of it is read at once and kept; where places jump,
// each is read alone. The bytes that were there once must stay: a file may grow, not change. One thread at a
// time.
#pragma once

#include "core/base/byte_source.h"

namespace atb::car {

class NearReader {
 public:
  // `file` must outlive it.
  explicit NearReader(const RandomAccess& file) : file_(&file) {}
  // Fails with "input.cut" unless the buffer is filled.
  Status read(std::uint64_t offset, MutableByteView buffer);

 private:
  bool holds(std::uint64_t offset, std::size_t size) const;
  Status fetch_around(std::uint64_t offset, std::size_t size);

  const RandomAccess* file_;
  Bytes stretch_;
  std::uint64_t stretch_at_ = 0;
  std::size_t held_ = 0;  // of stretch_
  std::uint64_t last_ = 0;
};

}  // namespace atb::car
