// CBOR written by hand in tests.
#pragma once

#include "core/base/bytes.h"
#include "core/base/encoding.h"

#include <initializer_list>

namespace atb::test {

// Hex digits, with spaces where they help the reader.
inline Bytes hex(std::string_view digits) {
  std::string packed;
  for (const char c : digits) {
    if (c != ' ') packed.push_back(c);
  }
  auto bytes = hex_decode(packed);
  if (!bytes) std::abort();  // the test itself is wrong
  return *bytes;
}

inline Bytes repeat(std::string_view digits, std::size_t times, std::string_view then = "") {
  const Bytes unit = hex(digits);
  Bytes out;
  for (std::size_t i = 0; i < times; ++i) out.insert(out.end(), unit.begin(), unit.end());
  const Bytes tail = hex(then);
  out.insert(out.end(), tail.begin(), tail.end());
  return out;
}

}  // namespace atb::test
