#include "core/car/spool.h"

#include <algorithm>
#include <limits>

namespace atb::car {
namespace {

constexpr std::size_t kTailBytes = 256U << 10;
constexpr std::size_t kFewBytes = 1U << 20;

}  // namespace

Status Spool::put(const ipld::Cid& cid, ByteView block) {
  if (has(cid)) return {};
  // Longer than 32 bits can say is refused by the index all the same.
  const auto length = std::min<std::size_t>(block.size(), std::numeric_limits<std::uint32_t>::max());
  const bool plain = look_ && look_(block);
  TRY(index_.add(cid, {bytes(), static_cast<std::uint32_t>(length), plain}));
  // Once there is more than a little, room for all that may be held: memory that is not written to yet costs
  // nothing, and moving it would.
  if (written_ == 0 && tail_.size() + block.size() > std::max(kFewBytes, tail_.capacity()))
    tail_.reserve(held_bytes_ + block.size());
  tail_.insert(tail_.end(), block.begin(), block.end());
  const std::size_t most = written_ == 0 ? std::max(held_bytes_, kTailBytes) : kTailBytes;
  return tail_.size() < most ? Status() : write_tail();
}

Status Spool::write_tail() {
  TRY(out_->write(tail_));
  written_ += tail_.size();
  if (tail_.capacity() > held_bytes_) tail_ = Bytes();
  tail_.clear();
  return {};
}

Result<ByteView> Spool::get(const ipld::Cid& cid, Bytes& buffer) {
  const auto place = index_.find(cid);
  if (place && place->offset >= written_) {
    const ByteView block = ByteView(tail_).subspan(place->offset - written_, place->length);
    gave_plain_ = place->plain;
    index_.expect_links_of(block, {tail_, written_});
    return block;
  }
  return read_block(index_, in_, cid, buffer, gave_plain_);
}

}  // namespace atb::car
