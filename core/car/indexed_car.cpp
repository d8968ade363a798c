#include "core/car/indexed_car.h"

#include <fmt/core.h>

namespace atb::car {
namespace {

constexpr std::uint64_t kProgressStep = 4U << 20;

// One pass over the sections. What is wrong with single blocks goes to `findings`.
Status index_sections(Reader& reader, BlockIndex& index, CarFacts& facts, FindingSink& findings,
                      Progress& progress, const StopToken& stop) {
  std::uint64_t next_report = kProgressStep;
  while (true) {
    TRY(check_stop(stop));
    const auto section = TRY(reader.next());
    if (!section) return {};
    switch (section->state) {
      case Section::State::good:
        TRY(index.add(*section->cid,
                      {section->block_offset, static_cast<std::uint32_t>(section->block.size())}));
        ++facts.sections;
        break;
      case Section::State::wrong_hash:
        ++facts.wrong_hashes;
        findings.add({"car.hash", Severity::damage, section->cid->str(),
                      fmt::format("the block at byte {} ({} bytes) does not hash to its CID",
                                  section->block_offset, section->block.size())});
        break;
      case Section::State::unsupported_cid:
        ++facts.unsupported;
        findings.add({"car.unsupported_cid", Severity::damage,
                      fmt::format("byte {}", section->section_offset),
                      fmt::format("the section at byte {} has a CID of a kind the protocol does not use",
                                  section->section_offset)});
        break;
    }
    if (reader.offset() >= next_report) {
      progress.report({"index", reader.offset(), facts.bytes, facts.sections, 0, false});
      next_report = reader.offset() + kProgressStep;
    }
  }
}

}  // namespace

Result<IndexedCar> IndexedCar::read(const RandomAccess& file, const Limits& limits, FindingSink& findings,
                                    Progress& progress, const StopToken& stop) {
  IndexedCar car(file);
  CarFacts& facts = car.facts_;
  facts.bytes = file.size();

  const auto source = stream_of(file);
  Reader reader = TRY(Reader::open(*source, limits));
  facts.header = reader.header();
  auto outcome = index_sections(reader, car.index_, facts, findings, progress, stop);
  if (!outcome) {
    // Broken framing is a fact about the file; anything else (a failing disk, Ctrl-C) ends the work.
    if (!outcome.error().id.starts_with("car.")) return std::unexpected(std::move(outcome).error());
    const Error& error = outcome.error();
    findings.add({error.id, Severity::damage, fmt::format("byte {}", error.offset.value_or(reader.offset())),
                  error.message});
    facts.broken = std::move(outcome).error();
  }
  car.index_.seal();
  if (facts.header.roots.size() > 1) {
    findings.add({"car.extra_roots", Severity::info, "",
                  fmt::format("the file names {} roots; the first is taken", facts.header.roots.size())});
  }
  if (car.index_.duplicates() > 0) {
    findings.add({"car.duplicate_blocks", Severity::info, "",
                  fmt::format("{} blocks are there more than once", car.index_.duplicates())});
  }
  progress.report({"index", reader.offset(), facts.bytes, facts.sections, facts.sections, true});
  return car;
}

Result<ByteView> IndexedCar::get(const ipld::Cid& cid, Bytes& buffer) {
  return read_block(index_, *file_, cid, buffer);
}

bool IndexedCar::has(const ipld::Cid& cid) const { return index_.find(cid).has_value(); }

}  // namespace atb::car
