// Inside mst only: the one shape that a canonical node has, read at known places. Whatever is not quite so is
// left to decode_node(), which says what is wrong; so this accepts nothing that decode_node() refuses.
#pragma once

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "core/ipld/cid.h"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace atb::mst {

class NodeShape {
 public:
  explicit NodeShape(ByteView block) : at_(block.data()), end_(block.data() + block.size()) {}

  // Tells `maker` of each entry(prefix_length, suffix, value, subtree), then of the link to the left(link).
  // Links are where their 36 bytes are, a subtree that is not there is null; all lives as long as the block.
  // False: another shape, and what was told is worth nothing.
  template <class Maker>
  bool read(Maker& maker, const Limits& limits) {
    std::uint64_t count = 0;
    if (!literal("\xa2\x61\x65") || !head(4, count) || count > limits.mst_node_entries) return false;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!entry(maker)) return false;
    }
    const std::uint8_t* left = nullptr;
    if (!literal("\x61\x6c") || !link_or_null(left) || at_ != end_) return false;
    if (left != nullptr) maker.left(left);
    return true;
  }

 private:
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  // A string literal, without its closing zero.
  template <std::size_t N>
  bool literal(const char (&bytes)[N]) {  // NOLINT(*-avoid-c-arrays)
    if (left() < N - 1 || std::memcmp(at_, bytes, N - 1) != 0) return false;
    at_ += N - 1;
    return true;
  }

  // A head of that major type, in its shortest form, of one or two bytes or three.
  bool head(unsigned major, std::uint64_t& value) {
    if (left() < 3 || (*at_ >> 5U) != major) return false;  // a node never ends in a head
    const unsigned info = *at_ & 0x1fU;
    if (info < 24) {
      value = info;
      at_ += 1;
      return true;
    }
    if (info == 24) {
      value = at_[1];
      at_ += 2;
      return value >= 24;
    }
    if (info != 25) return false;
    value = static_cast<std::uint64_t>(at_[1] << 8U | at_[2]);
    at_ += 3;
    return value > 0xff;
  }

  // Where its 36 bytes are.
  bool link(const std::uint8_t*& out) {
    if (!literal("\xd8\x2a\x58\x25\x00") || left() < ipld::Cid::kBytes || !ipld::Cid::is_blessed(at_))
      return false;
    out = at_;
    at_ += ipld::Cid::kBytes;
    return true;
  }

  bool link_or_null(const std::uint8_t*& out) {
    if (left() == 0) return false;
    if (*at_ != 0xf6) return link(out);
    ++at_;
    return true;
  }

  template <class Maker>
  bool entry(Maker& maker) {
    std::uint64_t suffix_size = 0;
    std::uint64_t prefix = 0;
    const std::uint8_t* subtree = nullptr;
    const std::uint8_t* value = nullptr;
    if (!literal("\xa4\x61\x6b") || !head(2, suffix_size) || left() < suffix_size) return false;
    const std::string_view suffix = as_text({at_, static_cast<std::size_t>(suffix_size)});
    at_ += suffix_size;
    if (!literal("\x61\x70") || !head(0, prefix) || !literal("\x61\x74") || !link_or_null(subtree) ||
        !literal("\x61\x76") || !link(value))
      return false;
    maker.entry(prefix, suffix, value, subtree);
    return true;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

}  // namespace atb::mst
