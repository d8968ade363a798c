#include "core/car/followed_car.h"

namespace atb::car {

Result<FollowedCar> FollowedCar::open(const RandomAccess& file, ReadOptions options, FindingSink& findings,
                                      Progress& progress, const StopToken& stop) {
  FollowedCar car(file, std::move(options), findings, progress, stop);
  const auto source = stream_of(file);
  const BatchReader reader = TRY(BatchReader::open(*source, car.options_.limits));
  car.facts_.header = reader.header();
  car.facts_.bytes = file.size();
  car.followed_ = car.facts_.header.bytes;
  return car;
}

const Section* FollowedCar::peek() {
  while (along_ && (batch_ == nullptr || at_ == batch_->sections.size())) {
    if (batch_ != nullptr && (batch_->ended || batch_->failure)) return nullptr;
    batch_ = next_batch();
    at_ = 0;
  }
  return along_ ? &batch_->sections[at_] : nullptr;
}

const SectionBatch* FollowedCar::next_batch() {
  if (batches_ != nullptr) return batches_->next();
  auto opened = options_.batches(*file_, options_.limits, options_.look);
  along_ = opened.has_value();  // the pass for the index says what it was
  if (!opened) return nullptr;
  batches_ = *std::move(opened);
  return batches_->next();
}

Result<ByteView> FollowedCar::get(const ipld::Cid& cid, Bytes& buffer) {
  if (indexed_) return indexed_->get(cid, buffer);
  if (have_root_ && cid == roots().front()) {
    buffer = root_;
    gave_plain_ = false;
    return ByteView(buffer);
  }
  const Section* next = peek();
  if (next == nullptr || next->state != Section::State::good || *next->cid != cid) {
    TRY(make_index());
    return indexed_->get(cid, buffer);
  }
  buffer.assign(next->block.begin(), next->block.end());
  if (facts_.sections == 0 && cid == roots().front()) {
    root_ = buffer;
    have_root_ = true;
  }
  gave_plain_ = next->plain;
  hand_out(*next);
  return ByteView(buffer);
}

void FollowedCar::hand_out(const Section& section) {
  if (handed_out_) passed_over_.push_back(*handed_out_);
  handed_out_ = section.cid;
  ++facts_.sections;
  followed_ = section.block_offset + section.block.size();
  ++at_;
}

std::optional<std::size_t> FollowedCar::plain_bytes(const ipld::Cid& cid) {
  if (indexed_) return indexed_->plain_bytes(cid);
  const Section* next = peek();
  if (next == nullptr || !next->plain || *next->cid != cid) return std::nullopt;
  hand_out(*next);
  return next->block.size();
}

void FollowedCar::reached(const ipld::Cid& cid) {
  if (indexed_) {
    indexed_->index().mark(cid);
  } else if (handed_out_ == cid) {
    handed_out_.reset();
  }
}

Status FollowedCar::make_index() {
  along_ = false;
  batches_.reset();
  batch_ = nullptr;
  Report told;  // what settle() found, it said
  FindingSink& findings = settled_ ? static_cast<FindingSink&>(told) : *findings_;
  auto indexed = IndexedCar::read(*file_, options_, findings, *progress_, stop_);
  if (!indexed) return std::unexpected(std::move(indexed).error());
  indexed_ = *std::move(indexed);
  BlockIndex& index = indexed_->index();
  index.mark_before(followed_);
  if (handed_out_) index.unmark(*handed_out_);
  for (const ipld::Cid& cid : passed_over_) index.unmark(cid);
  return {};
}

Status FollowedCar::settle() {
  if (indexed_) return {};
  if (peek() != nullptr || !along_ || batch_->failure) return make_index();
  if (!settled_) tell_extra_roots(facts_.header, *findings_);
  settled_ = true;
  return {};
}

std::uint64_t FollowedCar::blocks() const { return indexed_ ? indexed_->index().size() : facts_.sections; }

std::uint64_t FollowedCar::extra_blocks() const {
  return indexed_ ? indexed_->index().size() - indexed_->index().marked() : 0;
}

Result<BlockIndex*> FollowedCar::index() {
  if (!indexed_) TRY(make_index());
  return &indexed_->index();
}

}  // namespace atb::car
