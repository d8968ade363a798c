// Blocks as they arrive from a network, in any order and from several answers, kept in one scratch file and
// found by CID. Blocks are hashed by the reader that hands them in.
#pragma once

#include "core/base/byte_source.h"
#include "core/car/block_index.h"
#include "core/ipld/block_source.h"

namespace atb::car {

class Spool final : public ipld::BlockSource, public ipld::BlockSink {
 public:
  // `out` and `in` are the two faces of one empty scratch file and must outlive the spool.
  Spool(ByteSink& out, const RandomAccess& in) : out_(&out), in_(&in) {}

  // A CID that is there already is skipped.
  Status put(const ipld::Cid& cid, ByteView block) override;
  // Makes what was put findable; call between answers.
  void seal() { index_.seal(); }
  Result<ByteView> get(const ipld::Cid& cid, Bytes& buffer) override;
  bool has(const ipld::Cid& cid) const { return index_.find(cid).has_value(); }
  BlockIndex& index() { return index_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  ByteSink* out_;
  const RandomAccess* in_;
  BlockIndex index_;
  std::uint64_t bytes_ = 0;
};

}  // namespace atb::car
