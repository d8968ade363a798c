// Blocks in memory, for tests: takes them, gives them, keeps the order they came in.
#pragma once

#include "core/ipld/block_source.h"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace atb::test {

using NamedBlock = std::pair<ipld::Cid, Bytes>;

class MemoryBlocks final : public ipld::BlockSource, public ipld::BlockSink {
 public:
  Status put(const ipld::Cid& cid, ByteView block) override;
  // Hashes the block itself.
  ipld::Cid add(ByteView block, ipld::Codec codec = ipld::Codec::dag_cbor);
  Result<ByteView> get(const ipld::Cid& cid, Bytes& buffer) override;
  bool has(const ipld::Cid& cid) const { return places_.contains(cid); }
  void erase(const ipld::Cid& cid);

  // In the order they were put; a CID put twice is here once.
  const std::vector<NamedBlock>& blocks() const { return blocks_; }
  std::vector<NamedBlock> take() && { return std::move(blocks_); }
  // How often get() was called.
  std::uint64_t reads() const { return reads_; }

 private:
  std::vector<NamedBlock> blocks_;
  std::unordered_map<ipld::Cid, std::size_t> places_;
  std::uint64_t reads_ = 0;
};

// A whole CAR file with these roots and blocks.
Bytes car_of(std::span<const ipld::Cid> roots, std::span<const NamedBlock> blocks);

}  // namespace atb::test
