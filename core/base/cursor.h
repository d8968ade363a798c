// A reader over bytes in memory whose every step is checked against what is left.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <cstddef>
#include <cstdint>

namespace atb {

class Cursor {
 public:
  explicit Cursor(ByteView bytes) : bytes_(bytes) {}

  std::size_t offset() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  bool at_end() const { return at_ == bytes_.size(); }

  // Each fails with id "input.cut" (kind corrupt) when too little is left, and then has not moved.
  Result<std::uint8_t> byte();
  Result<std::uint8_t> peek() const;
  // The view lives as long as the bytes the cursor was made over.
  Result<ByteView> take(std::uint64_t count);
  // Unsigned big-endian integer of 1, 2, 4 or 8 bytes.
  Result<std::uint64_t> big_endian(std::size_t width);
  // Unsigned LEB128 as multiformats defines it: at most 9 bytes, and minimal. Ids "varint.too_long",
  // "varint.non_minimal".
  Result<std::uint64_t> varint();

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

// Appends the multiformats varint of `value` (must be below 2^63).
void append_varint(Bytes& out, std::uint64_t value);

}  // namespace atb
