// SHA-256, one at a time and incremental: OpenSSL's.
#pragma once

#include "core/base/bytes.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

namespace atb::crypto {

using Digest = std::array<std::uint8_t, 32>;

// As ==, in line: in a proof there are millions.
inline bool same_digest(const std::uint8_t* a, const std::uint8_t* b) {
  std::array<std::uint64_t, 4> x;
  std::array<std::uint64_t, 4> y;
  std::memcpy(x.data(), a, sizeof x);
  std::memcpy(y.data(), b, sizeof y);
  return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}

Digest sha256(ByteView bytes);

// One thread at a time.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  void update(ByteView bytes);
  // The digest of all updates; the object then starts anew.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atb::crypto
