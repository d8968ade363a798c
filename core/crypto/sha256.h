// SHA-256, one at a time and incremental: OpenSSL's.
#pragma once

#include "core/base/bytes.h"

#include <array>
#include <memory>

namespace atb::crypto {

using Digest = std::array<std::uint8_t, 32>;

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
