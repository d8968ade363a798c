#include "core/crypto/sha256.h"

#include "core/base/encoding.h"
#include "tests/support/catch.h"

#include <thread>

using namespace atb;
using namespace atb::crypto;

namespace {

std::string hex_of(std::string_view text) { return hex_encode(sha256(as_bytes(text))); }

}  // namespace

TEST_CASE("sha256: the examples of FIPS 180-4", "[sha256]") {
  CHECK(hex_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex_of(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256: in pieces it is the same, and the object starts anew", "[sha256]") {
  const std::string text(300, 'x');
  Sha256 hash;
  for (std::size_t cut = 0; cut <= text.size(); cut += 7) {
    hash.update(as_bytes(text).first(cut));
    hash.update({});
    hash.update(as_bytes(text).subspan(cut));
    REQUIRE(hash.finish() == sha256(as_bytes(text)));
  }
  CHECK(hash.finish() == sha256({}));
  Sha256 moved = std::move(hash);
  moved.update(as_bytes("abc"));
  CHECK(moved.finish() == sha256(as_bytes("abc")));
}

TEST_CASE("sha256: threads do not disturb each other", "[sha256]") {
  const Digest expected = sha256(as_bytes("abc"));
  std::array<bool, 4> right{};
  {
    std::vector<std::jthread> threads;
    for (bool& mine : right) {
      threads.emplace_back([&mine, &expected] {
        mine = true;
        for (int i = 0; i < 2000; ++i) mine = mine && sha256(as_bytes("abc")) == expected;
      });
    }
  }
  CHECK(right == std::array<bool, 4>{true, true, true, true});
}
