#include "core/ipld/cid.h"

#include "core/base/encoding.h"
#include "tests/support/catch.h"
#include "tests/unit/ipld/bytes_of.h"

#include <unordered_set>

using atb::Bytes;
using atb::ErrorKind;
using atb::ipld::Cid;
using atb::ipld::Codec;
using atb::test::hex;

namespace {

constexpr std::string_view kDigest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string failure(const Bytes& bytes) {
  const auto cid = Cid::from_bytes(bytes);
  if (cid) return "";
  const bool unsupported = cid.error().kind == ErrorKind::unsupported;
  CHECK(unsupported == (cid.error().id == "cid.unsupported"));
  // The text of the same bytes meets the same verdict.
  const auto parsed = Cid::parse("b" + atb::base32_encode(bytes));
  REQUIRE_FALSE(parsed);
  if (bytes.size() >= 5) CHECK(parsed.error().id == cid.error().id);
  return cid.error().id;
}

std::string text_failure(std::string_view text) {
  const auto cid = Cid::parse(text);
  return cid ? "" : cid.error().id;
}

}  // namespace

TEST_CASE("cid: the hash of a block, as text and as bytes, both ways", "[cid]") {
  // The CID of empty raw bytes is known far and wide.
  const Cid empty = Cid::of(Codec::raw, {});
  CHECK(empty.str() == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
  for (const Codec codec : {Codec::raw, Codec::dag_cbor}) {
    const Cid cid = Cid::of(codec, Bytes{0xa0});
    CHECK(cid.codec() == codec);
    CHECK(cid.str().starts_with(codec == Codec::raw ? "bafkrei" : "bafyrei"));
    CHECK(cid.str().size() == 59);
    CHECK(Cid::parse(cid.str()) == cid);
    CHECK(Cid::from_bytes(cid.bytes()) == cid);
  }
  CHECK(Cid::of(Codec::raw, {}) != Cid::of(Codec::dag_cbor, {}));
  const std::unordered_set<Cid> set = {empty, Cid::of(Codec::raw, {}), Cid::of(Codec::raw, Bytes{1})};
  CHECK(set.size() == 2);
}

TEST_CASE("cid: a well-formed CID of another kind is unsupported, not wrong", "[cid]") {
  const std::string digest(kDigest);
  REQUIRE(failure(hex("01711220" + digest)).empty());
  REQUIRE(failure(hex("01551220" + digest)).empty());
  CHECK(failure(hex("01701220" + digest)) == "cid.unsupported");    // dag-pb
  CHECK(failure(hex("0181011220" + digest)) == "cid.unsupported");  // a codec of two bytes
  CHECK(failure(hex("02711220" + digest)) == "cid.unsupported");
  CHECK(failure(hex("01711320" + digest)) == "cid.unsupported");
  CHECK(failure(hex("01711240" + digest + digest)) == "cid.unsupported");
  CHECK(failure(hex("01711200")) == "cid.unsupported");
  CHECK(failure(hex("1220" + digest)) == "cid.unsupported");  // version 0
}

TEST_CASE("cid: bytes that are no CID", "[cid]") {
  const std::string digest(kDigest);
  CHECK(failure({}) == "cid.syntax");
  CHECK(failure(hex("01")) == "cid.syntax");
  CHECK(failure(hex("0171122001")) == "cid.syntax");
  CHECK(failure(hex("01711220" + digest + "00")) == "cid.syntax");
  CHECK(failure(hex("01711220" + digest.substr(2))) == "cid.syntax");
  CHECK(failure(hex("01f1001220" + digest)) == "cid.syntax");  // a varint longer than need be
  CHECK(failure(hex("ffffffffffffffffffffff")) == "cid.syntax");
  CHECK(failure(hex("017112ffffffffffffffff7f" + digest)) == "cid.syntax");
}

TEST_CASE("cid: text that is no CID", "[cid]") {
  const std::string good = Cid::of(Codec::raw, {}).str();
  CHECK(text_failure("") == "cid.syntax");
  CHECK(text_failure("b") == "cid.syntax");
  CHECK(text_failure(" " + good) == "cid.syntax");
  CHECK(text_failure(good + "\n") == "cid.syntax");
  CHECK(text_failure(good + "=") == "cid.syntax");
  CHECK(text_failure(good.substr(0, 58)) == "cid.syntax");
  CHECK(text_failure(good + "a") == "cid.syntax");
  CHECK(text_failure(std::string(10'000'000, 'b')) == "cid.syntax");
  CHECK(text_failure("xxxxxxxxxxxxx") == "cid.syntax");
  std::string upper = good;
  upper[8] = 'A';
  CHECK(text_failure(upper) == "cid.syntax");
  std::string spare_bits = good;  // 36 bytes are 57.6 digits: two bits of the last are unused
  REQUIRE(spare_bits.back() == 'u');
  spare_bits.back() = 'v';
  CHECK(text_failure(spare_bits) == "cid.syntax");
  CHECK(text_failure("QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR") == "cid.unsupported");
  CHECK(text_failure("zdj7WhuEjrB52m1BisYCtmjH1hSKa7yZ3jEZ9JcXaFRD51wVz") == "cid.unsupported");
}
