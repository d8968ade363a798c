// A CAR file as a BlockSource: one pass hashes every block and notes where it lies; then blocks are read by
// CID. followed_car.h does without the pass where it can.
#pragma once

#include "core/base/progress.h"
#include "core/base/report.h"
#include "core/base/stop.h"
#include "core/car/batch.h"
#include "core/car/block_index.h"
#include "core/car/near_reader.h"
#include "core/ipld/block_source.h"

#include <functional>
#include <memory>

namespace atb::car {

// What one pass over the file found, beside the index.
struct CarFacts {
  Header header;
  std::uint64_t bytes = 0;     // of the file
  std::uint64_t sections = 0;  // good ones
  std::uint64_t wrong_hashes = 0;
  std::uint64_t unsupported = 0;
  std::optional<Error> broken;  // framing broke here; what came before is indexed
};

// Opens a file for reading it by the batch; in a thread of its own, perhaps. `file` must outlive it.
using OpenBatches =
    std::function<Result<std::unique_ptr<Batches>>(const RandomAccess&, const Limits&, const LookAtBlock&)>;
// In the caller's thread.
Result<std::unique_ptr<Batches>> open_batches(const RandomAccess& file, const Limits& limits,
                                              const LookAtBlock& look = {});

struct ReadOptions {
  Limits limits;
  OpenBatches batches = open_batches;
  LookAtBlock look;  // may be empty: no block is plain then
};

class IndexedCar final : public ipld::BlockSource {
 public:
  // `file` must outlive the object. Fails only when the header cannot be read, or on I/O, or when stopped.
  // Findings: "car.hash" (damage; where = CID, detail = offset), "car.unsupported_cid" (damage),
  // "car.cut" and the other framing ids (damage), "car.extra_roots" (info), "car.duplicate_blocks" (info, one
  // with a count).
  static Result<IndexedCar> read(const RandomAccess& file, const ReadOptions& options, FindingSink& findings,
                                 Progress& progress, const StopToken& stop);

  Result<ByteView> get(const ipld::Cid& cid, Bytes& buffer) override;
  std::optional<std::size_t> plain_bytes(const ipld::Cid& cid) override { return index_.plain_bytes(cid); }
  bool gave_plain() const override { return gave_plain_; }
  const CarFacts& facts() const { return facts_; }
  BlockIndex& index() { return index_; }
  const BlockIndex& index() const { return index_; }

 private:
  explicit IndexedCar(const RandomAccess& file) : file_(file) {}
  NearReader file_;
  CarFacts facts_;
  BlockIndex index_;
  bool gave_plain_ = false;
};

// Adds "car.extra_roots" where it holds.
void tell_extra_roots(const Header& header, FindingSink& findings);

}  // namespace atb::car
