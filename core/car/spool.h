// Blocks as they arrive from a network, in any order and from several answers, found by CID: in memory as
// long as they are few, then in one scratch file. Blocks are hashed by the reader that hands them in.
#pragma once

#include "core/base/byte_source.h"
#include "core/car/block_index.h"
#include "core/car/indexed_car.h"
#include "core/car/near_reader.h"
#include "core/ipld/block_source.h"

#include <atomic>

namespace atb::car {

class Spool final : public ipld::BlockSource, public ipld::BlockSink {
 public:
  // Most repositories are smaller, and are proven before any of it goes to a disk.
  static constexpr std::size_t kHeldBytes = 48U << 20;

  // `out` and `in` are the two faces of one empty scratch file and must outlive the spool. `look` may be
  // empty.
  Spool(ByteSink& out, const RandomAccess& in, LookAtBlock look = {}, std::size_t held_bytes = kHeldBytes)
      : out_(&out), in_(in), look_(std::move(look)), held_bytes_(held_bytes) {}

  // A CID that is there already is skipped.
  Status put(const ipld::Cid& cid, ByteView block) override;
  // Makes what was put findable; call between answers.
  void seal() { index_.seal(); }
  Result<ByteView> get(const ipld::Cid& cid, Bytes& buffer) override;
  std::optional<std::size_t> plain_bytes(const ipld::Cid& cid) override { return index_.plain_bytes(cid); }
  bool gave_plain() const override { return gave_plain_; }
  bool has(const ipld::Cid& cid) const { return index_.find(cid).has_value(); }
  BlockIndex& index() { return index_; }
  std::uint64_t bytes() const { return written_ + tail_.size(); }
  // Of these, those in the file; may be asked from any thread.
  std::uint64_t bytes_on_disk() const { return written_; }

 private:
  Status write_tail();

  ByteSink* out_;
  NearReader in_;
  LookAtBlock look_;
  std::size_t held_bytes_;
  BlockIndex index_;
  bool gave_plain_ = false;
  std::atomic<std::uint64_t> written_ = 0;  // to the file
  Bytes tail_;                              // whole blocks that are not there yet
};

}  // namespace atb::car
