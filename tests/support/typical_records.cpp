#include "tests/support/typical_records.h"

#include "core/ipld/cbor_writer.h"
#include "core/ipld/cid.h"
#include "core/os/clock.h"
#include "core/syntax/tid.h"

#include <fmt/format.h>

#include <string_view>

namespace atb::test {
namespace {

using ipld::CborWriter;

enum Collection : std::uint8_t { kLike, kPost, kRepost, kFollow };  // in the order of their names
constexpr std::array<std::string_view, 4> kNames = {"app.bsky.feed.like", "app.bsky.feed.post",
                                                    "app.bsky.feed.repost", "app.bsky.graph.follow"};
constexpr std::int64_t kSpanUs = 75'000'000'000'000;  // some 2.4 years
constexpr std::uint64_t kAuthors = 20'000;            // whose posts are liked, seen again and again
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";

constexpr std::array<std::string_view, 48> kWords = {
    "the",    "a",         "of",      "and",      "to",      "in",        "is",      "that",
    "for",    "with",      "on",      "we",       "this",    "not",       "have",    "be",
    "you",    "from",      "at",      "your",     "more",    "people",    "morning", "weather",
    "garden", "coffee",    "library", "train",    "picture", "yesterday", "today",   "again",
    "really", "something", "quite",   "protocol", "because", "thread",    "sky",     "blue",
    "cat",    "music",     "writes",  "thinking", "why",     "little",    "house",   "evening"};
constexpr std::array<std::string_view, 10> kFarWords = {
    "grün",   "straße", "déjà", "日本語", "おはよう",
    "привет", "ελλάδα", "☕",   "✨",     "\U0001f469\u200d\U0001f4bb"};

std::string did_of(std::uint64_t seed, std::uint64_t author) {
  Dice dice(seed, 0x646964, author);
  std::string did = "did:plc:";
  for (int i = 0; i < 24; ++i) did += kBase32[dice.below(kBase32.size())];
  return did;
}

class Writer {
 public:
  Writer(std::uint64_t seed, Collection collection, std::uint64_t number, std::int64_t time_us)
      : seed_(seed), dice_(seed, collection, number), collection_(collection), time_us_(time_us) {}

  Bytes write() {
    switch (collection_) {
      case kFollow:
        follow();
        break;
      case kPost:
        post();
        break;
      default:
        pointer();
    }
    return out_.take();
  }

