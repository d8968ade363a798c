#include "core/mst/node.h"

#include "core/crypto/sha256_many.h"
#include "core/ipld/cbor_reader.h"
#include "core/ipld/cbor_writer.h"
#include "core/mst/node_shape.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>

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

// Makes entries where they are to be: the copying of links costs more than the reading.
class NodeMaker {
 public:
  explicit NodeMaker(Node& node) : node_(node) {}
  void entry(std::uint64_t prefix, std::string_view suffix, const std::uint8_t* value,
             const std::uint8_t* subtree) {
    Entry& made = node_.entries.emplace_back(prefix, suffix, ipld::Cid::Blessed{value});
    if (subtree != nullptr) made.subtree.emplace(ipld::Cid::Blessed{subtree});
  }
  void left(const std::uint8_t* link) { node_.left.emplace(ipld::Cid::Blessed{link}); }

 private:
  Node& node_;
};

}  // namespace

bool looks_like_node(ByteView block) {
  return block.size() >= 4 && block[0] == 0xa2 && block[1] == 0x61 && block[2] == 'e' &&
         (block[3] >> 5U) == 4;
}

Status decode_node_into(Node& node, ByteView block, const Limits& limits) {
  node.left.reset();
  node.entries.clear();
  if (NodeMaker maker(node); NodeShape(block).read(maker, limits)) return {};
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
  std::array<crypto::Digest, 64> digests;
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
