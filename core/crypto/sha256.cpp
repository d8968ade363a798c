#include "core/crypto/sha256.h"

// SHA256_Init and its kin are deprecated in favour of EVP, which takes twice their time for a short message.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cstdio>
#include <cstdlib>

namespace atb::crypto {
namespace {

// Hashing fails only when OpenSSL cannot work at all. Nothing can be proven then.
void must(bool done) {
  if (done) return;
  static_cast<void>(std::fputs("atbackup: OpenSSL does not provide SHA-256\n", stderr));
  std::abort();
}

void start(SHA256_CTX& context) { must(SHA256_Init(&context) == 1); }

void update_with(SHA256_CTX& context, ByteView bytes) {
  must(SHA256_Update(&context, bytes.data(), bytes.size()) == 1);
}

Digest finish_with(SHA256_CTX& context) {
  Digest digest;
  must(SHA256_Final(digest.data(), &context) == 1);
  return digest;
}

// A message that is one block of SHA-256 with its padding, such as a repository's key.
Digest one_block(ByteView bytes) {
  SHA256_CTX context;
  start(context);
  std::array<std::uint8_t, SHA256_CBLOCK> block{};
  if (!bytes.empty()) std::memcpy(block.data(), bytes.data(), bytes.size());
  block[bytes.size()] = 0x80;
  const std::size_t bits = bytes.size() * 8;
  block[SHA256_CBLOCK - 2] = static_cast<std::uint8_t>(bits >> 8U);
  block[SHA256_CBLOCK - 1] = static_cast<std::uint8_t>(bits);
  SHA256_Transform(&context, block.data());
  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(context.h[i / 4] >> (24 - i % 4 * 8));
  return digest;
}

}  // namespace

struct Sha256::State {
  SHA256_CTX context;
};

Digest sha256(ByteView bytes) {
  if (bytes.size() < SHA256_CBLOCK - 8) return one_block(bytes);
  SHA256_CTX context;
  start(context);
  update_with(context, bytes);
  return finish_with(context);
}

Sha256::Sha256() : state_(std::make_unique<State>()) { start(state_->context); }
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(ByteView bytes) { update_with(state_->context, bytes); }
Digest Sha256::finish() {
  const Digest digest = finish_with(state_->context);
  start(state_->context);
  return digest;
}

}  // namespace atb::crypto
