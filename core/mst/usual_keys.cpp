#include "core/mst/usual_keys.h"

#include <algorithm>
#include <cstring>

namespace atb::mst {

std::optional<unsigned> UsualKeys::height(std::span<const Entry> entries, Bound lower, Bound upper) {
  used_ = 0;
  count_ = 0;
  height_.reset();
  std::string_view key;
  for (const Entry& entry : entries) {
    key = next(entry, key);
    if (key.empty() || entry.value.codec() != ipld::Codec::dag_cbor ||
        key_check_.check(key) != KeyCheck::Verdict::good)
      return std::nullopt;
    // They ascend: the first and the last stand for all.
    if (&entry == &entries.front() && lower && key <= *lower) return std::nullopt;
    keys_[count_++] = as_bytes(key);
    if (count_ == kKeys && !flush()) return std::nullopt;
  }
  if (upper && key >= *upper) return std::nullopt;
  return flush() ? height_ : std::nullopt;
}

std::string_view UsualKeys::next(const Entry& entry, std::string_view previous) {
  if (entry.prefix_length > previous.size() || entry.suffix.empty() || entry.suffix.size() > limit_)
    return {};
  const auto shared = static_cast<std::size_t>(entry.prefix_length);
  if (shared > limit_ - entry.suffix.size()) return {};
  // Its first byte of its own decides: above the one before, or where that had ended. So it shares no more
  // than it claims, and comes after.
  if (shared < previous.size() &&
      static_cast<std::uint8_t>(entry.suffix.front()) <= static_cast<std::uint8_t>(previous[shared]))
    return {};
  char* const key = text_.data() + used_;
  // After a flush the key before may lie where this one goes.
  if (shared != 0) std::memmove(key, previous.data(), shared);
  std::memcpy(key + shared, entry.suffix.data(), entry.suffix.size());
  used_ += shared + entry.suffix.size();
  return {key, shared + entry.suffix.size()};
}

bool UsualKeys::flush() {
  heights_.clear();
  key_heights(std::span(keys_).first(count_), heights_);
  count_ = 0;
  used_ = 0;
  if (heights_.empty()) return true;
  if (!height_) height_ = heights_.front();
  return std::ranges::all_of(heights_, [this](unsigned each) { return each == *height_; });
}

}  // namespace atb::mst
