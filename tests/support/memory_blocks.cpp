#include "tests/support/memory_blocks.h"

#include "core/car/writer.h"

#include <stdexcept>

namespace atb::test {

Status MemoryBlocks::put(const ipld::Cid& cid, ByteView block) {
  if (places_.try_emplace(cid, blocks_.size()).second) blocks_.emplace_back(cid, to_bytes(block));
  return {};
}

ipld::Cid MemoryBlocks::add(ByteView block, ipld::Codec codec) {
  const ipld::Cid cid = ipld::Cid::of(codec, block);
  (void)put(cid, block);
  return cid;
}

Result<ByteView> MemoryBlocks::get(const ipld::Cid& cid, Bytes& buffer) {
  ++reads_;
  const auto place = places_.find(cid);
  if (place == places_.end())
    return fail(ErrorKind::not_found, "block.missing", "block " + cid.str() + " is not there");
  buffer = blocks_[place->second].second;
  return ByteView(buffer);
}

void MemoryBlocks::erase(const ipld::Cid& cid) {
  const auto place = places_.find(cid);
  if (place == places_.end()) return;
  blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(place->second));
  places_.clear();
  for (std::size_t i = 0; i < blocks_.size(); ++i) places_.emplace(blocks_[i].first, i);
}

Bytes car_of(std::span<const ipld::Cid> roots, std::span<const NamedBlock> blocks) {
  BytesSink out(std::size_t{1} << 40);
  auto writer = car::Writer::start(out, roots);
  if (!writer) throw std::runtime_error(writer.error().message);
  for (const auto& [cid, block] : blocks) {
    if (auto put = writer->put(cid, block); !put) throw std::runtime_error(put.error().message);
  }
  return std::move(out.bytes());
}

}  // namespace atb::test
