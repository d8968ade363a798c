// Writes CAR v1. Blocks are not hashed again: the caller knows their CIDs.
#pragma once

#include "core/base/byte_source.h"
#include "core/ipld/block_source.h"

#include <cstdint>
#include <span>

namespace atb::car {

class Writer final : public ipld::BlockSink {
 public:
  // Writes the header. `out` must outlive the writer.
  static Result<Writer> start(ByteSink& out, std::span<const ipld::Cid> roots);
  // Writes no header: for sections that are put behind one later, when the root is known.
  static Writer without_header(ByteSink& out) { return Writer(out); }
  Status put(const ipld::Cid& cid, ByteView block) override;
  // Header and sections so far.
  std::uint64_t bytes_written() const { return bytes_; }
  std::uint64_t blocks_written() const { return blocks_; }

 private:
  explicit Writer(ByteSink& out) : out_(&out) {}
  ByteSink* out_;
  Bytes section_;  // scratch, kept for its capacity
  std::uint64_t bytes_ = 0;
  std::uint64_t blocks_ = 0;
};

// Length of a section in the file: for sums made before writing.
std::uint64_t section_bytes(std::uint64_t block_bytes);

}  // namespace atb::car
