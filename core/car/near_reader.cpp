#include "core/car/near_reader.h"

#include <algorithm>

namespace atb::car {
namespace {

constexpr std::size_t kStretch = 64U << 10;
constexpr std::uint64_t kNear = kStretch;  // from the place before

}  // namespace

bool NearReader::holds(std::uint64_t offset, std::size_t size) const {
  return offset >= stretch_at_ && offset - stretch_at_ <= held_ && held_ - (offset - stretch_at_) >= size;
}

// Forwards from a place behind the last one, backwards from a place before it.
Status NearReader::fetch_around(std::uint64_t offset, std::size_t size) {
  const std::uint64_t end = offset + size;
  const std::uint64_t from = offset >= last_ ? offset : end - std::min<std::uint64_t>(end, kStretch);
  stretch_.resize(kStretch);
  held_ = 0;
  while (held_ < kStretch) {
    const std::size_t got = TRY(file_->read_at(from + held_, MutableByteView(stretch_).subspan(held_)));
    if (got == 0) break;
    held_ += got;
  }
  stretch_at_ = from;
  return {};
}

Status NearReader::read(std::uint64_t offset, MutableByteView buffer) {
  if (!holds(offset, buffer.size())) {
    const std::uint64_t distance = offset > last_ ? offset - last_ : last_ - offset;
    if (distance <= kNear && buffer.size() <= kStretch) TRY(fetch_around(offset, buffer.size()));
  }
  last_ = offset;
  if (!holds(offset, buffer.size())) return read_exactly_at(*file_, offset, buffer);
  std::copy_n(stretch_.begin() + static_cast<std::ptrdiff_t>(offset - stretch_at_), buffer.size(),
              buffer.begin());
  return {};
}

}  // namespace atb::car
