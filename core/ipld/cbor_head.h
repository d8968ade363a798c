// The head of a CBOR item (RFC 8949, section 3): three bits of major type, five of information, up to eight
// bytes of argument. Shared by the pull parser and the walk.
#pragma once

#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/ipld/cid.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace atb::ipld {

inline constexpr std::uint8_t kMajorUnsigned = 0;
inline constexpr std::uint8_t kMajorNegative = 1;
inline constexpr std::uint8_t kMajorBytes = 2;
inline constexpr std::uint8_t kMajorText = 3;
inline constexpr std::uint8_t kMajorArray = 4;
inline constexpr std::uint8_t kMajorMap = 5;
inline constexpr std::uint8_t kMajorTag = 6;
inline constexpr std::uint8_t kMajorSimple = 7;
inline constexpr std::uint64_t kTagLink = 42;
inline constexpr std::uint64_t kInt64Max = 0x7fff'ffff'ffff'ffff;

struct CborHead {
  std::uint8_t major = 0;
  std::uint8_t info = 0;
  std::uint64_t value = 0;  // meaningless when reserved() or indefinite()

  bool reserved() const { return info >= 28 && info <= 30; }
  bool indefinite() const { return info == 31; }
  bool is_break() const { return major == kMajorSimple && info == 31; }
  bool minimal() const {
    switch (info) {
      case 24:
        return value >= 24;
      case 25:
        return value > 0xff;
      case 26:
        return value > 0xffff;
      case 27:
        return value > 0xffff'ffff;
      default:
        return true;
    }
  }
};

// The number that a head of major type 7 with 2, 4 or 8 bytes of value is.
double float_of(const CborHead& head);

// Reads the head at `at` and moves past it. False when it is cut; `at` has then not moved.
inline bool read_head(ByteView bytes, std::size_t& at, CborHead& head) {
  if (at == bytes.size()) return false;
  const std::uint8_t first = bytes[at];
  head.major = static_cast<std::uint8_t>(first >> 5U);
  head.info = first & 0x1fU;
  head.value = head.info;
  if (head.info < 24 || head.info > 27) {
    ++at;
    return true;
  }
  const std::size_t width = std::size_t{1} << (head.info - 24U);
  if (bytes.size() - at - 1 < width) return false;
  std::uint64_t value = 0;
  for (std::size_t i = 1; i <= width; ++i) value = (value << 8U) | bytes[at + i];
  head.value = value;
  at += 1 + width;
  return true;
}

// No byte has its high bit set. Reads words that overlap rather than byte by byte.
inline bool is_ascii(ByteView text) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  const std::uint8_t* const bytes = text.data();
  const std::size_t size = text.size();
  const auto word_at = [bytes](std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + at, sizeof word);
    return word;
  };
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (size >= kWord) {
    std::uint64_t all = word_at(size - kWord);
    std::size_t at = 0;
    for (; at + 2 * kWord <= size; at += 2 * kWord) all |= word_at(at) | word_at(at + kWord);
    if (at + kWord <= size) all |= word_at(at);
    return (all & kHighBits) == 0;
  }
  if (size >= sizeof(std::uint32_t)) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, bytes, sizeof first);
    std::memcpy(&last, bytes + size - sizeof last, sizeof last);
    return ((first | last) & 0x8080'8080U) == 0;
  }
  std::uint8_t all = 0;
  for (const std::uint8_t byte : text) all |= byte;
  return all < 0x80;
}

// As base's valid_utf8, with the common case, plain ASCII, decided here.
inline bool is_utf8(ByteView text) { return is_ascii(text) || valid_utf8(as_text(text)); }

// The content of tag 42, a byte string: a zero byte (the "identity" multibase), then a CID of the blessed
// form.
inline bool is_blessed_link(ByteView content) {
  return content.size() == 1 + Cid::kBytes && content[0] == 0 && Cid::is_blessed(content.data() + 1);
}

// Below, equal to or above zero, in the canonical order of map keys: shorter first, then bytewise.
inline int compare_keys(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.empty() ? 0 : std::memcmp(a.data(), b.data(), a.size());
}

}  // namespace atb::ipld
