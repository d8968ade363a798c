#include "core/base/cursor.h"

#include <fmt/format.h>

namespace atb {
namespace {

constexpr std::size_t kVarintMaxBytes = 9;  // 63 bits

Error cut(std::size_t offset, std::uint64_t wanted, std::size_t left) {
  return Error(ErrorKind::corrupt, "input.cut",
               fmt::format("the data ends too early: {} more bytes wanted at byte {}, {} left", wanted,
                           offset, left))
      .at(offset);
}

}  // namespace

Result<std::uint8_t> Cursor::byte() {
  const std::uint8_t value = TRY(peek());
  ++at_;
  return value;
}

Result<std::uint8_t> Cursor::peek() const {
  if (at_end()) return cut(at_, 1, 0);
  return bytes_[at_];
}

Result<ByteView> Cursor::take(std::uint64_t count) {
  if (count > left()) return cut(at_, count, left());
  const auto length = static_cast<std::size_t>(count);
  const ByteView view = bytes_.subspan(at_, length);
  at_ += length;
  return view;
}

Result<std::uint64_t> Cursor::big_endian(std::size_t width) {
  if (width != 1 && width != 2 && width != 4 && width != 8) {
    return fail(ErrorKind::internal, "input.width", fmt::format("no integer is {} bytes wide", width));
  }
  const ByteView view = TRY(take(width));
  std::uint64_t value = 0;
  for (const std::uint8_t byte : view) value = value << 8U | byte;
  return value;
}

Result<std::uint64_t> Cursor::varint() {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kVarintMaxBytes; ++i) {
    if (i >= left()) return cut(at_ + i, 1, 0);
    const std::uint8_t byte = bytes_[at_ + i];
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if ((byte & 0x80U) != 0) continue;
    if (byte == 0 && i > 0) {
      return Error(ErrorKind::corrupt, "varint.non_minimal",
                   fmt::format("the integer at byte {} is longer than it needs to be", at_))
          .at(at_);
    }
    at_ += i + 1;
    return value;
  }
  return Error(ErrorKind::corrupt, "varint.too_long",
               fmt::format("the integer at byte {} is longer than {} bytes", at_, kVarintMaxBytes))
      .at(at_);
}

void append_varint(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>((value & 0x7fU) | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace atb
