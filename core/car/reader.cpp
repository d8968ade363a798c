#include "core/car/reader.h"

#include "core/car/batch.h"

namespace atb::car {

struct Reader::State {
  explicit State(BatchReader batches_) : batches(std::move(batches_)), consumed(batches.header().bytes) {}

  BatchReader batches;
  SectionBatch batch;
  std::size_t next = 0;  // in `batch`
  std::uint64_t consumed;
};

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

const Header& Reader::header() const { return state_->batches.header(); }
std::uint64_t Reader::offset() const { return state_->consumed; }

Result<Reader> Reader::open(ByteSource& source, const Limits& limits, Roots roots) {
  BatchReader batches = TRY(BatchReader::open(source, limits, roots));
  return Reader(std::make_unique<State>(std::move(batches)));
}

Result<std::optional<Section>> Reader::next() {
  State& s = *state_;
  while (s.next == s.batch.sections.size()) {
    if (s.batch.failure) return std::unexpected(*s.batch.failure);
    if (s.batch.ended) return std::optional<Section>();
    s.batches.read(s.batch);
    s.next = 0;
  }
  const Section& section = s.batch.sections[s.next++];
  s.consumed = section.block_offset + section.block.size();
  return section;
}

}  // namespace atb::car
