// A rotation key in a file: sealed, or as the line that was printed.
#include "core/account/key_file.h"

#include "core/base/encoding.h"
#include "core/crypto/sealed.h"
#include "core/data/json.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/mem_fs.h"
#include "tests/support/plc_fixture.h"
#include "tests/support/scripted_prompter.h"
#include "tests/support/seeded_random.h"

using namespace atb;
using namespace atb::test;
using account::KeyFile;

namespace {

constexpr const char* kPath = "/my.key";
constexpr const char* kDid = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";

Secret phrase(std::string_view text = "open sesame") { return Secret::copy_of(text); }

std::string digits_of(const crypto::PrivateKey& key) { return std::string(key.scalar_hex().reveal()); }

void put(MemFs& fs, const std::string& text) {
  auto file = fs.create(kPath).value();
  file->write(as_bytes(text)).value();
}

void put_sealed(MemFs& fs, const std::string& json) {
  put(fs, crypto::seal(json, phrase(), "rotation-key").value());
}

}  // namespace

TEST_CASE("key file: what is sealed opens with its passphrase only", "[account]") {
  MemFs fs;
  SeededRandom random(1);
  account::write_key_file(fs, random, kPath, {plc_key(1), kDid}, phrase(), 0).value();
  const KeyFile file = KeyFile::read(fs, kPath).value();
  CHECK(file.sealed());
  const auto opened = file.open(phrase(), {});
  REQUIRE(opened);
  CHECK(opened->did == kDid);
  CHECK(opened->key.public_key() == plc_key(1).public_key());
  CHECK(error_id(file.open(phrase("open barley"), {})) == "sealed.passphrase");
}

TEST_CASE("key file: the printed line, typed in, is as good", "[account]") {
  for (const crypto::Curve curve : {crypto::Curve::k256, crypto::Curve::p256}) {
    MemFs fs;
    const crypto::PrivateKey key = plc_key(4, curve);
    put(fs, "  " + std::string(crypto::name_of(curve)) + "   " + digits_of(key) + "\r\n");
    const KeyFile file = KeyFile::read(fs, kPath).value();
    CHECK_FALSE(file.sealed());
    const auto opened = file.open(Secret(), {});
    REQUIRE(opened);
    CHECK(opened->key.public_key() == key.public_key());
    CHECK(opened->did.empty());
  }
}

TEST_CASE("key file: what is no key is refused by name", "[account]") {
  MemFs fs;
  SECTION("any text") { put(fs, "my diary, which is long enough to hold many words"); }
  SECTION("too short") { put(fs, "k256"); }
  SECTION("a digit too few") { put(fs, "k256 " + digits_of(plc_key(1)).substr(1)); }
  SECTION("another curve") { put(fs, "k257 " + digits_of(plc_key(1))); }
  SECTION("no digits") { put(fs, "k256 " + std::string(64, 'x')); }
  SECTION("zero") { put(fs, "k256 " + std::string(64, '0')); }
  CHECK(error_id(KeyFile::read(fs, kPath)) == "key.format");
}

TEST_CASE("key file: a signing key from the disk of a host: raw, as digits, or as the line", "[account]") {
  MemFs fs;
  const crypto::PrivateKey key = plc_key(4);
  const Bytes raw = hex_decode(digits_of(key)).value();
  SECTION("32 bytes, as the reference server keeps it") { put(fs, std::string(as_text(raw))); }
  SECTION("digits") { put(fs, digits_of(key) + "\n"); }
  SECTION("the line") { put(fs, "k256 " + digits_of(key)); }
  const auto read = account::read_signing_key(fs, kPath);
  REQUIRE(read);
  CHECK(read->public_key() == key.public_key());
}

TEST_CASE("key file: what is no signing key is refused by name", "[account]") {
  MemFs fs;
  SECTION("text") { put(fs, "my diary"); }
  SECTION("nothing") { put(fs, ""); }
  SECTION("zeros") { put(fs, std::string(32, '\0')); }
  SECTION("a byte too many") { put(fs, std::string(33, 'x')); }
  SECTION("digits of which one is none") { put(fs, std::string(64, 'x')); }
  CHECK(error_id(account::read_signing_key(fs, kPath)) == "key.signing_format");
}

TEST_CASE("key file: a sealed file that holds no key, or not the one it names", "[account]") {
  MemFs fs;
  std::string expected = "key.format";
  SECTION("no JSON") { put_sealed(fs, "what"); }
  SECTION("no key in it") { put_sealed(fs, "{}"); }
  SECTION("another public half") {
    put_sealed(fs, data::to_json(data::Object()
                                     .set("curve", "k256")
                                     .set("public", plc_did_key(2))
                                     .set("private", digits_of(plc_key(1)))));
    expected = "key.mismatch";
  }
  CHECK(error_id(KeyFile::read(fs, kPath).value().open(phrase(), {})) == expected);
}

TEST_CASE("key file: at a terminal the passphrase is asked for three times", "[account]") {
  MemFs fs;
  SeededRandom random(1);
  account::write_key_file(fs, random, kPath, {plc_key(1), ""}, phrase(), 0).value();
  SECTION("the third is right") {
    ScriptedPrompter prompter({"a", "b", "open sesame"});
    CHECK(account::open_key_file(fs, kPath, {}, prompter, {}, {}));
  }
  SECTION("none is") {
    ScriptedPrompter prompter({"a", "b", "c", "open sesame"});
    CHECK(error_id(account::open_key_file(fs, kPath, {}, prompter, {}, {})) == "sealed.passphrase");
  }
}
