#include "core/mst/usual_keys.h"

#include <algorithm>
#include <cstring>

namespace atb::mst {

std::string_view usual_key(char* out, std::size_t limit, std::string_view previous,
                           std::uint64_t prefix_length, std::string_view suffix) {
  if (prefix_length > previous.size() || suffix.empty() || suffix.size() > limit) return {};
  const auto shared = static_cast<std::size_t>(prefix_length);
  if (shared > limit - suffix.size()) return {};
  // Its first byte of its own decides: above the one before, or where that had ended. So it shares no more
  // than it claims, and comes after.
  if (shared < previous.size() &&
      static_cast<std::uint8_t>(suffix.front()) <= static_cast<std::uint8_t>(previous[shared]))
    return {};
  // The key before may lie where this one goes.
  if (shared != 0) std::memmove(out, previous.data(), shared);
  std::memcpy(out + shared, suffix.data(), suffix.size());
  return {out, shared + suffix.size()};
}

std::optional<unsigned> UsualKeys::height(std::span<const Entry> entries, Bound lower, Bound upper) {
  used_ = 0;
  count_ = 0;
  height_.reset();
  std::string_view key;
  for (const Entry& entry : entries) {
    key = usual_key(text_.data() + used_, limit_, key, entry.prefix_length, entry.suffix);
    used_ += key.size();
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
