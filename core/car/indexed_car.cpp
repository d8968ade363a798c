#include "core/car/indexed_car.h"

#include <fmt/core.h>

namespace atb::car {
namespace {

constexpr std::uint64_t kProgressStep = 4U << 20;

// A BatchReader over a file, one batch at a time.
class PlainBatches final : public Batches {
 public:
  PlainBatches(std::unique_ptr<ByteSource> source, BatchReader reader)
      : source_(std::move(source)), reader_(std::move(reader)) {}
  const Header& header() const override { return reader_.header(); }
  const SectionBatch* next() override {
    reader_.read(batch_);
    return &batch_;
  }

 private:
  std::unique_ptr<ByteSource> source_;  // before reader_, which reads from it
  BatchReader reader_;
  SectionBatch batch_;
};

// One pass over the sections. What is wrong with single blocks goes to `findings`.
class Pass {
 public:
  Pass(BlockIndex& index, CarFacts& facts, FindingSink& findings, Progress& progress, const StopToken& stop)
      : index_(index), facts_(facts), findings_(findings), progress_(progress), stop_(stop) {}

  Status run(Batches& batches) {
    offset_ = facts_.header.bytes;
    while (true) {
      TRY(check_stop(stop_));
      const SectionBatch& batch = *batches.next();
      for (const Section& section : batch.sections) TRY(take(section));
      if (batch.failure) return std::unexpected(*batch.failure);
      if (batch.ended) return {};
      if (offset_ >= next_report_) {
        progress_.report({"index", offset_, facts_.bytes, facts_.sections, 0, false});
        next_report_ = offset_ + kProgressStep;
      }
    }
  }
  std::uint64_t offset() const { return offset_; }

 private:
  Status take(const Section& section) {
    offset_ = section.block_offset + section.block.size();
    switch (section.state) {
      case Section::State::good: {
        const auto length = static_cast<std::uint32_t>(section.block.size());
        TRY(index_.add(*section.cid, {section.block_offset, length, section.plain}));
        ++facts_.sections;
        break;
      }
      case Section::State::wrong_hash:
        ++facts_.wrong_hashes;
        findings_.add({"car.hash", Severity::damage, section.cid->str(),
                       fmt::format("the block at byte {} ({} bytes) does not hash to its CID",
                                   section.block_offset, section.block.size())});
        break;
      case Section::State::unsupported_cid:
        ++facts_.unsupported;
        findings_.add({"car.unsupported_cid", Severity::damage,
                       fmt::format("byte {}", section.section_offset),
                       fmt::format("the section at byte {} has a CID of a kind the protocol does not use",
                                   section.section_offset)});
        break;
    }
    return {};
  }

  BlockIndex& index_;
  CarFacts& facts_;
  FindingSink& findings_;
  Progress& progress_;
  const StopToken& stop_;
  std::uint64_t offset_ = 0;
  std::uint64_t next_report_ = kProgressStep;
};

}  // namespace

Result<std::unique_ptr<Batches>> open_batches(const RandomAccess& file, const Limits& limits,
                                              const LookAtBlock& look) {
  auto source = stream_of(file);
  BatchReader reader = TRY(BatchReader::open(*source, limits, Roots::required, look));
  return std::unique_ptr<Batches>(new PlainBatches(std::move(source), std::move(reader)));
}

void tell_extra_roots(const Header& header, FindingSink& findings) {
  if (header.roots.size() < 2) return;
  findings.add({"car.extra_roots", Severity::info, "",
                fmt::format("the file names {} roots; the first is taken", header.roots.size())});
}

Result<IndexedCar> IndexedCar::read(const RandomAccess& file, const ReadOptions& options,
                                    FindingSink& findings, Progress& progress, const StopToken& stop) {
  IndexedCar car(file);
  CarFacts& facts = car.facts_;
  facts.bytes = file.size();

  const auto batches = TRY(options.batches(file, options.limits, options.look));
  facts.header = batches->header();
  Pass pass(car.index_, facts, findings, progress, stop);
  auto outcome = pass.run(*batches);
  if (!outcome) {
    // Broken framing is a fact about the file; anything else (a failing disk, Ctrl-C) ends the work.
    if (!outcome.error().id.starts_with("car.")) return std::unexpected(std::move(outcome).error());
    const Error& error = outcome.error();
    findings.add({error.id, Severity::damage, fmt::format("byte {}", error.offset.value_or(pass.offset())),
                  error.message});
    facts.broken = std::move(outcome).error();
  }
  car.index_.seal();
  tell_extra_roots(facts.header, findings);
  if (car.index_.duplicates() > 0) {
    findings.add({"car.duplicate_blocks", Severity::info, "",
                  fmt::format("{} blocks are there more than once", car.index_.duplicates())});
  }
  progress.report({"index", pass.offset(), facts.bytes, facts.sections, facts.sections, true});
  return car;
}

Result<ByteView> IndexedCar::get(const ipld::Cid& cid, Bytes& buffer) {
  return read_block(index_, file_, cid, buffer, gave_plain_);
}

}  // namespace atb::car
