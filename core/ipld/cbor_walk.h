// One pass over a CBOR item, which tells a visitor what it meets and keeps all rules of cbor_reader.h on the
// way. It goes on over whatever is well-formed, remembers the first deviation, and stops only where the bytes
// are malformed. Explicit stack; no allocation up to 32 levels; the visitor is inlined.
//
// A visitor has these members, none of which fails. Views live as long as the input:
//   void begin_map();  void begin_array();  void end();
//   void key(std::string_view);       the next value belongs to this key
//   void key_unknown();               the key is not plain text: it follows as if it were a value, then the
//   value void integer(std::int64_t);  void text(std::string_view);  void bytes(ByteView);  void
//   boolean(bool);  void null(); void link(ByteView cid);          the 36 bytes, of the blessed form void
//   floating(double);            a float, which the data model has not
//   void opaque();               another value outside the data model, which cannot be told: text in pieces …
//   void deviation(CborRule);    before the event of an item that breaks a rule is told
#pragma once

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "core/ipld/cbor_head.h"
#include "core/ipld/cbor_rule.h"
#include "core/ipld/small_stack.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace atb::ipld {

template <class Visitor>
class CborWalk {
 public:
  CborWalk(ByteView bytes, const Limits& limits, Visitor& visitor)
      : bytes_(bytes), max_depth_(limits.cbor_depth), visitor_(visitor) {}

  // The gravest fault: where the bytes stop being well-formed, else the first deviation, else nothing. Once
  // only.
  std::optional<CborFault> run() {
    do {
      if (!item()) return malformed_;
      while (!open_.empty() && open_.top().left == 0) close();
    } while (!open_.empty());
    if (at_ != bytes_.size()) deviate(CborRule::trailing, at_);
    return deviation_;
  }

 private:
  static constexpr std::uint64_t kUntilBreak = ~std::uint64_t{0};

  struct Frame {
    std::uint64_t left;    // items still to come (keys count), or kUntilBreak
    const char* previous;  // the key before; nullptr at first
    std::size_t previous_size;
    bool map;
    bool want_key;
  };

  bool broken(CborRule rule, std::size_t offset) {
    malformed_ = CborFault{rule, offset};
    return false;
  }
  void deviate(CborRule rule, std::size_t offset) {
    if (!deviation_) deviation_ = CborFault{rule, offset};
    visitor_.deviation(rule);
  }
  bool head(CborHead& out) {
    start_ = at_;
    if (!read_head(bytes_, at_, out)) return broken(CborRule::cut, start_);
    if (out.reserved()) return broken(CborRule::malformed, start_);
    if (out.major < kMajorSimple && !out.minimal()) deviate(CborRule::non_minimal_int, start_);
    return true;
  }
  bool take(std::uint64_t size, ByteView& out) {
    if (size > bytes_.size() - at_) return broken(CborRule::cut, start_);
    out = bytes_.subspan(at_, static_cast<std::size_t>(size));
    at_ += out.size();
    return true;
  }
  void close() {
    visitor_.end();
    open_.pop();
  }
  // One item of the open container is about to be read.
  void count_item() {
    if (open_.empty()) return;
    Frame& top = open_.top();
    if (top.left != kUntilBreak) --top.left;
    if (top.map) top.want_key = !top.want_key;
  }

  // What records mostly consist of: plain ASCII text with a short head. False, and nothing done, for anything
  // else.
  bool short_text(ByteView& content) {
    const std::size_t room = bytes_.size() - at_;
    if (room < 2) return false;
    const std::uint8_t* const head = bytes_.data() + at_;
    std::size_t size = *head - 0x60U;
    std::size_t skip = 1;
    if (*head == 0x78 && head[1] >= 24) {
      size = head[1];
      skip = 2;
    } else if (*head < 0x60 || *head > 0x77) {
      return false;
    }
    if (size > room - skip) return false;
    content = bytes_.subspan(at_ + skip, size);
    if (!is_ascii(content)) return false;
    start_ = at_;
    at_ += skip + size;
    return true;
  }

  bool item() {
    const bool key = !open_.empty() && open_.top().want_key;
    if (ByteView content; short_text(content)) {
      count_item();
      if (key) {
        told_key(as_text(content));
      } else {
        visitor_.text(as_text(content));
      }
      return true;
    }
    CborHead now;
    if (!head(now)) return false;
    if (now.is_break()) return end_indefinite();
    count_item();
    if (key) {
      if (now.major == kMajorText && !now.indefinite()) return text_key(now);
      deviate(CborRule::key_type, start_);
      visitor_.key_unknown();
    }
    while (now.major == kMajorTag) {
      if (now.indefinite()) return broken(CborRule::malformed, start_);
      const bool link_tag = now.value == kTagLink;
      const std::size_t tag_start = start_;
      if (!link_tag) deviate(CborRule::tag, tag_start);
      if (!head(now)) return false;
      if (now.is_break()) return broken(CborRule::malformed, start_);
      if (!link_tag) continue;
      if (now.major == kMajorBytes && !now.indefinite()) return link(now, tag_start);
      deviate(CborRule::link, tag_start);
    }
    return value(now);
  }

