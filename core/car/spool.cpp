#include "core/car/spool.h"

#include <algorithm>
#include <limits>

namespace atb::car {

Status Spool::put(const ipld::Cid& cid, ByteView block) {
  if (has(cid)) return {};
  // Longer than 32 bits can say is refused by the index all the same.
  const auto length = std::min<std::size_t>(block.size(), std::numeric_limits<std::uint32_t>::max());
  TRY(index_.add(cid, {bytes_, static_cast<std::uint32_t>(length)}));
  TRY(out_->write(block));
  bytes_ += block.size();
  return {};
}

Result<ByteView> Spool::get(const ipld::Cid& cid, Bytes& buffer) {
  return read_block(index_, *in_, cid, buffer);
}

}  // namespace atb::car
