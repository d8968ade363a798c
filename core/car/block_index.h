// Where each block lies: 40 bytes a block (32 of digest, 39 bits of offset, 23 of length, 1 of codec, 1 for a
// note), flat and sorted by digest, one bit a block for "reached", and a byte a block to find the place to
// look at. No heap node a block: a million blocks are 41 MB. One thread at a time.
#pragma once

#include "core/base/byte_source.h"
#include "core/base/result.h"
#include "core/car/near_reader.h"
#include "core/ipld/cid.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace atb::car {

struct Location {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  bool plain = false;  // whoever added it looked at the bytes, and noted that they need not be read again
};

// Those of the blocks that lie in memory: the bytes from the offset `from` on.
struct Held {
  ByteView bytes;
  std::uint64_t from = 0;
};

class BlockIndex {
 public:
  BlockIndex();
  BlockIndex(BlockIndex&&) noexcept;
  BlockIndex& operator=(BlockIndex&&) noexcept;
  ~BlockIndex();

  // "car.too_large" from 2^39 bytes of offset, from 2^23 of length, or from 2^32 blocks on.
  Status add(const ipld::Cid& cid, Location location);
  // Sorts what was added since the last call; a CID seen before keeps its first place and counts as a
  // duplicate. find() and the rest see only what was sealed. May be called again after more add(); when there
  // was more, all marks are gone.
  void seal();

  std::size_t size() const;          // distinct CIDs
  std::uint64_t duplicates() const;  // sections that repeat a CID
  std::optional<Location> find(const ipld::Cid& cid) const;
  // As BlockSource::plain_bytes().
  std::optional<std::size_t> plain_bytes(const ipld::Cid& cid) const;
  // Says that find() will be asked for the links of this soon, if it is a tree node: their places are
  // fetched from memory side by side meanwhile, and of blocks that lie in `held` the bytes as well. Changes
  // nothing else.
  void expect_links_of(ByteView node, Held held = {}) const;
  // Marks a block as part of the repository; false if it was marked before (or is not there).
  bool mark(const ipld::Cid& cid);
  void unmark(const ipld::Cid& cid);
  void clear_marks();
  // Marks all whose first place is before `offset`.
  void mark_before(std::uint64_t offset);
  std::size_t marked() const;
  // Calls `visit` for each unmarked block, in file order; stops at the first error.
  Status for_each_unmarked(const std::function<Status(const ipld::Cid&, Location)>& visit) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Reads a block of the indexed file into `buffer`, as BlockSource::get(). It was hashed when it came into the
// index. `plain` becomes what was noted of it.
Result<ByteView> read_block(const BlockIndex& index, NearReader& file, const ipld::Cid& cid, Bytes& buffer,
                            bool& plain);

}  // namespace atb::car
