#include "core/crypto/sha256_many.h"

#include "tests/support/catch.h"

#include <random>

using namespace atb;
using namespace atb::crypto;

namespace {

void agree_with_openssl(Sha256Engine engine, std::span<const ByteView> messages) {
  std::vector<Digest> digests(messages.size());
  sha256_many(engine, messages, digests);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) wrong += digests[i] != sha256(messages[i]) ? 1U : 0U;
  INFO("engine " << name_of(engine) << ", " << messages.size() << " messages");
  CHECK(wrong == 0);
}

Bytes invented(std::size_t size) {
  std::mt19937 random(7);
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

}  // namespace

TEST_CASE("sha256 of many: every engine of this machine gives OpenSSL's digest for every short length",
          "[sha256]") {
  const Bytes bytes = invented(2000);
  std::vector<ByteView> messages;
  for (std::size_t length = 0; length <= 700; ++length)
    messages.push_back(ByteView(bytes).subspan(length, length));
  for (const Sha256Engine engine : sha256_engines()) agree_with_openssl(engine, messages);
}

TEST_CASE("sha256 of many: batches of every small size, of mixed and of long messages", "[sha256]") {
  const Bytes bytes = invented((std::size_t{2} << 20) + 7);
  const ByteView all(bytes);
  for (const Sha256Engine engine : sha256_engines()) {
    std::vector<ByteView> messages;
    for (std::size_t count = 0; count <= 40; ++count) {
      agree_with_openssl(engine, messages);
      messages.push_back(all.subspan(count * 31, count % 3 == 0 ? 45 : 251 + count));
    }
    messages.clear();
    for (const std::size_t length :
         {std::size_t{65535}, std::size_t{65536}, std::size_t{65537}, std::size_t{0}, std::size_t{1} << 20,
          (std::size_t{1} << 20) + 1, all.size(), std::size_t{250}}) {
      messages.push_back(all.first(length));
      messages.push_back(all.last(length));
    }
    agree_with_openssl(engine, messages);
  }
}

TEST_CASE("sha256 of many: OpenSSL is always there, last; an engine that this machine lacks is not preferred",
          "[sha256]") {
  REQUIRE_FALSE(sha256_engines().empty());
  CHECK(sha256_engines().back() == Sha256Engine::openssl);
  CHECK_FALSE(prefer_sha256_engine("abacus"));
  const std::string first(name_of(sha256_engines().front()));
  for (const Sha256Engine engine : sha256_engines()) {
    CHECK(prefer_sha256_engine(name_of(engine)));
    const Bytes bytes = invented(300);
    const std::array<ByteView, 1> message{ByteView(bytes)};
    std::array<Digest, 1> digest{};
    sha256_many(message, digest);
    CHECK(digest[0] == sha256(bytes));
  }
  CHECK(prefer_sha256_engine(first));
}
