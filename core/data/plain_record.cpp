#include "core/data/plain_record.h"

#include "core/ipld/cbor_head.h"
#include "core/ipld/cid.h"

#include <array>
#include <cstring>

namespace atb::data {
namespace {

// A record as nearly all are: maps and lists a few deep, short heads, keys in order. It is checked in full,
// by the rules that CborWalk goes by; at whatever is not quite so it gives up, and the walk says what it is.
class PlainShape {
 public:
  PlainShape(ByteView record, const Limits& limits)
      : at_(record.data()),
        end_(record.data() + record.size()),
        max_depth_(std::min(limits.cbor_depth, open_.size())) {}

  bool read() {
    if (at_ == end_ || (*at_ >> 5U) != ipld::kMajorMap || !value()) return false;
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
    return at_ == end_;
  }

 private:
  struct Open {
    std::uint64_t left;       // values to come
    const std::uint8_t* key;  // the one before; null at first
    std::size_t key_size;
    bool map;
  };

  std::size_t room() const { return static_cast<std::size_t>(end_ - at_); }

  // The argument of a head, in its shortest form.
  bool argument(std::uint64_t& argument) {
    const unsigned info = *at_++ & 0x1fU;
    argument = info;
    if (info < 24) return true;
    if (info > 27) return false;
    const std::size_t width = std::size_t{1} << (info - 24U);
    if (room() < width) return false;
    argument = 0;
    for (std::size_t i = 0; i < width; ++i) argument = argument << 8U | at_[i];
    at_ += width;
    return argument >= (width == 1 ? 24U : std::uint64_t{1} << (width * 4U));
  }

  // Bytes or text, whose head is here.
  bool take(const std::uint8_t*& start, std::size_t& size) {
    std::uint64_t wanted = 0;
    if (!argument(wanted) || wanted > room()) return false;
    start = at_;
    size = static_cast<std::size_t>(wanted);
    at_ += size;
    return true;
  }

  bool key(Open& top) {
    const std::uint8_t* start = nullptr;
    std::size_t size = 0;
    if (at_ == end_ || (*at_ >> 5U) != ipld::kMajorText || !take(start, size)) return false;
    if (!ipld::is_utf8({start, size})) return false;
    // The canonical order: shorter first.
    if (top.key != nullptr && size <= top.key_size &&
        (size < top.key_size || std::memcmp(top.key, start, size) >= 0))
      return false;
    top.key = start;
    top.key_size = size;
    // Without it there is no blob of the old kind.
    return size != 8 || std::memcmp(start, "mimeType", 8) != 0;
  }

  bool value() {
    if (at_ == end_) return false;
    switch (*at_ >> 5U) {
      case ipld::kMajorUnsigned:
      case ipld::kMajorNegative: {
        std::uint64_t number = 0;
        return argument(number) && number <= ipld::kInt64Max;
      }
      case ipld::kMajorBytes: {
        const std::uint8_t* start = nullptr;
        std::size_t size = 0;
        return take(start, size);
      }
      case ipld::kMajorText: {
        const std::uint8_t* start = nullptr;
        std::size_t size = 0;
        if (!take(start, size) || !ipld::is_utf8({start, size})) return false;
        // Without it there is no blob of the new kind.
        return size != 4 || std::memcmp(start, "blob", 4) != 0;
      }
      case ipld::kMajorArray:
      case ipld::kMajorMap:
        return open();
      case ipld::kMajorTag:
        return link();
      default:
        if (*at_ < 0xf4 || *at_ > 0xf6) return false;  // false, true, null
        ++at_;
        return true;
    }
  }

  bool open() {
    if (depth_ >= max_depth_) return false;
    Open& top = open_[depth_];
    top.map = (*at_ >> 5U) == ipld::kMajorMap;
    top.key = nullptr;
    if (!argument(top.left)) return false;
    ++depth_;
    return true;
  }

  bool link() {
    constexpr std::array<std::uint8_t, 5> kHead = {0xd8, ipld::kTagLink, 0x58, 1 + ipld::Cid::kBytes, 0};
    if (room() < kHead.size() + ipld::Cid::kBytes || std::memcmp(at_, kHead.data(), kHead.size()) != 0)
      return false;
    at_ += kHead.size();
    if (!ipld::Cid::is_blessed(at_)) return false;
    at_ += ipld::Cid::kBytes;
    return true;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  std::size_t depth_ = 0;
  std::array<Open, 16> open_;  // left uninitialised on purpose, as SmallStack
  std::size_t max_depth_;
};

}  // namespace

bool is_surely_plain(ByteView record, const Limits& limits) { return PlainShape(record, limits).read(); }

}  // namespace atb::data
