#include "core/os/random.h"

#include "core/base/encoding.h"

#include <sodium.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace atb::os {

std::uint64_t Random::uint64() {
  std::array<std::uint8_t, 8> buffer{};
  fill(buffer);
  std::uint64_t value = 0;
  std::memcpy(&value, buffer.data(), sizeof value);
  return value;
}

std::string Random::hex(std::size_t bytes) {
  Bytes buffer(bytes);
  fill(buffer);
  return hex_encode(buffer);
}

namespace {

class SystemRandom final : public Random {
 public:
  SystemRandom() {
    // Without a generator nothing this program promises holds: keys and names would be guessable.
    if (sodium_init() < 0) std::abort();
  }
  void fill(MutableByteView buffer) override { randombytes_buf(buffer.data(), buffer.size()); }
};

}  // namespace

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace atb::os
