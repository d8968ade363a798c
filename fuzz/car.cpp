// CAR: read as a stream in pieces of any size, read through the index, written again.
#include "core/car/indexed_car.h"
#include "core/car/reader.h"
#include "core/car/writer.h"

#include <algorithm>
#include <vector>

#include "fuzz/target.h"

namespace atb::fuzz {
namespace {

class Pieces final : public ByteSource {
 public:
  Pieces(ByteView bytes, std::size_t most) : left_(bytes), most_(most) {}
  Result<std::size_t> read(MutableByteView buffer) override {
    const std::size_t count = std::min({buffer.size(), left_.size(), most_});
    std::ranges::copy(left_.first(count), buffer.begin());
    left_ = left_.subspan(count);
    return count;
  }

 private:
  ByteView left_;
  std::size_t most_;
};

using State = car::Section::State;

struct Seen {
  std::string error;  // id
  std::vector<ipld::Cid> roots;
  std::vector<State> states;
  Bytes written;  // the good blocks, by the writer
  std::vector<ipld::Cid> good;

  bool whole() const {
    return error.empty() && std::ranges::all_of(states, [](State state) { return state == State::good; });
  }
  friend bool operator==(const Seen&, const Seen&) = default;
};

void check_section(const car::Section& section, ByteView input) {
  require(section.block_offset >= section.section_offset && section.block_offset <= input.size() &&
              section.block.size() <= input.size() - section.block_offset,
          "a block lies inside the file");
  require(equal(section.block, input.subspan(section.block_offset, section.block.size())),
          "a block is the bytes at its offset");
  require(section.cid.has_value() == (section.state != State::unsupported_cid),
          "a section has a CID unless it is not supported");
  if (!section.cid) return;
  const bool hashes = ipld::Cid::of(section.cid->codec(), section.block) == *section.cid;
  require(hashes == (section.state == State::good),
          "a block is good when it hashes to its CID, and only then");
}

Status read_sections(car::Reader& reader, car::Writer& writer, ByteView input, Seen& seen) {
  for (;;) {
    const auto section = TRY(reader.next());
    if (!section) return {};
    check_section(*section, input);
    seen.states.push_back(section->state);
    if (section->state != State::good) continue;
    seen.good.push_back(*section->cid);
    TRY(writer.put(*section->cid, section->block));
  }
}

// No larger files come here: with so small buffers several times as many are read in the same time.
Limits small_limits() {
  Limits limits;
  limits.repo_bytes = 64U << 10;
  return limits;
}

Seen read(ByteView input, std::size_t piece) {
  const Limits limits = small_limits();
  Seen seen;
  Pieces source(input, piece);
  auto reader = car::Reader::open(source, limits);
  if (!reader) {
    seen.error = reader.error().id;
    return seen;
  }
  seen.roots = reader->header().roots;
  BytesSink out(input.size() + 1024);
  auto writer = car::Writer::start(out, seen.roots);
  require(writer.has_value(), "a header that is taken can be written");
  if (const auto status = read_sections(*reader, *writer, input, seen); !status) {
    seen.error = status.error().id;
  } else {
    require(reader->offset() == input.size(), "a file that is taken is read to its end");
  }
  seen.written = std::move(out.bytes());
  return seen;
}

void through_index(ByteView input, const Seen& seen) {
  const MemoryBytes file(to_bytes(input));
  Report report;
  auto indexed =
      car::IndexedCar::read(file, {.limits = small_limits(), .look = {}}, report, no_progress(), {});
  require(indexed.has_value() == (!seen.roots.empty()), "a file is indexed when its header can be read");
  if (!indexed) return;
  const car::CarFacts& facts = indexed->facts();
  require(facts.sections == seen.good.size(), "the index counts the good sections");
  require(facts.broken.has_value() == !seen.error.empty(), "the index tells where the framing broke");
  Bytes buffer;
  for (const ipld::Cid& cid : seen.good) {
    const auto block = indexed->get(cid, buffer);
    require(block && ipld::Cid::of(cid.codec(), *block) == cid, "every good block is found by its CID");
  }
}

}  // namespace

void fuzz_one(std::span<const std::uint8_t> input) {
  const Seen seen = read(input, input.size() + 1);
  require(read(input, 1 + input.size() % 61) == seen, "the pieces a file comes in make no difference");
  if (seen.whole()) require(equal(seen.written, input), "a whole file is written the same");
  through_index(input, seen);
}

}  // namespace atb::fuzz
