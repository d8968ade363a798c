#include "core/mst/node.h"

#include "core/crypto/sha256_many.h"
#include "core/ipld/cbor_reader.h"
#include "core/ipld/cbor_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace atb::mst {
namespace {

Status expect_key(ipld::CborReader& cbor, std::string_view previous, std::string_view wanted) {
  const std::string_view key = TRY(cbor.map_key(previous));
  if (key != wanted) {
    return fail(ErrorKind::corrupt, "mst.node",
                fmt::format("field \"{}\" is expected, another is there", wanted));
  }
  return {};
}

Result<std::optional<ipld::Cid>> link_or_null(ipld::CborReader& cbor) {
  if (TRY(cbor.peek()) == ipld::CborType::null) {
    TRY(cbor.null());
    return std::optional<ipld::Cid>();
  }
  return std::optional<ipld::Cid>(TRY(cbor.link()));
}

Status expect_fields(ipld::CborReader& cbor, std::uint64_t wanted, std::string_view what) {
  const std::uint64_t fields = TRY(cbor.map());
  if (fields != wanted) {
    return fail(ErrorKind::corrupt, "mst.node",
                fmt::format("{} has {} fields instead of {}", what, fields, wanted));
  }
  return {};
}

Result<Entry> read_entry(ipld::CborReader& cbor) {
  TRY(expect_fields(cbor, 4, "an entry"));
  TRY(expect_key(cbor, {}, "k"));
  const ByteView suffix = TRY(cbor.bytes());
  TRY(expect_key(cbor, "k", "p"));
  const std::int64_t prefix = TRY(cbor.integer());
  if (prefix < 0) return fail(ErrorKind::corrupt, "mst.node", "a prefix length is negative");
  TRY(expect_key(cbor, "p", "t"));
  const auto subtree = TRY(link_or_null(cbor));
  TRY(expect_key(cbor, "t", "v"));
  const ipld::Cid value = TRY(cbor.link());
  return Entry{static_cast<std::uint64_t>(prefix), as_text(suffix), value, subtree};
}

Status read_node(Node& node, ipld::CborReader& cbor, const Limits& limits) {
  TRY(expect_fields(cbor, 2, "the node"));
  TRY(expect_key(cbor, {}, "e"));
  const std::uint64_t count = TRY(cbor.array());
  if (count > limits.mst_node_entries) {
    return fail(ErrorKind::limit_exceeded, "mst.node",
                fmt::format("the node has {} entries, at most {} are read", count, limits.mst_node_entries));
  }
  for (std::uint64_t i = 0; i < count; ++i) node.entries.push_back(TRY(read_entry(cbor)));
  TRY(expect_key(cbor, "e", "l"));
  node.left = TRY(link_or_null(cbor));
  return cbor.finish();
}

// The one shape that a canonical node has, read at known places. Whatever is not quite so is left to
// read_node(), which says what is wrong; so this accepts nothing that read_node() refuses.
class FixedShape {
 public:
  explicit FixedShape(ByteView block) : at_(block.data()), end_(block.data() + block.size()) {}

  bool read(Node& node, const Limits& limits) {
    std::uint64_t count = 0;
    if (!literal("\xa2\x61\x65") || !head(4, count) || count > limits.mst_node_entries) return false;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!entry(node.entries)) return false;
    }
    const std::uint8_t* left = nullptr;
    if (!literal("\x61\x6c") || !link_or_null(left) || at_ != end_) return false;
    if (left != nullptr) node.left.emplace(ipld::Cid::Blessed{left});
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

  bool entry(std::vector<Entry>& entries) {
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
    // Made where it is to be: the copying of links costs more than the reading.
    Entry& made = entries.emplace_back(prefix, suffix, ipld::Cid::Blessed{value});
    if (subtree != nullptr) made.subtree.emplace(ipld::Cid::Blessed{subtree});
    return true;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

}  // namespace

bool looks_like_node(ByteView block) {
  return block.size() >= 4 && block[0] == 0xa2 && block[1] == 0x61 && block[2] == 'e' &&
         (block[3] >> 5U) == 4;
}

Status decode_node_into(Node& node, ByteView block, const Limits& limits) {
  node.left.reset();
  node.entries.clear();
  if (FixedShape(block).read(node, limits)) return {};
  node.left.reset();
  node.entries.clear();
  ipld::CborReader cbor(block);
  auto read = read_node(node, cbor, limits);
  if (read) return {};
  const Error& cause = read.error();
  const auto kind = cause.kind == ErrorKind::limit_exceeded ? ErrorKind::limit_exceeded : ErrorKind::corrupt;
  Error error(kind, "mst.node", fmt::format("the block is no tree node: {}", cause.message));
  if (cause.id != error.id) error.context.push_back(cause.id);
  return std::unexpected(std::move(error).at(cause.offset.value_or(cbor.offset())));
}

Result<Node> decode_node(ByteView block, const Limits& limits) {
  Node node;
  TRY(decode_node_into(node, block, limits));
  return node;
}

Bytes encode_node(const Node& node) {
  ipld::CborWriter cbor;
  const auto link_or_nothing = [&cbor](const std::optional<ipld::Cid>& link) {
    if (link) {
      cbor.link(*link);
    } else {
      cbor.null();
    }
  };
  cbor.map(2);
  cbor.key("e");
  cbor.array(node.entries.size());
  for (const Entry& entry : node.entries) {
    cbor.map(4);
    cbor.key("k");
    cbor.bytes(as_bytes(entry.suffix));
    cbor.key("p");
    cbor.integer(static_cast<std::int64_t>(entry.prefix_length));
    cbor.key("t");
    link_or_nothing(entry.subtree);
    cbor.key("v");
    cbor.link(entry.value);
  }
  cbor.key("l");
  link_or_nothing(node.left);
  return cbor.take();
}

namespace {

unsigned height_of(const crypto::Digest& digest) {
  unsigned zero_bits = 0;
  for (const std::uint8_t byte : digest) {
    zero_bits += static_cast<unsigned>(std::countl_zero(byte));
    if (byte != 0) break;
  }
  return zero_bits / 2;
}

}  // namespace

unsigned key_height(std::string_view key) { return height_of(crypto::sha256(as_bytes(key))); }

void key_heights(std::span<const ByteView> keys, std::vector<unsigned>& heights) {
  std::array<crypto::Digest, 16> digests;
  while (!keys.empty()) {
    const std::size_t count = std::min(keys.size(), digests.size());
    crypto::sha256_many(keys.first(count), std::span(digests).first(count));
    for (std::size_t i = 0; i < count; ++i) heights.push_back(height_of(digests[i]));
    keys = keys.subspan(count);
  }
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace atb::mst
