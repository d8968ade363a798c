// Inside verify only: the blobs that records point to.
#pragma once

#include "core/data/cbor.h"

#include <algorithm>
#include <vector>

namespace atb::verify {

// Keeps the references unique while they come: a picture may be referred to a thousand times.
class BlobSet {
 public:
  void add(std::vector<data::BlobRef>& found) {
    for (data::BlobRef& blob : found) blobs_.push_back(std::move(blob));
    if (blobs_.size() >= compact_at_) compact();
  }
  std::vector<data::BlobRef> take() {
    compact();
    blobs_.shrink_to_fit();
    return std::move(blobs_);
  }

 private:
  void compact() {
    // A reference with a size says more than a legacy one, and of several sizes the largest counts: the same
    // one, in whatever order they came.
    std::sort(blobs_.begin(), blobs_.end(), [](const auto& a, const auto& b) {
      if (a.cid != b.cid) return a.cid < b.cid;
      if (a.legacy != b.legacy) return b.legacy;
      if (a.size != b.size) return a.size > b.size;
      return a.mime_type < b.mime_type;
    });
    blobs_.erase(std::unique(blobs_.begin(), blobs_.end(),
                             [](const auto& a, const auto& b) { return a.cid == b.cid; }),
                 blobs_.end());
    compact_at_ = blobs_.size() * 2 + 4096;
  }
  std::vector<data::BlobRef> blobs_;
  std::size_t compact_at_ = 4096;
};

}  // namespace atb::verify
