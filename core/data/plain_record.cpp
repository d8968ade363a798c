#include "core/data/plain_record.h"

#include "core/ipld/cbor_head.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace atb::data {
namespace {

constexpr std::string_view kBlob = "blob";
constexpr std::size_t kDigestBytes = sizeof(crypto::Digest);  // a link ends with it

// A record as nearly all are: maps and lists a few deep, short heads, keys in order. It is checked in full,
// by the rules that CborWalk goes by; at whatever is not quite so it gives up, and the walk says what it is.
// `Notes` is told of the bytes whose value does not decide: text(at, text) and anything(at, size).
template <class Notes>
class PlainShape {
 public:
  PlainShape(ByteView record, const Limits& limits, Notes& notes)
      : record_(record), max_depth_(std::min(limits.cbor_depth, open_.size())), notes_(notes) {}

  bool read() {
    if (record_.empty() || (record_[0] >> 5U) != ipld::kMajorMap || !value()) return false;
    while (depth_ > 0) {
      Open& top = open_[depth_ - 1];
      if (top.left == 0) {
        --depth_;
        continue;
      }
      --top.left;
      if (top.map && !key(top)) return false;
      if (!value()) return false;
    }
    return at_ == record_.size();
  }

 private:
  struct Open {
    std::uint64_t left;    // values to come
    std::string_view key;  // the one before; empty data at first
    bool map;
  };

  // In its shortest form, with a number.
  bool head(ipld::CborHead& head) {
    return ipld::read_head(record_, at_, head) && head.info <= 27 && head.minimal();
  }

  // What stands behind its head.
  bool take(std::uint64_t size, ByteView& content) {
    if (size > record_.size() - at_) return false;
    content = record_.subspan(at_, static_cast<std::size_t>(size));
    at_ += content.size();
    return true;
  }

  bool text(const ipld::CborHead& head, std::string_view& text) {
    ByteView content;
    if (!take(head.value, content) || !ipld::is_utf8(content)) return false;
    text = as_text(content);
    return true;
  }

  bool key(Open& top) {
    ipld::CborHead now;
    std::string_view key;
    if (!head(now) || now.major != ipld::kMajorText || !text(now, key)) return false;
    if (top.key.data() != nullptr && ipld::compare_keys(top.key, key) >= 0) return false;
    top.key = key;
    return key != "mimeType";  // without it there is no blob of the old kind
  }

  bool value() {
    ipld::CborHead now;
    if (!head(now)) return false;
    ByteView content;
    std::string_view words;
    switch (now.major) {
      case ipld::kMajorUnsigned:
      case ipld::kMajorNegative:
        return now.value <= ipld::kInt64Max;
      case ipld::kMajorBytes:
        if (!take(now.value, content)) return false;
        notes_.anything(at_ - content.size(), content.size());
        return true;
      case ipld::kMajorText:
        // Without it there is no blob of the new kind.
        if (!text(now, words) || words == kBlob) return false;
        notes_.text(at_ - words.size(), words);
        return true;
      case ipld::kMajorArray:
      case ipld::kMajorMap:
        return open(now);
      case ipld::kMajorTag:
        if (now.value != ipld::kTagLink || !head(now) || now.major != ipld::kMajorBytes ||
            !take(now.value, content) || !ipld::is_blessed_link(content))
          return false;
        notes_.anything(at_ - kDigestBytes, kDigestBytes);
        return true;
      default:
        return now.info >= 20 && now.info <= 22;  // false, true, null
    }
  }

  bool open(const ipld::CborHead& head) {
    if (depth_ >= max_depth_) return false;
    Open& top = open_[depth_++];
    top.map = head.major == ipld::kMajorMap;
    top.key = {};
    top.left = head.value;
    return true;
  }

  ByteView record_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::array<Open, 16> open_;  // written when it is opened
  std::size_t max_depth_;
  Notes& notes_;
};

struct NoNotes {
  void text(std::size_t, std::string_view) {}
  void anything(std::size_t, std::size_t) {}
};

// Notes which bits of a record PlainShape went by: all those of heads, keys, numbers and the beginnings of
// links; of text no more than that it is ASCII, and whether it is "blob".
class Bits {
 public:
  explicit Bits(MutableByteView matters) : matters_(matters) { std::ranges::fill(matters_, 0xff); }
  void text(std::size_t at, std::string_view text) {
    all_ascii_ = all_ascii_ && ipld::is_ascii(as_bytes(text));
    if (text.size() != kBlob.size()) std::ranges::fill(matters_.subspan(at, text.size()), 0x80);
  }
  void anything(std::size_t at, std::size_t size) { std::ranges::fill(matters_.subspan(at, size), 0); }
  // Other text is valid by more than some bits of each byte.
  bool all_ascii() const { return all_ascii_; }

 private:
  MutableByteView matters_;
  bool all_ascii_ = true;
};

constexpr unsigned kMaxPatience = 64;
constexpr std::size_t kStep = 4 * sizeof(std::uint64_t);  // the shortest record that is compared

std::uint64_t word_at(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Have all bits of `record` that are set in `matters` the values that they have in `bytes`? The three are of
// one size. The steps overlap at the end, so that nothing is left over.
bool has_bits(ByteView record, const std::uint8_t* bytes, const std::uint8_t* matters) {
  const auto differing = [=](std::size_t at) {
    return (word_at(record.data() + at) & word_at(matters + at)) ^ word_at(bytes + at);
  };
  const auto step = [=](std::size_t at) {
    return differing(at) | differing(at + 8) | differing(at + 16) | differing(at + 24);
  };
  std::uint64_t all = step(record.size() - kStep);
  for (std::size_t at = 0; at + kStep < record.size(); at += kStep) all |= step(at);
  return all == 0;
}

}  // namespace

bool is_surely_plain(ByteView record, const Limits& limits) {
  NoNotes notes;
  return PlainShape(record, limits, notes).read();
}

bool PlainRecords::is_surely_plain(ByteView record) {
  const std::size_t size = record.size();
  if (size < kStep || size > kMaxBytes) return data::is_surely_plain(record, limits_);
  Shape& shape = by_size_[size];
  if (!shape.bytes.empty() && has_bits(record, shape.bytes.data(), shape.bytes.data() + size)) {
    shape.misses = 0;
    return true;
  }
  if (++shape.misses < shape.patience) return data::is_surely_plain(record, limits_);
  return learn(record, shape);
}

// A shape that fits now and then stays; one that does not makes room, but it is tried less and less often:
// records of many shapes share some sizes, and learning costs more than it saves there.
bool PlainRecords::learn(ByteView record, Shape& shape) {
  shape.misses = 0;
  shape.patience = std::min(2 * shape.patience, kMaxPatience);
  matters_.resize(record.size());
  Bits bits(matters_);
  if (!PlainShape(record, limits_, bits).read()) return false;
  if (!bits.all_ascii()) return true;
  shape.bytes.resize(2 * record.size());
  std::ranges::copy(matters_, shape.bytes.begin() + static_cast<std::ptrdiff_t>(record.size()));
  for (std::size_t at = 0; at < record.size(); ++at) shape.bytes[at] = record[at] & matters_[at];
  return true;
}

}  // namespace atb::data
