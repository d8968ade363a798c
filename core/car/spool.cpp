#include "core/car/spool.h"

#include <algorithm>
#include <limits>

namespace atb::car {
namespace {

constexpr std::size_t kTailBytes = 256U << 10;

}  // namespace

Status Spool::put(const ipld::Cid& cid, ByteView block) {
  if (has(cid)) return {};
  // Longer than 32 bits can say is refused by the index all the same.
  const auto length = std::min<std::size_t>(block.size(), std::numeric_limits<std::uint32_t>::max());
  const bool plain = look_ && look_(block);
  TRY(index_.add(cid, {bytes(), static_cast<std::uint32_t>(length), plain}));
  tail_.insert(tail_.end(), block.begin(), block.end());
  if (tail_.size() < kTailBytes) return {};
  TRY(out_->write(tail_));
  written_ += tail_.size();
  tail_.clear();
  return {};
}

Result<ByteView> Spool::get(const ipld::Cid& cid, Bytes& buffer) {
  const auto place = index_.find(cid);
  if (place && place->offset >= written_) {
    const ByteView block = ByteView(tail_).subspan(place->offset - written_, place->length);
    buffer.assign(block.begin(), block.end());
    return ByteView(buffer);
  }
  return read_block(index_, in_, cid, buffer);
}

}  // namespace atb::car
