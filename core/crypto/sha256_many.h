// SHA-256 of many short messages at a time. A repository is blocks of some 250 bytes by the million, and keys
// of some 45: one after the other, most of a processor's width lies idle. Multi-buffer hashing works on
// several messages side by side (libipsec-mb, where the machine has it); OpenSSL is the path that is always
// there. Any thread.
#pragma once

#include "core/crypto/sha256.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace atb::crypto {

enum class Sha256Engine : std::uint8_t {
  openssl,  // one after the other, by whatever instructions OpenSSL finds
  sha_ni,   // two side by side, with the processor's SHA extensions
  avx2,     // eight
  avx512,   // sixteen
};
std::string_view name_of(Sha256Engine engine);

// Those that this machine can run, the one that sha256_many() takes first; the last is openssl.
std::span<const Sha256Engine> sha256_engines();

// Digest i is that of message i; the spans are of the same size.
void sha256_many(std::span<const ByteView> messages, std::span<Digest> digests);
// By an engine out of sha256_engines(), to compare one with another.
void sha256_many(Sha256Engine engine, std::span<const ByteView> messages, std::span<Digest> digests);

// Makes sha256_many() take this one from now on, for a measurement. False: this machine cannot run it.
bool prefer_sha256_engine(std::string_view name);

}  // namespace atb::crypto
