// One node of a tree.
#include "core/ipld/cbor_reader.h"
#include "core/mst/node.h"

#include "fuzz/target.h"

namespace atb::fuzz {

void fuzz_one(std::span<const std::uint8_t> input) {
  const Limits limits;
  const auto node = mst::decode_node(input, limits);
  if (!node) {
    require(node.error().id == "mst.node", "what is no node is called so");
    return;
  }
  require(equal(mst::encode_node(*node), input), "a node that is taken is written the same");
  require(ipld::check_cbor(input, limits).has_value(), "a node that is taken is strict CBOR");
}

}  // namespace atb::fuzz
