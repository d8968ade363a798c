#include "core/ipld/cbor_head.h"

#include <bit>
#include <cmath>
#include <limits>

namespace atb::ipld {
namespace {

// RFC 8949, appendix D.
double half(std::uint64_t bits) {
  const auto exponent = static_cast<int>(bits >> 10U & 0x1fU);
  const auto mantissa = static_cast<double>(bits & 0x3ffU);
  double value = std::numeric_limits<double>::quiet_NaN();
  if (exponent == 0) {
    value = std::ldexp(mantissa, -24);
  } else if (exponent != 31) {
    value = std::ldexp(mantissa + 1024, exponent - 25);
  } else if (mantissa == 0) {
    value = std::numeric_limits<double>::infinity();
  }
  return (bits & 0x8000U) != 0 ? -value : value;
}

}  // namespace

double float_of(const CborHead& head) {
  switch (head.info) {
    case 25:
      return half(head.value);
    case 26:
      return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.value)));
    default:
      return std::bit_cast<double>(head.value);
  }
}

}  // namespace atb::ipld
