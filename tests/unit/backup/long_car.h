// A CAR of blocks of some 900 bytes each, so that a few hundred make it worth a second thread.
#pragma once

#include "tests/support/memory_blocks.h"

#include <array>
#include <string>
#include <vector>

namespace atb::test {

inline std::vector<NamedBlock> long_blocks(std::size_t count) {
  std::vector<NamedBlock> blocks;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string text = std::string(900, 'r') + std::to_string(i);
    blocks.emplace_back(ipld::Cid::of(ipld::Codec::dag_cbor, as_bytes(text)), to_bytes(as_bytes(text)));
  }
  return blocks;
}

inline Bytes long_car(const std::vector<NamedBlock>& blocks) {
  return car_of(std::array{ipld::Cid(ipld::Codec::dag_cbor, {})}, blocks);
}

}  // namespace atb::test
