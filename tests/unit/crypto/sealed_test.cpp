#include "core/crypto/sealed.h"

#include "tests/support/catch.h"

#include <random>

using namespace atb;
using namespace atb::crypto;

namespace {

constexpr std::string_view kPlain = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";

Secret passphrase() { return Secret::copy_of("four plain english words"); }

std::string sealed(std::string_view plain = kPlain) {
  return seal(plain, passphrase(), "recovery-key", KdfCost::fast).value();
}

Result<Secret> opened(std::string_view text) {
  return open(text, passphrase(), "recovery-key", KdfCost::fast);
}

std::string id_of(const Result<Secret>& result) { return result ? "" : result.error().id; }

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// A line without its end, by number.
std::string line(const std::string& text, int number) {
  std::size_t from = 0;
  for (int i = 0; i < number; ++i) from = text.find('\n', from) + 1;
  return text.substr(from, text.find('\n', from) - from);
}

}  // namespace

TEST_CASE("sealed: what is sealed opens with its passphrase, at the full cost too", "[sealed]") {
  CHECK(opened(sealed()).value().reveal() == kPlain);
  CHECK(opened(sealed("")).value().empty());
  CHECK(opened(sealed(std::string(100'000, 'x'))).value().reveal().size() == 100'000);
  const std::string full = seal(kPlain, passphrase(), "recovery-key").value();
  CHECK(full.find("argon2id: passes=3 memory-kib=262144\n") != std::string::npos);
  CHECK(open(full, passphrase(), "recovery-key").value().reveal() == kPlain);
}

TEST_CASE("sealed: the text does not hold the secret, is lines of at most 80, and never twice the same",
          "[sealed]") {
  const std::string text = sealed();
  CHECK(looks_sealed(text));
  CHECK(looks_sealed("\n " + text));
  CHECK_FALSE(looks_sealed(kPlain));
  CHECK(text.find(kPlain) == std::string::npos);
  CHECK(text != sealed());
  for (int i = 0; i < 8; ++i) CHECK(line(text, i).size() <= 80);
  CHECK(text.ends_with('\n'));
}

TEST_CASE("sealed: a text that another program made after the documentation opens", "[sealed]") {
  // Made by another program after docs/key-file.md.
  CHECK(id_of(opened("atbackup sealed text 1\n"
                     "purpose: recovery-key\n"
                     "argon2id: passes=1 memory-kib=64\n"
                     "salt: AAECAwQFBgcICQoLDA0ODw\n"
                     "nonce: AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n"
                     "\n"
                     "P51KJoT7iLK5CentgUsTNdSiLSOhEhzmXJ7/lZbAVYx4/I/W7D1MVQZBDfKh4yv8\n"
                     "RN3nftbuQ7cSfz3fiJoaGbBxn8hiB0d6z5EX54zR/qQ\n"
                     "\n"
                     "sum: fda088985105974b\n"))
            .empty());
}

TEST_CASE("sealed: a wrong passphrase is told as such", "[sealed]") {
  const auto result =
      open(sealed(), Secret::copy_of("four plain english word"), "recovery-key", KdfCost::fast);
  REQUIRE_FALSE(result);
  CHECK(result.error().id == "sealed.passphrase");
  CHECK(result.error().kind == ErrorKind::bad_key);
}

TEST_CASE("sealed: white space at the ends of lines does not matter", "[sealed]") {
  const std::string text = sealed();
  std::string windows = "\r\n";
  for (const char c : text) windows += c == '\n' ? std::string(" \r\n") : std::string(1, c);
  CHECK(opened(windows + "\n\n").value().reveal() == kPlain);
}

TEST_CASE("sealed: any changed character is found before the passphrase is tried", "[sealed]") {
  const std::string text = sealed();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') continue;
    std::string changed = text;
    changed[i] = changed[i] == '5' ? '6' : '5';
    CAPTURE(i, changed);
    const std::string id = id_of(opened(changed));
    CHECK((id == "sealed.format" || id == "sealed.version"));
  }
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    CHECK(id_of(opened(std::string_view(text).substr(0, size))) == "sealed.format");
  }
}

TEST_CASE("sealed: lines that are missing, doubled or not numbers are damage", "[sealed]") {
  const std::string text = sealed();
  for (int i = 0; i < 8; ++i) {
    CAPTURE(i);
    CHECK(id_of(opened(replaced(text, line(text, i) + "\n", ""))) == "sealed.format");
    CHECK(id_of(opened(replaced(text, line(text, i) + "\n", line(text, i) + "\n" + line(text, i) + "\n"))) ==
          "sealed.format");
  }
  for (const auto* work :
       {"passes=1", "passes=1 memory-kib=", "passes=-1 memory-kib=64", "memory-kib=64 passes=1",
        "passes=1 memory-kib=99999999999999999999", "passes=01 memory-kib=64"}) {
    CHECK(id_of(opened(replaced(text, "passes=1 memory-kib=64", work))) == "sealed.format");
  }
  CHECK(id_of(opened("")) == "sealed.format");
  CHECK(id_of(opened(std::string(3U << 20U, 'x'))) == "sealed.format");
  CHECK(id_of(opened(replaced(text, "text 1", "text x"))) == "sealed.format");
}

TEST_CASE("sealed: a newer version is named as such", "[sealed]") {
  const auto result = opened(replaced(sealed(), "sealed text 1", "sealed text 2"));
  REQUIRE_FALSE(result);
  CHECK(result.error().id == "sealed.version");
  CHECK(result.error().kind == ErrorKind::unsupported);
}

TEST_CASE("sealed: a text of another purpose is not taken", "[sealed]") {
  CHECK(id_of(open(sealed(), passphrase(), "move-secrets", KdfCost::fast)) == "sealed.purpose");
}

TEST_CASE("sealed: too little work is refused, and too much before it is done", "[sealed]") {
  CHECK(id_of(open(sealed(), passphrase(), "recovery-key")) == "sealed.work");
  // With a right sum, as a stranger can write it.
  for (const char* text : {"atbackup sealed text 1\n"
                           "purpose: recovery-key\n"
                           "argon2id: passes=11 memory-kib=64\n"
                           "salt: AAECAwQFBgcICQoLDA0ODw\n"
                           "nonce: AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n"
                           "\n"
                           "3u6DNJEIBZkWN0sErzny1eX5JThWEu8ILQZXePuKOF8K4qXZL/HbMwR8xHmjHxPK\n"
                           "zqhC5adnfHVG3svaZlOozEUZqlSD9rlpi2kIA1zjRp8\n"
                           "\n"
                           "sum: deec0de02ba5af98\n",
                           "atbackup sealed text 1\n"
                           "purpose: recovery-key\n"
                           "argon2id: passes=1 memory-kib=1048577\n"
                           "salt: AAECAwQFBgcICQoLDA0ODw\n"
                           "nonce: AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n"
                           "\n"
                           "3u6DNJEIBZkWN0sErzny1eX5JThWEu8ILQZXePuKOF8K4qXZL/HbMwR8xHmjHxPK\n"
                           "zqhC5adnfHVG3svaZlOozJiV3u/MZ4hL1PR12iT+QkE\n"
                           "\n"
                           "sum: 9ff3ea16dd82e227\n"})
    CHECK(id_of(opened(text)) == "sealed.work");
}

TEST_CASE("sealed: what cannot be sealed is refused", "[sealed]") {
  CHECK(seal(kPlain, Secret(), "recovery-key").error().id == "sealed.no_passphrase");
  CHECK(seal(std::string((1U << 20U) + 1, 'x'), passphrase(), "recovery-key", KdfCost::fast).error().id ==
        "sealed.too_large");
  CHECK(seal(std::string(1U << 20U, 'x'), passphrase(), "recovery-key", KdfCost::fast));
  for (const std::string& purpose :
       {std::string(), std::string("Key"), std::string("a b"), std::string("a\nb"), std::string(65, 'a')}) {
    CHECK(seal(kPlain, passphrase(), purpose, KdfCost::fast).error().id == "sealed.purpose");
  }
}
