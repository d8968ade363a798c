#include "core/data/plain_record.h"

#include "core/ipld/cbor_head.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace atb::data {
namespace {

// A record as nearly all are: maps and lists a few deep, short heads, keys in order. It is checked in full,
// by the rules that CborWalk goes by; at whatever is not quite so it gives up, and the walk says what it is.
class PlainShape {
 public:
  PlainShape(ByteView record, const Limits& limits)
      : record_(record), max_depth_(std::min(limits.cbor_depth, open_.size())) {}

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
        return take(now.value, content);
      case ipld::kMajorText:
        return text(now, words) && words != "blob";  // without it there is no blob of the new kind
      case ipld::kMajorArray:
      case ipld::kMajorMap:
        return open(now);
      case ipld::kMajorTag:
        return now.value == ipld::kTagLink && head(now) && now.major == ipld::kMajorBytes &&
               take(now.value, content) && ipld::is_blessed_link(content);
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
};

}  // namespace

bool is_surely_plain(ByteView record, const Limits& limits) { return PlainShape(record, limits).read(); }

}  // namespace atb::data
