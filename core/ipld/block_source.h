// Blocks by CID. The interface lives here because the tree walk needs it; a CAR, a spool and tests implement
// it.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/ipld/cid.h"

#include <cstddef>
#include <optional>

namespace atb::ipld {

class BlockSource {
 public:
  virtual ~BlockSource() = default;
  // Returns a view of the block: in `buffer`, whose content it replaces, or in memory of the source. It lives
  // until the buffer changes or a block is added to the source. Error kind not_found, id "block.missing". The
  // bytes are known to hash to `cid`: either the source checked them when they came in, or it checks them
  // now.
  virtual Result<ByteView> get(const Cid& cid, Bytes& buffer) = 0;
  // For a block that is there and that whoever read it looked at and found plain (car/indexed_car.h says what
  // that is): how long it is. Its bytes need not be read again. Empty for any other.
  virtual std::optional<std::size_t> plain_bytes(const Cid&) { return std::nullopt; }
  // Is the block that get() gave last such a one?
  virtual bool gave_plain() const { return false; }
};

// Takes blocks as they are made: a CAR writer, a spool, a test's map.
class BlockSink {
 public:
  virtual ~BlockSink() = default;
  virtual Status put(const Cid& cid, ByteView block) = 0;
};

}  // namespace atb::ipld
