#include "core/verify/gathered.h"

#include "core/backup/plain.h"
#include "core/backup/read_in_parts.h"
#include "core/data/cbor.h"
#include "core/mst/gathered_tree.h"
#include "core/mst/joined_tree.h"
#include "core/mst/node.h"
#include "core/os/random.h"
#include "core/verify/blob_set.h"

#include <algorithm>
#include <array>

namespace atb::verify {
namespace {

constexpr std::uint64_t kBytesPerBlock = 280;  // as large as they mostly are, or a little less
constexpr std::uint64_t kProgressStep = 4U << 20;

using Sections = std::vector<car::Section>;

bool is_good(const car::Section& section, const ipld::Cid& cid) {
  return section.state == car::Section::State::good && *section.cid == cid;
}

// The commit, the root of its tree, and what comes first below it.
bool in_walking_order(const Sections& sections, const ipld::Cid& root, const Limits& limits) {
  if (sections.empty() || !is_good(sections[0], root)) return false;
  const auto commit = repo::decode_commit(sections[0].block, limits);
  if (!commit || sections.size() < 2 || !is_good(sections[1], commit->data)) return false;
  const auto node = mst::decode_node(sections[1].block, limits);
  if (!node || sections.size() < 3) return true;
  if (node->left) return is_good(sections[2], *node->left);
  return node->entries.empty() || is_good(sections[2], node->entries.front().value);
}

mst::GatherReader::Salt random_salt() {
  mst::GatherReader::Salt salt{};
  for (std::uint64_t& word : salt) word = os::system_random().uint64();
  return salt;
}

// What a thread works with, and adds up.
template <class Reader>
struct alignas(64) Hand {
  std::optional<Reader> reader;
  data::RecordScan scan;
  BlobSet blobs;
};

// What is known of one part.
struct alignas(64) Part {
  mst::TreePart tree;  // of a depth-first file
  std::optional<repo::Commit> commit;
  std::uint64_t sections = 0;
  std::uint64_t end = 0;  // in the file
};

// The tree is what the readers make of it.
template <class Reader>
class Gathering : public backup::PartWork {
 public:
  Gathering(const ipld::Cid& root, const car::CarFacts& facts, const Limits& limits, Progress& progress)
      : root_(root), facts_(facts), limits_(limits), progress_(progress) {}

  bool work(std::size_t thread, const car::SectionBatch& batch, std::size_t place) final {
    Hand<Reader>& hand = hands_[thread];
    Part& part = parts_[place];
    part.commit.reset();
    part.sections = batch.sections.size();
    hand.reader->begin();
    for (const car::Section& section : batch.sections) {
      if (section.state != car::Section::State::good || !take(hand, part, section)) return false;
      part.end = section.block_offset + section.block.size();
    }
    return end_part(*hand.reader, part);
  }

  bool join(std::size_t place) final {
    Part& part = parts_[place];
    if (part.commit) {
      if (commit_) return false;
      commit_ = std::move(part.commit);
    }
    facts_.sections += part.sections;
    if (part.end >= next_report_) {
      progress_.report({"index", part.end, facts_.bytes, facts_.sections, 0, false});
      next_report_ = part.end + kProgressStep;
    }
    return join_part(part);
  }

  // After all of it.
  std::optional<Gathered> finish() {
    auto tree = commit_ ? whole() : std::nullopt;
    if (!tree) return std::nullopt;
    BlobSet& blobs = hands_.front().blobs;
    for (std::size_t i = 1; i < hands_.size(); ++i) {
      auto others = hands_[i].blobs.take();
      blobs.add(others);
    }
    return Gathered{root_, *std::move(commit_), *std::move(tree), blobs.take(), facts_};
  }

 protected:
  virtual bool end_part(Reader& reader, Part& part) = 0;  // as work()
  virtual bool join_part(const Part& part) = 0;           // as join()
  virtual std::optional<mst::WholeTree> whole() = 0;

  const Limits& limits() const { return limits_; }
  const std::optional<repo::Commit>& commit() const { return commit_; }
  template <class... Arguments>
  void make_readers(const Arguments&... arguments) {
    for (auto& hand : hands_) hand.reader.emplace(limits_, arguments...);
  }
  std::array<Reader*, backup::kPartThreads> readers() {
    std::array<Reader*, backup::kPartThreads> readers{};
    std::ranges::transform(hands_, readers.begin(), [](auto& hand) { return &*hand.reader; });
    return readers;
  }

