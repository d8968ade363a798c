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

// What is surely plain is plain.
bool agree(ByteView record, const Limits& limits = {}) {
  return !is_surely_plain(record, limits) || scan_finds_nothing(record, limits);
}

Bytes changed_at(Bytes record, std::size_t at, unsigned value) {
  record[at] = static_cast<std::uint8_t>(value);
  return record;
}

Object like(const std::string& uri, const std::string& language = "en-GB") {
  return Object()
      .set("$type", "app.bsky.feed.like")
      .set("subject", Object().set("cid", some_cid().str()).set("uri", uri))
      .set("langs", Array{language})
      .set("bytes", Bytes(9, 0x60))
      .set("link", some_cid())
      .set("number", 5)
      .set("small", true)
      .set("createdAt", "2026-01-01T00:00:00.000Z");
}

// Records of one size, of several shapes, plain and not.
std::vector<Bytes> same_size() {
  const std::string uri(70, 'u');
  const Bytes usual = *encode_cbor(like(uri, "en-G"));
  std::vector<Bytes> records = {
      usual,
      *encode_cbor(like(std::string(70, 'v'), "blob")),
      *encode_cbor(like(std::string(70, 'v'), "bloc")),
      *encode_cbor(like(std::string(68, 'w') + "\xc3\xbc", "en-G")),
      *encode_cbor(like(std::string(69, 'w'), "de-DE")),  // a byte from one text to another
      *encode_cbor(Object().set("text", std::string(usual.size() - 9, 't'))),
      *encode_cbor(Object().set("text", Bytes(usual.size() - 9, 't'))),
  };
  Bytes cut = usual;
  cut.pop_back();
  cut.insert(cut.begin() + 1, 0x60);
  records.push_back(cut);
  return records;
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
    CHECK(is_surely_plain(record, limits) == (depth <= 5));
    CHECK(agree(record, limits));
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

TEST_CASE("plain: once a shape is known, a byte that breaks it is seen wherever it stands", "[scan]") {
  for (const Object& record : {like(std::string(70, 'u')), like(std::string(255, 'u'), "en-G"),
                               like("gr\xc3\xbc\xc3\x9f dich"), Object().set("n", Array(40, 5))}) {
    const Bytes good = *encode_cbor(record);
    REQUIRE(good.size() < 500);
    PlainRecords records({});
    bool all_plain = true;
    bool all_agree = true;
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (unsigned value = 0; value < 256; ++value) {
        all_plain &= records.is_surely_plain(good);  // so that its shape stays
        const Bytes changed = changed_at(good, at, value);
        all_agree &= records.is_surely_plain(changed) == is_surely_plain(changed, {});
      }
    }
    CHECK(all_plain);
    CHECK(all_agree);
  }
}

TEST_CASE("plain: a shape is known for its own size only, and for every size", "[scan]") {
  PlainRecords records({});
  bool all_agree = true;
  for (std::size_t size = 0; size < 600; ++size) {
    Bytes record = *encode_cbor(Object().set("text", std::string(size, 't')).set("x", Bytes(3, 0xff)));
    for (int i = 0; i < 4; ++i) all_agree &= records.is_surely_plain(record);
    all_agree &= !records.is_surely_plain(ByteView(record).first(record.size() - 1));
    for (std::size_t at = 0; at < record.size(); ++at) {
      const Bytes changed = changed_at(record, at, 0xff);
      all_agree &= records.is_surely_plain(changed) == is_surely_plain(changed, {});
      all_agree &= records.is_surely_plain(record);
    }
  }
  CHECK(all_agree);
}

TEST_CASE("plain: records of one size and many shapes, in any order, are judged as each alone", "[scan]") {
  const std::vector<Bytes> all = same_size();
  for (const Bytes& record : all) REQUIRE(record.size() == all.front().size());
  CHECK(is_surely_plain(all[2], {}));
  CHECK_FALSE(is_surely_plain(all[1], {}));
  PlainRecords records({});
  bool all_agree = true;
  std::uint32_t chance = 1;
  for (int round = 0; round < 100'000; ++round) {
    chance = chance * 1'664'525 + 1'013'904'223;
    // One shape for a while, so that it is learned; then others.
    const std::size_t run = static_cast<std::size_t>(round / 200) % all.size();
    const std::size_t which = (chance >> 30U) == 0 ? (chance >> 8U) % all.size() : run;
    all_agree &= records.is_surely_plain(all[which]) == is_surely_plain(all[which], {});
  }
  CHECK(all_agree);
}

TEST_CASE("plain: a copy remembers for itself, and its limits", "[scan]") {
  Limits limits;
  limits.cbor_depth = 2;
  const Bytes flat = *encode_cbor(like(std::string(70, 'u')));
  const Bytes deep = *encode_cbor(Object().set("a", Object().set("b", Array{std::string(40, 'u')})));
  PlainRecords shallow(limits);
  PlainRecords usual({});
  for (int i = 0; i < 5; ++i) {
    PlainRecords copy = shallow;
    CHECK(copy.is_surely_plain(flat));
    CHECK(shallow.is_surely_plain(flat));
    CHECK(usual.is_surely_plain(deep));
    CHECK_FALSE(copy.is_surely_plain(deep));
    CHECK_FALSE(shallow.is_surely_plain(deep));
  }
}
