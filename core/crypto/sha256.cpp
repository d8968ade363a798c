#include "core/crypto/sha256.h"

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>

namespace atb::crypto {
namespace {

// Hashing fails only when OpenSSL cannot work at all: no memory, or no algorithms. Nothing can be proven
// then.
void must(bool done) {
  if (done) return;
  static_cast<void>(std::fputs("atbackup: OpenSSL does not provide SHA-256\n", stderr));
  std::abort();
}

// Fetched once: looking the algorithm up costs more than hashing a small block. Never freed.
const EVP_MD* algorithm() {
  static const EVP_MD* const md = [] {
    const EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    must(fetched != nullptr);
    return fetched;
  }();
  return md;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context new_context() {
  Context context(EVP_MD_CTX_new());
  must(context != nullptr);
  must(EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1);
  return context;
}

void update_with(EVP_MD_CTX* context, ByteView bytes) {
  must(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

// Leaves the context ready for the next digest.
Digest finish_with(EVP_MD_CTX* context) {
  Digest digest{};
  must(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  must(EVP_DigestInit_ex2(context, nullptr, nullptr) == 1);
  return digest;
}

}  // namespace

struct Sha256::State {
  Context context = new_context();
};

Digest sha256(ByteView bytes) {
  thread_local const Context context = new_context();
  update_with(context.get(), bytes);
  return finish_with(context.get());
}

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(ByteView bytes) { update_with(state_->context.get(), bytes); }
Digest Sha256::finish() { return finish_with(state_->context.get()); }

}  // namespace atb::crypto
