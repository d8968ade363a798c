#include "core/data/cbor.h"
#include "core/ipld/cbor_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/ipld/bytes_of.h"

using atb::Bytes;
using atb::Limits;
using namespace atb::data;
using atb::ipld::Cid;
using atb::ipld::Codec;
using atb::test::hex;
using atb::test::repeat;

namespace {

Cid blob_cid(std::uint8_t number) { return Cid::of(Codec::raw, Bytes{number}); }

Object blob(std::uint8_t number) {
  return Object()
      .set("$type", "blob")
      .set("ref", blob_cid(number))
      .set("mimeType", "image/png")
      .set("size", 1000 + number);
}
Object legacy(std::uint8_t number) {
  return Object().set("cid", blob_cid(number).str()).set("mimeType", "image/gif");
}

Bytes encoded(const Value& value) { return *encode_cbor(value); }
RecordScan scan(const Bytes& bytes) { return scan_record(bytes, Limits{}); }
RecordScan scan(const Value& value) { return scan(encoded(value)); }

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

// A map of these members in the order given, canonical or not.
Bytes raw_map(const std::vector<std::pair<std::string, Bytes>>& members) {
  Bytes out = {static_cast<std::uint8_t>(0xa0U | members.size())};
  for (const auto& [key, value] : members) {
    append(out, encoded(key));
    append(out, value);
  }
  return out;
}

}  // namespace

TEST_CASE("scan: a record without blobs has its type and nothing more", "[scan]") {
  const auto found = scan(
      Object().set("$type", "com.example.post").set("text", "hi").set("x", Object().set("$type", "inner")));
  CHECK(found.type == "com.example.post");
  CHECK(found.deviation.empty());
  CHECK(found.blobs.empty());
  CHECK(scan(Value(Object())).type.empty());
  CHECK(scan(Object().set("$type", 1)).type.empty());
}

TEST_CASE("scan: blobs at any depth, in maps and arrays", "[scan]") {
  Value deep = blob(3);
  for (int i = 0; i < 60; ++i) deep = Object().set("a", Array{deep});
  const auto found = scan(Object()
                              .set("$type", "com.example.post")
                              .set("avatar", blob(1))
                              .set("images", Array{Value(Object().set("image", blob(2))), Value(legacy(4))})
                              .set("deep", deep));
  CHECK(found.deviation.empty());
  REQUIRE(found.blobs.size() == 4);
  std::vector<Cid> cids;
  for (const auto& ref : found.blobs) cids.push_back(ref.cid);
  std::ranges::sort(cids);
  std::vector<Cid> wanted = {blob_cid(1), blob_cid(2), blob_cid(3), blob_cid(4)};
  std::ranges::sort(wanted);
  CHECK(cids == wanted);
  for (const auto& ref : found.blobs) {
    CHECK(ref.legacy == (ref.cid == blob_cid(4)));
    CHECK(ref.mime_type == (ref.legacy ? "image/gif" : "image/png"));
    CHECK((ref.size == -1) == ref.legacy);
  }
}

TEST_CASE("scan: the order of a blob's keys does not matter", "[scan]") {
  std::vector<std::pair<std::string, Bytes>> members = {{"$type", encoded("blob")},
                                                        {"mimeType", encoded("image/png")},
                                                        {"ref", encoded(blob_cid(1))},
                                                        {"size", encoded(77)}};
  int orders = 0;
  do {
    const auto found = scan(raw_map({{"b", raw_map(members)}}));
    REQUIRE(found.blobs.size() == 1);
    CHECK(found.blobs[0].cid == blob_cid(1));
    CHECK(found.blobs[0].mime_type == "image/png");
    CHECK(found.blobs[0].size == 77);
    const bool canonical =
        members[0].first == "ref" && members[1].first == "size" && members[2].first == "$type";
    CHECK(found.deviation == (canonical ? "" : "cbor.key_order"));
    ++orders;
  } while (std::ranges::next_permutation(members).found);
  CHECK(orders == 24);
}

TEST_CASE("scan: nested values between a blob's keys do not confuse it", "[scan]") {
  Object odd = blob(1);
  odd.set("a", Object().set("ref", blob_cid(9)).set("$type", "other").set("size", 5))
      .set("zzzzz", Array{Value("blob")});
  const auto found = scan(Object().set("x", odd));
  REQUIRE(found.blobs.size() == 1);
  CHECK(found.blobs[0].cid == blob_cid(1));
  CHECK(found.blobs[0].size == 1001);
}

