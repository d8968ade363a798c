#include "core/mst/node.h"

#include "core/ipld/cbor_writer.h"
#include "tests/support/catch.h"
#include "tests/support/tree_maker.h"

#include <string>

namespace atb {
namespace {

mst::Node sample() {
  mst::Node node;
  node.left = test::some_record();
  node.entries.push_back({0, "com.example.a/one", test::some_record(), std::nullopt});
  node.entries.push_back({14, "two", test::some_record(), test::some_record()});
  return node;
}

std::string id_of(ByteView block, const Limits& limits = {}) {
  const auto node = mst::decode_node(block, limits);
  return node ? "none" : node.error().id;
}

TEST_CASE("mst: a node decodes to what was encoded", "[mst]") {
  const Bytes block = mst::encode_node(sample());
  const auto node = mst::decode_node(block, {});
  REQUIRE(node);
  REQUIRE(node->entries.size() == 2);
  CHECK(node->left == test::some_record());
  CHECK(node->entries[0].suffix == "com.example.a/one");
  CHECK(node->entries[0].prefix_length == 0);
  CHECK_FALSE(node->entries[0].subtree);
  CHECK(node->entries[1].suffix == "two");
  CHECK(node->entries[1].prefix_length == 14);
  CHECK(node->entries[1].subtree == test::some_record());
  CHECK(mst::encode_node(*node) == block);
}

TEST_CASE("mst: the empty node is the one of the specification", "[mst]") {
  const Bytes block = mst::encode_node({});
  CHECK(block == Bytes{0xa2, 0x61, 'e', 0x80, 0x61, 'l', 0xf6});
  CHECK(ipld::Cid::of(ipld::Codec::dag_cbor, block).str() ==
        "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm");
}

TEST_CASE("mst: a node cut anywhere is refused", "[mst]") {
  const Bytes block = mst::encode_node(sample());
  for (std::size_t length = 0; length < block.size(); ++length) {
    INFO("cut after " << length);
    CHECK(id_of(ByteView(block).first(length)) == "mst.node");
  }
}

TEST_CASE("mst: bytes after a node are refused, with the cbor error as context", "[mst]") {
  Bytes block = mst::encode_node(sample());
  block.push_back(0);
  const auto node = mst::decode_node(block, {});
  REQUIRE_FALSE(node);
  CHECK(node.error().id == "mst.node");
  CHECK(node.error().kind == ErrorKind::corrupt);
  CHECK(node.error().context == std::vector<std::string>{"cbor.trailing"});
}

TEST_CASE("mst: integers not in their shortest form make a node damaged", "[mst]") {
  mst::Node node;
  node.entries.push_back({0, "com.example.a/one", test::some_record(), std::nullopt});
  Bytes block = mst::encode_node(node);
  REQUIRE(id_of(block) == "none");
  const std::string_view text = as_text(block);
  const auto at = text.find("ap") + 2;  // the value of "p", after its key 61 70
  REQUIRE(block[at] == 0);
  block[at] = 0x18;
  block.insert(block.begin() + static_cast<std::ptrdiff_t>(at) + 1, 0);
  const auto bad = mst::decode_node(block, {});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().id == "mst.node");
  CHECK(bad.error().kind == ErrorKind::corrupt);
  CHECK(bad.error().context == std::vector<std::string>{"cbor.non_minimal_int"});
}

// The fields of a node as given; what is not canonical is the test's business.
template <class Write>
Bytes node_with(Write write) {
  ipld::CborWriter cbor;
  write(cbor);
  return cbor.take();
}

TEST_CASE("mst: a node with other fields is refused", "[mst]") {
  CHECK(id_of(node_with([](auto& c) { c.array(0); })) == "mst.node");
  CHECK(id_of(node_with([](auto& c) { c.map(0); })) == "mst.node");
  CHECK(id_of(node_with([](auto& c) {
          c.map(1);
          c.key("e");
          c.array(0);
        })) == "mst.node");
  CHECK(id_of(node_with([](auto& c) {
          c.map(3);
          c.key("e");
          c.array(0);
          c.key("l");
          c.null();
          c.key("x");
          c.null();
        })) == "mst.node");
  CHECK(id_of(node_with([](auto& c) {
          c.map(2);
          c.key("e");
          c.array(0);
          c.key("m");
          c.null();
        })) == "mst.node");
  CHECK(id_of(node_with([](auto& c) {
          c.map(2);
          c.key("e");
          c.array(0);
          c.key("l");
          c.text("no link");
        })) == "mst.node");
}

Bytes entry_with(std::int64_t prefix, bool text_key, bool value) {
  return node_with([&](auto& c) {
    c.map(2);
    c.key("e");
    c.array(1);
    c.map(value ? 4 : 3);
    c.key("k");
    if (text_key) {
      c.text("abc");
    } else {
      c.bytes(as_bytes("abc"));
    }
    c.key("p");
    c.integer(prefix);
    c.key("t");
    c.null();
    if (value) {
      c.key("v");
      c.link(test::some_record());
    }
    c.key("l");
    c.null();
  });
}

TEST_CASE("mst: an entry with other fields or types is refused", "[mst]") {
  CHECK(id_of(entry_with(0, false, true)) == "none");
  CHECK(id_of(entry_with(-1, false, true)) == "mst.node");
  CHECK(id_of(entry_with(0, true, true)) == "mst.node");
  CHECK(id_of(entry_with(0, false, false)) == "mst.node");
}

TEST_CASE("mst: a node at the limit of entries is read, one more is refused", "[mst]") {
  mst::Node node;
  for (int i = 0; i < 10; ++i) node.entries.push_back({0, "k", test::some_record(), std::nullopt});
  const Bytes block = mst::encode_node(node);
  Limits limits;
  limits.mst_node_entries = 10;
  CHECK(id_of(block, limits) == "none");
  limits.mst_node_entries = 9;
  const auto refused = mst::decode_node(block, limits);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().id == "mst.node");
  CHECK(refused.error().kind == ErrorKind::limit_exceeded);
}

TEST_CASE("mst: a node that claims a billion entries costs nothing", "[mst]") {
  CHECK(id_of(Bytes{0xa2, 0x61, 'e', 0x9a, 0x3b, 0x9a, 0xca, 0x00}) == "mst.node");
}

TEST_CASE("mst: decoding into a used node leaves nothing of the old one", "[mst]") {
  mst::Node node = sample();
  const Bytes empty = mst::encode_node({});
  REQUIRE(mst::decode_node_into(node, empty, {}));
  CHECK(node.entries.empty());
  CHECK_FALSE(node.left);
}

}  // namespace
}  // namespace atb
