#include "core/data/plain_record.h"

#include "core/data/cbor.h"
#include "core/ipld/cbor_head.h"
#include "tests/support/catch.h"

#include <string>
#include <vector>

using atb::Bytes;
using atb::ByteView;
using atb::Limits;
using namespace atb::data;
using atb::ipld::Cid;
using atb::ipld::Codec;

namespace {

Cid some_cid() { return Cid::of(Codec::dag_cbor, Bytes{1}); }

Object post() {
  return Object()
      .set("$type", "app.bsky.feed.post")
      .set("text", "gr\xc3\xbc\xc3\x9f dich")
      .set("langs", Array{"de", "en"})
      .set("deep", Object().set("a", Array{Object().set("b", 70'000), true, false, Value(nullptr)}))
      .set("numbers", Array{0, 23, 24, 255, 256, -1, -24, -25, std::int64_t{1} << 40})
      .set("subject", Object().set("cid", some_cid().str()).set("uri", std::string(300, 'u')))
      .set("bytes", Bytes(30, 7))
      .set("link", some_cid())
      .set("createdAt", "2026-01-01T00:00:00.000Z");
}

Object with_blob() {
  return Object()
      .set("$type", "post")
      .set("embed", Object().set("$type", "blob").set("ref", some_cid()).set("mimeType", "image/png"));
}

Object with_legacy_blob() {
  return Object().set("embed", Object().set("cid", some_cid().str()).set("mimeType", "image/png"));
}

bool scan_finds_nothing(ByteView record, const Limits& limits) {
  const RecordScan scan = scan_record(record, limits);
  return scan.deviation.empty() && scan.blobs.empty();
}

bool agree(ByteView record, const Limits& limits = {}) {
  const bool plain = scan_finds_nothing(record, limits);
  return is_plain_record(record, limits) == plain && (plain || !is_surely_plain(record, limits));
}

}  // namespace

TEST_CASE("plain: what records mostly hold is told the short way", "[scan]") {
  CHECK(is_surely_plain(*encode_cbor(post()), {}));
  CHECK(is_surely_plain(*encode_cbor(Object()), {}));
  CHECK_FALSE(is_surely_plain(*encode_cbor(with_blob()), {}));
  CHECK_FALSE(is_surely_plain(*encode_cbor(with_legacy_blob()), {}));
  CHECK_FALSE(is_surely_plain(*encode_cbor(Array{1}), {}));
  CHECK_FALSE(is_surely_plain({}, {}));
}

TEST_CASE("plain: the short way and the scan agree, whatever byte is changed", "[scan]") {
  for (const Object& record : {post(), with_blob(), with_legacy_blob()}) {
    const Bytes good = *encode_cbor(record);
    bool all_agree = agree(good);
    for (std::size_t at = 0; at < good.size(); ++at) {
      Bytes changed = good;
      for (unsigned value = 0; value < 256; ++value) {
        changed[at] = static_cast<std::uint8_t>(value);
        all_agree &= agree(changed);
      }
      all_agree &= agree(ByteView(good).first(at));
      changed = good;
      changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(at));
      all_agree &= agree(changed);
      changed = good;
      changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(at), 0x60);
      all_agree &= agree(changed);
    }
    CHECK(all_agree);
  }
}

TEST_CASE("plain: the short way and the scan agree on every head", "[scan]") {
  bool all_agree = true;
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      Bytes record = {0xa1, 0x61, 'a', static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)};
      for (unsigned more = 0; more < 10; ++more) {
        all_agree &= agree(record);
        record.push_back(0);
      }
      record.resize(5 + 256, 'x');
      all_agree &= agree(record);
    }
  }
  CHECK(all_agree);
}

TEST_CASE("plain: depth is bounded as in the scan", "[scan]") {
  Limits limits;
  limits.cbor_depth = 5;
  for (int depth = 1; depth < 40; ++depth) {
    Value deep = 1;
    for (int i = 0; i < depth; ++i) deep = Object().set("a", deep);
    const Bytes record = *encode_cbor(deep);
    CHECK(is_plain_record(record, limits) == (depth <= 5));
    CHECK(agree(record, limits));
    CHECK(is_plain_record(record, {}));
    CHECK(agree(record));
  }
}

TEST_CASE("plain: one byte outside ASCII is seen at any place in text of any length", "[scan]") {
  bool all_seen = true;
  for (std::size_t size = 0; size < 70; ++size) {
    Bytes text(size, 'a');
    all_seen &= atb::ipld::is_ascii(text);
    for (std::size_t at = 0; at < size; ++at) {
      text[at] = 0x80;
      all_seen &= !atb::ipld::is_ascii(text);
      text[at] = 0x7f;
    }
    all_seen &= atb::ipld::is_ascii(text);
  }
  CHECK(all_seen);
}
