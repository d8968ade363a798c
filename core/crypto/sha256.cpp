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

}  // namespace

struct Sha256::State {
  SHA256_CTX context;
};

Digest sha256(ByteView bytes) {
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