 private:
  void text(std::string_view key, std::string_view value) {
    out_.key(key);
    out_.text(value);
  }
  void integer(std::string_view key, std::uint64_t value) {
    out_.key(key);
    out_.integer(static_cast<std::int64_t>(value));
  }
  void type() { text("$type", kNames[collection_]); }
  void created() { text("createdAt", os::rfc3339(time_us_)); }
  ipld::Cid some_cid(ipld::Codec codec) {
    crypto::Digest digest{};
    dice_.fill(digest);
    return {codec, digest};
  }
  // A record of another account, some time ago.
  void reference(std::string_view key, Collection to) {
    out_.key(key);
    out_.map(2);
    text("cid", some_cid(ipld::Codec::dag_cbor).str());
    const auto ago = static_cast<std::int64_t>(dice_.below(86'400'000'000));
    const auto tid = syntax::Tid::from(time_us_ - ago, static_cast<unsigned>(dice_.below(1024)));
    text("uri", fmt::format("at://{}/{}/{}", did_of(seed_, dice_.below(kAuthors)), kNames[to], tid.str()));
  }

  // A like or a repost.
  void pointer() {
    const bool via = collection_ == kLike && dice_.one_in(12);
    out_.map(via ? 4 : 3);
    if (via) reference("via", kRepost);
    type();
    reference("subject", kPost);
    created();
  }
  void follow() {
    out_.map(3);
    type();
    text("subject", did_of(seed_, kAuthors + dice_.next() / 2));
    created();
  }

  std::string words() {
    std::string made;
    const bool far = dice_.one_in(7);
    const std::size_t length = 20 + dice_.below(260);
    while (made.size() < length) {
      if (!made.empty()) made += dice_.one_in(12) ? ", " : " ";
      made += far && dice_.one_in(3) ? kFarWords[dice_.below(kFarWords.size())]
                                     : kWords[dice_.below(kWords.size())];
    }
    return made;
  }
  void post() {
    const bool picture = dice_.one_in(5);
    const bool reply = dice_.below(5) < 2;
    const bool facet = dice_.one_in(5);
    const std::string link = facet ? fmt::format("example.com/{:08x}", dice_.next() & 0xFFFFFFFFU) : "";
    std::string said = words();
    const std::size_t link_at = said.size() + 1;
    if (facet) said += " " + link;

    out_.map(4U + (picture ? 1U : 0U) + (reply ? 1U : 0U) + (facet ? 1U : 0U));
    text("text", said);
    type();
    if (picture) pictures();
    out_.key("langs");
    out_.array(1);
    out_.text(dice_.one_in(4) ? "de" : "en");
    if (reply) {
      out_.key("reply");
      out_.map(2);
      reference("root", kPost);
      reference("parent", kPost);
    }
    if (facet) facets(link_at, link);
    created();
  }
  void pictures() {
    out_.key("embed");
    out_.map(2);
    text("$type", "app.bsky.embed.images");
    out_.key("images");
    out_.array(1);
    out_.map(3);
    text("alt", dice_.one_in(2) ? words() : "");
    out_.key("image");
    out_.map(4);
    out_.key("ref");
    out_.link(some_cid(ipld::Codec::raw));
    integer("size", 20'000 + dice_.below(900'000));
    text("$type", "blob");
    text("mimeType", "image/jpeg");
    out_.key("aspectRatio");
    out_.map(2);
    integer("width", 1000 + dice_.below(1000));
    integer("height", 1000 + dice_.below(1000));
  }
  void facets(std::size_t at, std::string_view link) {
    out_.key("facets");
    out_.array(1);
    out_.map(2);
    out_.key("index");
    out_.map(2);
    integer("byteEnd", at + link.size());
    integer("byteStart", at);
    out_.key("features");
    out_.array(1);
    out_.map(2);
    text("uri", fmt::format("https://{}", link));
    text("$type", "app.bsky.richtext.facet#link");
  }

  std::uint64_t seed_;
  Dice dice_;
  Collection collection_;
  std::int64_t time_us_;
  CborWriter out_;
};

std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

}  // namespace

Dice::Dice(std::uint64_t seed, std::uint64_t stream, std::uint64_t number)
    : state_(mixed(mixed(mixed(seed + 1) + stream + 1) + number + 1)) {}

std::uint64_t Dice::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  return mixed(state_);
}

TypicalRecords::TypicalRecords(std::size_t count, std::uint64_t seed, std::int64_t end_us)
    : seed_(seed), end_us_(end_us) {
  counts_[kPost] = count * 15 / 100;
  counts_[kRepost] = count * 10 / 100;
  counts_[kFollow] = count * 15 / 100;
  counts_[kLike] = count - counts_[kPost] - counts_[kRepost] - counts_[kFollow];
}

bool TypicalRecords::next(TypicalRecord& record) {
  while (number_ == counts_[collection_]) {
    if (collection_ + 1 == kCollections) return false;
    ++collection_;
    number_ = 0;
  }
  const auto collection = static_cast<Collection>(collection_);
  const auto number = number_++;
  // Somewhere within its own part of the span: keys ascend, and no two are the same distance apart.
  const std::int64_t part = kSpanUs / static_cast<std::int64_t>(counts_[collection]);
  Dice dice(seed_, 0x74696d65 + collection, number);
  record.time_us = end_us_ - kSpanUs + static_cast<std::int64_t>(number) * part +
                   static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(part)));
  const auto tid = syntax::Tid::from(record.time_us, static_cast<unsigned>(seed_ % 1024));
  record.key = fmt::format("{}/{}", kNames[collection], tid.str());
  record.block = Writer(seed_, collection, number, record.time_us).write();
  return true;
}

}  // namespace atb::test
