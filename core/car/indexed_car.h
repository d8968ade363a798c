// A CAR file as a BlockSource: one pass hashes every block and notes where it lies; then blocks are read by
// CID.
#pragma once

#include "core/base/progress.h"
#include "core/base/report.h"
#include "core/base/stop.h"
#include "core/car/block_index.h"
#include "core/car/reader.h"
#include "core/ipld/block_source.h"

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

class IndexedCar final : public ipld::BlockSource {
 public:
  // `file` must outlive the object. Fails only when the header cannot be read, or on I/O, or when stopped.
  // Findings: "car.hash" (damage; where = CID, detail = offset), "car.unsupported_cid" (damage),
  // "car.cut" and the other framing ids (damage), "car.extra_roots" (info), "car.duplicate_blocks" (info, one
  // with a count).
  static Result<IndexedCar> read(const RandomAccess& file, const Limits& limits, FindingSink& findings,
                                 Progress& progress, const StopToken& stop);

  Result<ByteView> get(const ipld::Cid& cid, Bytes& buffer) override;
  bool has(const ipld::Cid& cid) const override;
  const CarFacts& facts() const { return facts_; }
  BlockIndex& index() { return index_; }
  const BlockIndex& index() const { return index_; }

 private:
  explicit IndexedCar(const RandomAccess& file) : file_(&file) {}
  const RandomAccess* file_;
  CarFacts facts_;
  BlockIndex index_;
};

}  // namespace atb::car