 private:
  bool take(Hand<Reader>& hand, Part& part, const car::Section& section) const {
    const ipld::Cid& cid = *section.cid;
    const ByteView block = section.block;
    if (cid.digest().front() == root_.digest().front() && cid == root_) return take_commit(part, block);
    // Which of the two it is meant to be, the link to it says. A record that looks like a node is for the
    // walk.
    if (section.plain) return hand.reader->record(cid, block.size());
    if (mst::looks_like_node(block)) return hand.reader->node(cid, block);
    data::scan_record_into(hand.scan, block, limits_);
    if (!hand.scan.deviation.empty()) return false;
    hand.blobs.add(hand.scan.blobs);
    return hand.reader->record(cid, block.size());
  }

  bool take_commit(Part& part, ByteView block) const {
    auto commit = repo::decode_commit(block, limits_);
    if (!commit || part.commit) return false;
    part.commit = *std::move(commit);
    return true;
  }

  const ipld::Cid root_;
  car::CarFacts facts_;
  const Limits& limits_;
  Progress& progress_;
  std::array<Hand<Reader>, backup::kPartThreads> hands_;
  std::array<Part, backup::kPartPlaces> parts_;
  std::optional<repo::Commit> commit_;
  std::uint64_t next_report_ = kProgressStep;
};

class DepthFirst final : public Gathering<mst::PartReader> {
 public:
  DepthFirst(const ipld::Cid& root, const car::CarFacts& facts, const Limits& limits, Progress& progress)
      : Gathering(root, facts, limits, progress) {
    make_readers();
  }

 private:
  bool end_part(mst::PartReader& reader, Part& part) override { return reader.end(part.tree); }
  // The commit comes first, so it is there.
  bool join_part(const Part& part) override {
    if (!tree_ && commit()) tree_.emplace(commit()->data, limits());
    return tree_ && tree_->add(part.tree);
  }
  std::optional<mst::WholeTree> whole() override { return tree_->whole(readers()); }

  std::optional<mst::JoinedTree> tree_;
};

class AnyOrder final : public Gathering<mst::GatherReader> {
 public:
  AnyOrder(const ipld::Cid& root, const car::CarFacts& facts, const Limits& limits, Progress& progress,
           const StopToken& stop)
      : Gathering(root, facts, limits, progress), stop_(stop) {
    make_readers(random_salt(),
                 std::min(facts.bytes, limits.repo_bytes) / kBytesPerBlock / backup::kPartThreads);
  }

 private:
  bool end_part(mst::GatherReader& reader, Part&) override { return reader.end(); }
  bool join_part(const Part&) override { return true; }
  std::optional<mst::WholeTree> whole() override {
    return mst::gathered_tree(commit()->data, readers(), limits(), stop_);
  }

  const StopToken& stop_;
};

template <class Reader>
Result<std::optional<Gathered>> gather_by(Gathering<Reader>& work, const RandomAccess& car,
                                          const Limits& limits, Progress& progress, const StopToken& stop) {
  if (!TRY(backup::read_in_parts(car, limits, backup::look_for_plain(limits), work, stop)))
    return std::optional<Gathered>();
  auto gathered = work.finish();
  TRY(check_stop(stop));
  if (!gathered) return gathered;
  const car::CarFacts& facts = gathered->facts;
  progress.report({"index", facts.bytes, facts.bytes, facts.sections, facts.sections, true});
  progress.report({.phase = "proof",
                   .bytes = gathered->tree.record_bytes,
                   .items = gathered->tree.records,
                   .done = true});
  return gathered;
}

}  // namespace

Result<std::optional<Gathered>> gather(backup::Repository& repository, const Limits& limits,
                                       Progress& progress, const StopToken& stop) {
  const ipld::Cid root = repository.roots().front();
  const auto source = stream_of(repository.car());
  car::BatchReader reader = TRY(car::BatchReader::open(*source, limits));
  car::SectionBatch first;
  reader.take(first);
  if (in_walking_order(first.sections, root, limits)) {
    DepthFirst work(root, repository.facts(), limits, progress);
    return gather_by(work, repository.car(), limits, progress, stop);
  }
  AnyOrder work(root, repository.facts(), limits, progress, stop);
  return gather_by(work, repository.car(), limits, progress, stop);
}

}  // namespace atb::verify
