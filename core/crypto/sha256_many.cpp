#include "core/crypto/sha256_many.h"

#include "core/crypto/multi_buffer.h"

#include <algorithm>
#include <atomic>

namespace atb::crypto {
namespace {

// With its padding it is one block of SHA-256: OpenSSL is done with it before a job is set up. Eight or
// sixteen lanes make up for that, two do not.
constexpr std::size_t kOneBlock = 64 - 9;
// As many as a tree node has keys: most lanes would stay empty.
constexpr std::size_t kFew = 4;

// A message that fits into the registers' lanes; another among them goes alone.
bool fits(Sha256Engine engine, ByteView message) {
  const std::size_t alone = engine == Sha256Engine::sha_ni ? kOneBlock : 0;
  return message.size() > alone && message.size() <= kMultiBufferMax;
}

void by_openssl(std::span<const ByteView> messages, std::span<Digest> digests) {
  for (std::size_t i = 0; i < messages.size(); ++i) digests[i] = sha256(messages[i]);
}

void by_multi_buffer(Sha256Engine engine, std::span<const ByteView> messages, std::span<Digest> digests) {
  while (!messages.empty()) {
    const auto odd =
        std::ranges::find_if_not(messages, [engine](ByteView each) { return fits(engine, each); });
    const auto run = static_cast<std::size_t>(odd - messages.begin());
    if (run > 0) multi_buffer_sha256(engine, messages.first(run), digests.first(run));
    if (run == messages.size()) return;
    digests[run] = sha256(messages[run]);
    messages = messages.subspan(run + 1);
    digests = digests.subspan(run + 1);
  }
}

std::atomic<Sha256Engine>& preferred() {
  static std::atomic<Sha256Engine> engine{sha256_engines().front()};
  return engine;
}

}  // namespace

std::string_view name_of(Sha256Engine engine) {
  switch (engine) {
    case Sha256Engine::openssl:
      return "openssl";
    case Sha256Engine::sha_ni:
      return "sha-ni";
    case Sha256Engine::avx2:
      return "avx2";
    case Sha256Engine::avx512:
      return "avx512";
  }
  return "unknown";
}

std::span<const Sha256Engine> sha256_engines() {
  static const std::vector<Sha256Engine> engines = [] {
    std::vector<Sha256Engine> found = multi_buffer_engines();
    found.push_back(Sha256Engine::openssl);
    return found;
  }();
  return engines;
}

void sha256_many(Sha256Engine engine, std::span<const ByteView> messages, std::span<Digest> digests) {
  if (engine == Sha256Engine::openssl) {
    by_openssl(messages, digests);
  } else {
    by_multi_buffer(engine, messages, digests);
  }
}

void sha256_many(std::span<const ByteView> messages, std::span<Digest> digests) {
  const bool few = messages.size() <= kFew;
  sha256_many(few ? Sha256Engine::openssl : preferred().load(std::memory_order_relaxed), messages, digests);
}

bool prefer_sha256_engine(std::string_view name) {
  for (const Sha256Engine engine : sha256_engines()) {
    if (name_of(engine) != name) continue;
    preferred() = engine;
    return true;
  }
  return false;
}

}  // namespace atb::crypto
