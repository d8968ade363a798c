#include "core/base/encoding.h"

#include "tests/support/catch.h"

#include <random>

using namespace atb;

namespace {

struct Codec {
  std::string_view name;
  std::string (*encode)(ByteView);
  Result<Bytes> (*decode)(std::string_view);
};

const Codec kCodecs[] = {{"hex", hex_encode, hex_decode},
                         {"base32", base32_encode, base32_decode},
                         {"base58", base58_encode, base58_decode},
                         {"base64", base64_encode, base64_decode},
                         {"base64url", base64url_encode, base64url_decode}};

void refuses(const Codec& codec, std::string_view text) {
  CAPTURE(codec.name, text);
  const auto result = codec.decode(text);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::invalid_input);
  CHECK(result.error().id == "encoding." + std::string(codec.name));
}

}  // namespace

TEST_CASE("encoding: the examples of the specifications", "[encoding]") {
  CHECK(hex_encode(Bytes{0x00, 0xff, 0x1a}) == "00ff1a");
  CHECK(hex_decode("00FF1a").value() == Bytes{0x00, 0xff, 0x1a});
  // RFC 4648, section 10, without padding.
  const std::pair<std::string_view, std::pair<std::string_view, std::string_view>> examples[] = {
      {"", {"", ""}},
      {"f", {"my", "Zg"}},
      {"fo", {"mzxq", "Zm8"}},
      {"foo", {"mzxw6", "Zm9v"}},
      {"foob", {"mzxw6yq", "Zm9vYg"}},
      {"fooba", {"mzxw6ytb", "Zm9vYmE"}},
      {"foobar", {"mzxw6ytboi", "Zm9vYmFy"}}};
  for (const auto& [plain, texts] : examples) {
    CHECK(base32_encode(as_bytes(plain)) == texts.first);
    CHECK(base64_encode(as_bytes(plain)) == texts.second);
    CHECK(base64url_encode(as_bytes(plain)) == texts.second);
    CHECK(as_text(base32_decode(texts.first).value()) == plain);
    CHECK(as_text(base64_decode(texts.second).value()) == plain);
  }
  CHECK(base64_encode(Bytes{0xfb, 0xff}) == "+/8");
  std::string text = "b";
  base32_append(text, as_bytes("foobar"));
  CHECK(text == "bmzxw6ytboi");
  CHECK(base64url_encode(Bytes{0xfb, 0xff}) == "-_8");
  // draft-msporny-base58, section 5.
  CHECK(base58_encode(as_bytes("Hello World!")) == "2NEpo7TZRRrLZSi2U");
  CHECK(base58_encode(Bytes{0, 0, 0x28, 0x7f, 0xb4, 0xcd}) == "11233QC4");
  CHECK(base58_decode("11233QC4").value() == Bytes{0, 0, 0x28, 0x7f, 0xb4, 0xcd});
}

TEST_CASE("encoding: what is encoded decodes to the same bytes", "[encoding]") {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    Bytes bytes(random() % 70);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() % 3 == 0 ? 0 : random());
    for (const Codec& codec : kCodecs) {
      CAPTURE(codec.name);
      REQUIRE(codec.decode(codec.encode(bytes)).value() == bytes);
    }
  }
}

TEST_CASE("encoding: a text that decodes is the only text of its bytes", "[encoding]") {
  std::mt19937 random(12);
  constexpr std::string_view kCharacters = "123abzABZ+/-_=7 \n0OIl";
  int decoded = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (std::size_t i = random() % 7; i > 0; --i) text += kCharacters[random() % kCharacters.size()];
    for (const Codec& codec : kCodecs) {
      const auto bytes = codec.decode(text);
      if (!bytes) continue;
      ++decoded;
      CAPTURE(codec.name, text);
      std::string expected = text;
      if (codec.name == "hex") continue;  // both cases are taken
      if (codec.name == "base64") expected = expected.substr(0, expected.find('='));
      REQUIRE(codec.encode(*bytes) == expected);
    }
  }
  CHECK(decoded > 1000);
}

TEST_CASE("encoding: strange characters, lengths and bits are refused", "[encoding]") {
  const auto& [hex, base32, base58, base64, base64url] = kCodecs;
  for (const auto* text : {"0", "0g", " 00", "00 ", "0x00", "\xc3\xa4"}) refuses(hex, text);
  for (const auto* text : {"MY", "my======", "m", "mzx", "mzxw6y", "mz", "m1", "my\n"}) refuses(base32, text);
  for (const auto* text : {"0", "O", "I", "l", "a b", "+"}) refuses(base58, text);
  for (const auto* text : {"Z", "Zh", "Zm9", "Zg=", "Zg===", "Z===", "=",
                           "====", "Zm9v=", "Zm9v====", "Zm8==", "Zg==Zg==", "Z g", "-_8", "Zm 9v"}) {
    refuses(base64, text);
  }
  for (const auto* text : {"Zg==", "+/8", "Zh", "Z"}) refuses(base64url, text);
  CHECK(base64_decode("Zg==").value() == Bytes{'f'});
  CHECK(base64_decode("Zm8=").value() == Bytes{'f', 'o'});
}

TEST_CASE("encoding: base58 reads 512 characters and no more", "[encoding]") {
  CHECK(base58_decode(std::string(512, 'z')));
  refuses(kCodecs[2], std::string(513, 'z'));
  CHECK(base58_decode(std::string(513, 'z')).error().id == "encoding.base58");
  CHECK(base58_decode(std::string(512, '1')).value() == Bytes(512, 0));
}