  bool value(const CborHead& now) {
    switch (now.major) {
      case kMajorUnsigned:
      case kMajorNegative:
        return integer(now);
      case kMajorBytes:
        return now.indefinite() ? pieces(kMajorBytes) : plain_bytes(now);
      case kMajorText:
        return now.indefinite() ? pieces(kMajorText) : plain_text(now);
      case kMajorArray:
      case kMajorMap:
        return begin(now);
      default:
        return simple(now);
    }
  }

  bool integer(const CborHead& now) {
    if (now.indefinite()) return broken(CborRule::malformed, start_);
    if (now.value > kInt64Max) {
      deviate(CborRule::integer_range, start_);
      visitor_.opaque();
      return true;
    }
    const auto number = static_cast<std::int64_t>(now.value);
    visitor_.integer(now.major == kMajorUnsigned ? number : -1 - number);
    return true;
  }

  bool plain_bytes(const CborHead& now) {
    ByteView content;
    if (!take(now.value, content)) return false;
    visitor_.bytes(content);
    return true;
  }

  bool plain_text(const CborHead& now) {
    ByteView content;
    if (!take(now.value, content)) return false;
    if (is_utf8(content)) {
      visitor_.text(as_text(content));
    } else {
      deviate(CborRule::utf8, start_);
      visitor_.opaque();
    }
    return true;
  }

  bool text_key(const CborHead& now) {
    ByteView content;
    if (!take(now.value, content)) return false;
    if (!is_utf8(content)) deviate(CborRule::utf8, start_);
    told_key(as_text(content));
    return true;
  }

  void told_key(std::string_view name) {
    Frame& top = open_.top();
    if (top.previous != nullptr) {
      const int order = compare_keys({top.previous, top.previous_size}, name);
      if (order == 0) deviate(CborRule::duplicate_key, start_);
      if (order > 0) deviate(CborRule::key_order, start_);
    }
    top.previous = name.data();
    top.previous_size = name.size();
    visitor_.key(name);
  }

  // Bytes or text of indefinite length: pieces of the same type, each of definite length, then a break.
  bool pieces(std::uint8_t major) {
    deviate(CborRule::indefinite, start_);
    for (;;) {
      CborHead piece;
      ByteView content;
      if (!head(piece)) return false;
      if (piece.is_break()) break;
      if (piece.major != major || piece.indefinite()) return broken(CborRule::malformed, start_);
      if (!take(piece.value, content)) return false;
    }
    visitor_.opaque();
    return true;
  }

  bool link(const CborHead& now, std::size_t tag_start) {
    ByteView content;
    if (!take(now.value, content)) return false;
    if (is_blessed_link(content)) {
      visitor_.link(content.subspan(1));
    } else {
      deviate(CborRule::link, tag_start);
      visitor_.opaque();
    }
    return true;
  }

  bool begin(const CborHead& now) {
    if (open_.size() >= max_depth_) return broken(CborRule::depth, start_);
    const bool map = now.major == kMajorMap;
    std::uint64_t left = kUntilBreak;
    if (now.indefinite()) {
      deviate(CborRule::indefinite, start_);
    } else {
      // Every item has a byte at least, so a larger claim cannot be met; and doubling cannot overflow.
      const std::size_t room = bytes_.size() - at_;
      if (now.value > (map ? room / 2 : room)) return broken(CborRule::cut, start_);
      left = map ? now.value * 2 : now.value;
    }
    Frame& frame = open_.push();
    frame.left = left;
    frame.previous = nullptr;
    frame.previous_size = 0;
    frame.map = map;
    frame.want_key = map;
    if (map) {
      visitor_.begin_map();
    } else {
      visitor_.begin_array();
    }
    return true;
  }

  bool end_indefinite() {
    if (open_.empty() || open_.top().left != kUntilBreak) return broken(CborRule::malformed, start_);
    if (open_.top().map && !open_.top().want_key) return broken(CborRule::malformed, start_);
    close();
    return true;
  }

  bool simple(const CborHead& now) {
    switch (now.info) {
      case 20:
      case 21:
        visitor_.boolean(now.info == 21);
        return true;
      case 22:
        visitor_.null();
        return true;
      case 24:
        // RFC 8949: two-byte forms below 32 are not well-formed.
        if (now.value < 32) return broken(CborRule::malformed, start_);
        deviate(CborRule::simple, start_);
        break;
      case 25:
      case 26:
      case 27:
        deviate(CborRule::floating, start_);
        visitor_.floating(float_of(now));
        return true;
      default:
        deviate(CborRule::simple, start_);
        break;
    }
    visitor_.opaque();
    return true;
  }

  ByteView bytes_;
  std::size_t max_depth_;
  Visitor& visitor_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;  // of the item being read
  SmallStack<Frame, 32> open_;
  std::optional<CborFault> malformed_;
  std::optional<CborFault> deviation_;
};

}  // namespace atb::ipld
