// A CAR file as a BlockSource that is read along: as long as blocks are asked for in the order in which they
// lie, as a walk does with a depth-first file, nothing is kept but the batch at hand. The first request for
// another block makes one pass over the file for an index (indexed_car.h), and everything goes on from there.
// Either way every block is hashed before it is handed out.
#pragma once

#include "core/car/indexed_car.h"

namespace atb::car {

class FollowedCar final : public ipld::BlockSource {
 public:
  // `file`, `findings` and `progress` must outlive the object; findings as IndexedCar::read, when the
  // file is read that far: all of them are told once settle() is done. Fails when the header cannot be read.
  static Result<FollowedCar> open(const RandomAccess& file, ReadOptions options, FindingSink& findings,
                                  Progress& progress, const StopToken& stop);

  // The view is always one of the buffer.
  Result<ByteView> get(const ipld::Cid& cid, Bytes& buffer) override;
  // Where the file is read along, this gives the block out: not to be asked twice.
  std::optional<std::size_t> plain_bytes(const ipld::Cid& cid) override;
  bool gave_plain() const override { return indexed_ ? indexed_->gave_plain() : gave_plain_; }
  const std::vector<ipld::Cid>& roots() const { return facts_.header.roots; }
  // Says that a block which was handed out belongs to the repository.
  void reached(const ipld::Cid& cid);
  // Reads what is left: facts() is whole from here on. Blocks that lie behind what was asked for make the
  // pass.
  Status settle();
  const CarFacts& facts() const { return indexed_ ? indexed_->facts() : facts_; }
  // After settle(): blocks (each CID once), and those of them that were never reached.
  std::uint64_t blocks() const;
  std::uint64_t extra_blocks() const;
  // Makes the pass if it was not made yet. Lives as long as the object.
  Result<BlockIndex*> index();

 private:
  FollowedCar(const RandomAccess& file, ReadOptions options, FindingSink& findings, Progress& progress,
              const StopToken& stop)
      : file_(&file), options_(std::move(options)), findings_(&findings), progress_(&progress), stop_(stop) {}
  // The section that comes next; null at the end, or where reading along cannot go on.
  const Section* peek();
  const SectionBatch* next_batch();
  // It was asked for, and reading goes on behind it.
  void hand_out(const Section& section);
  Status make_index();

  const RandomAccess* file_;
  ReadOptions options_;
  FindingSink* findings_;
  Progress* progress_;
  StopToken stop_;

  bool along_ = true;                 // until the index is made
  std::unique_ptr<Batches> batches_;  // from the first request on
  const SectionBatch* batch_ = nullptr;
  std::size_t at_ = 0;          // in batch_
  std::uint64_t followed_ = 0;  // bytes of the file before what comes next
  Bytes root_;                  // the commit, which is asked for more than once
  bool have_root_ = false;
  bool gave_plain_ = false;              // what get() gave last
  std::optional<ipld::Cid> handed_out_;  // last, and not reached yet
  std::vector<ipld::Cid> passed_over_;   // handed out, and never reached
  bool settled_ = false;                 // and the extra roots told
  CarFacts facts_;
  std::optional<IndexedCar> indexed_;
};

}  // namespace atb::car
