#include "core/mst/kept_nodes.h"

#include <algorithm>
#include <cstring>

namespace atb::mst {
namespace {

// What comes next.
constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kLink = 1;
constexpr std::uint8_t kKey = 2;         // of the collection of the key before
constexpr std::uint8_t kCollection = 3;  // a collection, then a key
constexpr std::uint8_t kNoHeight = 0xff;

template <class T>
void put(std::vector<std::uint8_t>& out, T value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof value);
  std::memcpy(out.data() + at, &value, sizeof value);
}

template <class T>
T take(const std::uint8_t*& at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

}  // namespace

void KeptNodes::begin(std::optional<unsigned> height) {
  node_.clear();
  node_.push_back(static_cast<std::uint8_t>(height.value_or(kNoHeight)));
  any_ = false;
  previous_.clear();
}

void KeptNodes::link(std::uint32_t number) {
  node_.push_back(kLink);
  put(node_, number);
}

bool KeptNodes::key(const KeptKey& key) {
  if (key.record_key.size() > 0xff) return false;
  if (!any_ || key.collection != collection_) {
    node_.push_back(kCollection);
    put(node_, key.collection);
    collection_ = key.collection;
    previous_.clear();
    any_ = true;
  }
  const auto end =
      std::mismatch(key.record_key.begin(), key.record_key.end(), previous_.begin(), previous_.end());
  const auto shared = static_cast<std::size_t>(end.first - key.record_key.begin());
  node_.push_back(kKey);
  node_.push_back(static_cast<std::uint8_t>(shared));
  node_.push_back(static_cast<std::uint8_t>(key.record_key.size() - shared));
  node_.insert(node_.end(), end.first, key.record_key.end());
  previous_ = key.record_key;
  return true;
}

std::optional<std::uint32_t> KeptNodes::end() {
  node_.push_back(kEnd);
  node_.resize((node_.size() + kUnit - 1) / kUnit * kUnit);
  if (node_.size() > kChunk) return std::nullopt;
  if (kChunk - used_ < node_.size()) {
    if (chunks_.size() >= (std::size_t{1} << kPlaceBits) / (kChunk / kUnit)) return std::nullopt;
    chunks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(kChunk));
    used_ = 0;
  }
  std::memcpy(chunks_.back().get() + used_, node_.data(), node_.size());
  const std::size_t place = ((chunks_.size() - 1) * kChunk + used_) / kUnit;
  used_ += node_.size();
  return static_cast<std::uint32_t>(place);
}

void KeptNodes::fetch(std::uint32_t place) const {
  const std::size_t offset = std::size_t{place} * kUnit;
  const std::uint8_t* at = chunks_[offset / kChunk].get() + offset % kChunk;
  __builtin_prefetch(at);
  __builtin_prefetch(at + 64);
}

void KeptNodes::read(std::uint32_t place, Read& node) const {
  const std::size_t offset = std::size_t{place} * kUnit;
  const std::uint8_t* at = chunks_[offset / kChunk].get() + offset % kChunk;
  node.items.clear();
  node.text.clear();
  const std::uint8_t height = take<std::uint8_t>(at);
  node.height = height == kNoHeight ? std::nullopt : std::optional<unsigned>(height);
  Item before{};  // the key
  std::uint16_t collection = 0;
  while (true) {
    switch (take<std::uint8_t>(at)) {
      case kEnd:
        return;
      case kLink:
        node.items.push_back({.is_link = true, .collection = 0, .at = take<std::uint32_t>(at), .size = 0});
        break;
      case kCollection:
        collection = take<std::uint16_t>(at);
        break;
      default: {
        const std::size_t shared = take<std::uint8_t>(at);
        const std::size_t own = take<std::uint8_t>(at);
        const std::size_t start = node.text.size();
        node.text.append(node.text, before.at, shared);
        node.text.append(reinterpret_cast<const char*>(at), own);
        at += own;
        before = {.is_link = false,
                  .collection = collection,
                  .at = static_cast<std::uint32_t>(start),
                  .size = static_cast<std::uint32_t>(shared + own)};
        node.items.push_back(before);
        break;
      }
    }
  }
}

}  // namespace atb::mst
