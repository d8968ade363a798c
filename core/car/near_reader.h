// Reads a file at places of which one is often near one of those before: a walk through a tree as a host
// sends it goes backwards through its file, and so does each level of nodes. Then a stretch of it is read at
// once and kept; where places jump, each is read alone. The bytes that were there once must stay: a file may
// grow, not change. One thread at a time.
#pragma once

#include "core/base/byte_source.h"

#include <array>

namespace atb::car {

class NearReader {
 public:
  // `file` must outlive it.
  explicit NearReader(const RandomAccess& file) : file_(&file) {}
  // Fails with "input.cut" unless the buffer is filled.
  Status read(std::uint64_t offset, MutableByteView buffer);

 private:
  struct Stretch {
    bool holds(std::uint64_t offset, std::size_t size) const;
    std::uint64_t distance_to(std::uint64_t offset) const;

    std::uint64_t last = 0;  // place that was asked for
    std::uint64_t used = 0;  // when
    std::uint64_t at = 0;
    std::size_t held = 0;  // of `bytes`
    Bytes bytes;
  };
  Status fetch_around(Stretch& stretch, std::uint64_t offset, std::size_t size) const;

  const RandomAccess* file_;
  std::array<Stretch, 4> stretches_;
  std::uint64_t reads_ = 0;
};

}  // namespace atb::car
