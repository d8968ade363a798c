// Blocks as they arrive from a network, in any order and from several answers, kept in one scratch file and
// found by CID. Blocks are hashed by the reader that hands them in.
#pragma once

#include "core/base/byte_source.h"
#include "core/car/block_index.h"
#include "core/car/indexed_car.h"
#include "core/car/near_reader.h"
#include "core/ipld/block_source.h"

namespace atb::car {

class Spool final : public ipld::BlockSource, public ipld::BlockSink {
 public:
  // `out` and `in` are the two faces of one empty scratch file and must outlive the spool. `look` may be
  // empty.
  Spool(ByteSink& out, const RandomAccess& in, LookAtBlock look = {})
      : out_(&out), in_(in), look_(std::move(look)) {}

  // A CID that is there already is skipped.
  Status put(const ipld::Cid& cid, ByteView block) override;
  // Makes what was put findable; call between answers.
  void seal() { index_.seal(); }
  Result<ByteView> get(const ipld::Cid& cid, Bytes& buffer) override;
  std::optional<std::size_t> plain_bytes(const ipld::Cid& cid) override { return index_.plain_bytes(cid); }
  bool has(const ipld::Cid& cid) const { return index_.find(cid).has_value(); }
  BlockIndex& index() { return index_; }
  std::uint64_t bytes() const { return written_ + tail_.size(); }

 private:
  ByteSink* out_;
  NearReader in_;
  LookAtBlock look_;
  BlockIndex index_;
  std::uint64_t written_ = 0;  // to the file
  Bytes tail_;  // whole blocks that are not there yet: a write for each would be most of the work
};

}  // namespace atb::car
