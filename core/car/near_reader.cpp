#include "core/car/near_reader.h"

#include <algorithm>

namespace atb::car {
namespace {

constexpr std::size_t kStretch = 64U << 10;
constexpr std::uint64_t kNear = kStretch;  // from the place before

}  // namespace

bool NearReader::Stretch::holds(std::uint64_t offset, std::size_t size) const {
  return offset >= at && offset - at <= held && held - (offset - at) >= size;
}

std::uint64_t NearReader::Stretch::distance_to(std::uint64_t offset) const {
  return offset > last ? offset - last : last - offset;
}

// Forwards from a place behind the last one, backwards from a place before it.
Status NearReader::fetch_around(Stretch& stretch, std::uint64_t offset, std::size_t size) const {
  const std::uint64_t end = offset + size;
  const std::uint64_t from = offset >= stretch.last ? offset : end - std::min<std::uint64_t>(end, kStretch);
  stretch.bytes.resize(kStretch);
  stretch.at = from;
  stretch.held = 0;  // until all is there
  std::size_t held = 0;
  while (held < kStretch) {
    const std::size_t got = TRY(file_->read_at(from + held, MutableByteView(stretch.bytes).subspan(held)));
    if (got == 0) break;
    held += got;
  }
  stretch.held = held;
  return {};
}

Status NearReader::read(std::uint64_t offset, MutableByteView buffer) {
  const auto holding =
      std::ranges::find_if(stretches_, [&](const Stretch& s) { return s.holds(offset, buffer.size()); });
  Stretch* stretch = holding == stretches_.end() ? nullptr : &*holding;
  if (stretch == nullptr) {
    stretch =
        &*std::ranges::min_element(stretches_, {}, [&](const Stretch& s) { return s.distance_to(offset); });
    if (stretch->distance_to(offset) > kNear) {
      stretch = &*std::ranges::min_element(stretches_, {}, &Stretch::used);
      stretch->held = 0;
    } else if (buffer.size() <= kStretch) {
      TRY(fetch_around(*stretch, offset, buffer.size()));
    }
  }
  stretch->last = offset;
  stretch->used = ++reads_;
  if (!stretch->holds(offset, buffer.size())) return read_exactly_at(*file_, offset, buffer);
  std::copy_n(stretch->bytes.begin() + static_cast<std::ptrdiff_t>(offset - stretch->at), buffer.size(),
              buffer.begin());
  return {};
}

}  // namespace atb::car