TEST_CASE("scan: a typed blob counts with a link alone; without one it does not", "[scan]") {
  const auto found =
      scan(Object().set("b", Object().set("$type", "blob").set("ref", blob_cid(1)).set("size", "9")));
  REQUIRE(found.blobs.size() == 1);
  CHECK(found.blobs[0].size == -1);
  CHECK(found.blobs[0].mime_type.empty());
  CHECK(scan(Object().set("b", Object().set("$type", "blob").set("ref", blob_cid(1).str()))).blobs.empty());
  CHECK(scan(Object().set("b", Object().set("$type", "blobs").set("ref", blob_cid(1)))).blobs.empty());
  CHECK(scan(Object().set("b", Object().set("ref", blob_cid(1)))).blobs.empty());
}

TEST_CASE("scan: a legacy blob has a CID, a MIME type and nothing else", "[scan]") {
  CHECK(scan(Object().set("b", legacy(1))).blobs.size() == 1);
  CHECK(scan(Object().set("b", legacy(1).set("more", 1))).blobs.empty());
  CHECK(scan(Object().set("b", Object().set("cid", blob_cid(1).str()))).blobs.empty());
  CHECK(scan(Object().set("b", Object().set("cid", "nonsense").set("mimeType", "a/b"))).blobs.empty());
  CHECK(scan(Object().set("b", Object().set("cid", blob_cid(1)).set("mimeType", "a/b"))).blobs.empty());
  // As in a strong reference, which has a CID too.
  CHECK(scan(Object().set("b", Object().set("cid", blob_cid(1).str()).set("uri", "at://x"))).blobs.empty());
}

TEST_CASE("scan: a record that deviates tells the first rule it breaks, and its blobs", "[scan]") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"f90000", "cbor.float"},
      {"1800", "cbor.non_minimal_int"},
      {"1bffffffffffffffff", "cbor.integer_range"},
      {"9fff", "cbor.indefinite"},
      {"7f6161ff", "cbor.indefinite"},
      {"c100", "cbor.tag"},
      {"61ff", "cbor.utf8"},
      {"d82a40", "cbor.link"},
      {"f7", "cbor.simple"},
      {"a10000", "cbor.key_type"},
      {"a2 6161 00 6161 00", "cbor.duplicate_key"},
      {"a2 6162 00 6161 00", "cbor.key_order"},
      {"a1 a16161f6 00", "cbor.key_type"},
  };
  for (const auto& [bytes, id] : cases) {
    CAPTURE(id);
    const auto found = scan(raw_map({{"a", hex(bytes)}, {"b", encoded(blob(1))}, {"c", hex("f7")}}));
    CHECK(found.deviation == id);
    REQUIRE(found.blobs.size() == 1);
    CHECK(found.blobs[0].cid == blob_cid(1));
  }
  Bytes trailing = encoded(Object().set("b", blob(1)));
  trailing.push_back(0);
  CHECK(scan(trailing).deviation == "cbor.trailing");
  CHECK(scan(trailing).blobs.size() == 1);
}

TEST_CASE("scan: a record that ends early gives the blobs up to there", "[scan]") {
  const Bytes whole = raw_map({{"a", encoded(blob(1))}, {"b", encoded(blob(2))}});
  const std::size_t first_end = 3 + encoded(blob(1)).size();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto found = scan(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    CAPTURE(size);
    CHECK(found.deviation == "cbor.cut");
    CHECK(found.blobs.size() == (size >= first_end ? 1U : 0U));
  }
  CHECK(scan(raw_map({{"a", encoded(blob(1))}, {"b", hex("ff")}})).deviation == "cbor.malformed");
}

TEST_CASE("scan: a record that is no map deviates", "[scan]") {
  CHECK(scan(Value(1)).deviation == "data.top_level");
  CHECK(scan(Value("text")).deviation == "data.top_level");
  CHECK(scan(Array{Value(blob(1))}).deviation == "data.top_level");
  CHECK(scan(Array{Value(blob(1))}).blobs.size() == 1);
}

TEST_CASE("scan: depth is bounded", "[scan]") {
  CHECK(scan(repeat("a16161", 128, "00")).deviation.empty());
  CHECK(scan(repeat("a16161", 129, "00")).deviation == "cbor.depth");
  CHECK(scan(repeat("a16161", 1'000'000, "00")).deviation == "cbor.depth");
}
