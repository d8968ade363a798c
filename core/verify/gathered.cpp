#include "core/verify/gathered.h"

#include "core/data/cbor.h"
#include "core/mst/node.h"
#include "core/os/random.h"
#include "core/verify/blob_set.h"

#include <algorithm>

namespace atb::verify {
namespace {

constexpr std::uint64_t kBytesPerBlock = 280;  // as large as they mostly are, or a little less
constexpr std::size_t kAhead = 24;             // sections: what finding them takes is fetched meanwhile
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

mst::GatheredTree::Salt random_salt() {
  mst::GatheredTree::Salt salt{};
  for (std::uint64_t& word : salt) word = os::system_random().uint64();
  return salt;
}

class Gatherer {
 public:
  Gatherer(const ipld::Cid& root, std::uint64_t bytes, const Limits& limits)
      : root_(root),
        limits_(limits),
        tree_(limits, random_salt(), std::min(bytes, limits.repo_bytes) / kBytesPerBlock) {}

  // False: give up.
  bool take(const Sections& sections) {
    for (std::size_t i = 0; i < sections.size(); ++i) {
      fetch_ahead(sections, i);
      const car::Section& section = sections[i];
      if (section.state != car::Section::State::good || !take(section)) return false;
    }
    return true;
  }

  std::optional<Gathered> finish(const StopToken& stop) {
    if (!commit_) return std::nullopt;
    auto tree = tree_.whole(commit_->data, stop);
    if (!tree) return std::nullopt;
    return Gathered{root_, *std::move(commit_), *std::move(tree), blobs_.take(), {}};
  }

 private:
  void fetch_ahead(const Sections& sections, std::size_t at) {
    if (at + kAhead < sections.size() && sections[at + kAhead].cid)
      tree_.fetch_place(*sections[at + kAhead].cid);
    const std::size_t next = at + kAhead / 2;
    if (next < sections.size() && sections[next].cid) tree_.fetch_digest(*sections[next].cid);
  }

  bool take(const car::Section& section) {
    const ipld::Cid& cid = *section.cid;
    const ByteView block = section.block;
    if (cid == root_) {
      if (commit_) return false;
      auto commit = repo::decode_commit(block, limits_);
      if (commit) commit_ = *std::move(commit);
      return commit_.has_value();
    }
    // Which of the two it is meant to be, the link to it says. A record that looks like a node is for the
    // walk.
    if (mst::looks_like_node(block)) return tree_.add_node(cid, block);
    if (!section.plain) {
      data::scan_record_into(scan_, block, limits_);
      if (!scan_.deviation.empty()) return false;
      blobs_.add(scan_.blobs);
    }
    return tree_.add_record(cid, block.size());
  }

  const ipld::Cid root_;
  const Limits& limits_;
  std::optional<repo::Commit> commit_;
  mst::GatheredTree tree_;
  data::RecordScan scan_;
  BlobSet blobs_;
};

}  // namespace

Result<std::optional<Gathered>> gather(backup::Repository& repository, const Limits& limits,
                                       Progress& progress, const StopToken& stop) {
  const ipld::Cid root = repository.roots().front();
  const car::SectionBatch* batch = repository.first_batch();
  if (batch == nullptr || in_walking_order(batch->sections, root, limits)) return std::optional<Gathered>();
  car::CarFacts facts = repository.facts();
  const auto batches = repository.take_batches();
  Gatherer gatherer(root, facts.bytes, limits);
  std::uint64_t next_report = kProgressStep;
  while (true) {
    TRY(check_stop(stop));
    if (batch->failure || !gatherer.take(batch->sections)) return std::optional<Gathered>();
    facts.sections += batch->sections.size();
    if (batch->ended) break;
    const car::Section& last = batch->sections.back();
    if (last.block_offset >= next_report) {
      progress.report({"index", last.block_offset, facts.bytes, facts.sections, 0, false});
      next_report = last.block_offset + kProgressStep;
    }
    batch = batches->next();
  }
  auto gathered = gatherer.finish(stop);
  TRY(check_stop(stop));
  if (!gathered) return gathered;
  progress.report({"index", facts.bytes, facts.bytes, facts.sections, facts.sections, true});
  gathered->facts = std::move(facts);
  progress.report({.phase = "proof",
                   .bytes = gathered->tree.record_bytes,
                   .items = gathered->tree.records,
                   .done = true});
  return gathered;
}

}  // namespace atb::verify
