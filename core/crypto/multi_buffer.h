// libipsec-mb behind sha256_many.h: a part of it.
#pragma once

#include "core/crypto/sha256_many.h"

namespace atb::crypto {

// Best first; empty where the library was not there at build time or knows no engine for this processor.
std::vector<Sha256Engine> multi_buffer_engines();

// Messages of one byte to kMultiBufferMax. The engine is one of the above.
inline constexpr std::size_t kMultiBufferMax = std::size_t{1} << 20;
void multi_buffer_sha256(Sha256Engine engine, std::span<const ByteView> messages, std::span<Digest> digests);

}  // namespace atb::crypto
