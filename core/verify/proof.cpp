#include "core/verify/proof.h"

#include "core/mst/walker.h"
#include "core/os/clock.h"
#include "core/verify/blob_set.h"
#include "core/verify/key_proof.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::verify {
namespace {

constexpr std::size_t kKeptMissing = 100'000;
constexpr std::uint64_t kRecordsPerEvent = 1024;
// Clocks of hosts differ a little from ours.
constexpr std::int64_t kClockToleranceUs = 5LL * 60 * 1'000'000;

// Counts records by collection. Keys come in order, so a collection is one run; a hostile tree may break
// that.
class Collections {
 public:
  void count(std::string_view key) {
    const std::string_view name = key.substr(0, key.find('/'));
    if (runs_.empty() || runs_.back().first != name) {
      if (full_) return;
      if (runs_.size() >= mst::kKeptCollections) merge();
      full_ = runs_.size() >= mst::kKeptCollections;
      if (full_) return;
      runs_.emplace_back(name, 0);
    }
    ++runs_.back().second;
  }
  std::vector<std::pair<std::string, std::uint64_t>> take() {
    merge();
    return std::move(runs_);
  }

 private:
  void merge() {
    std::sort(runs_.begin(), runs_.end());
    std::size_t kept = 0;
    for (std::size_t i = 1; i < runs_.size(); ++i) {
      if (runs_[kept].first == runs_[i].first) {
        runs_[kept].second += runs_[i].second;
      } else if (++kept != i) {
        runs_[kept] = std::move(runs_[i]);
      }
    }
    if (!runs_.empty()) runs_.resize(kept + 1);
  }
  std::vector<std::pair<std::string, std::uint64_t>> runs_;
  bool full_ = false;  // of collections that differ
};

// Passes findings on, and tells broken rules from missing blocks.
class CountingSink final : public FindingSink {
 public:
  CountingSink(Report& report, std::uint64_t& breaches) : report_(report), breaches_(breaches) {}
  void add(Finding finding) override {
    if (finding.severity == Severity::damage && finding.id != "mst.missing_node") ++breaches_;
    report_.add(std::move(finding));
  }

 private:
  Report& report_;
  std::uint64_t& breaches_;
};

class RecordVisitor final : public mst::Visitor {
 public:
  RecordVisitor(ipld::BlockSource& blocks, const Limits& limits, RepoProof& proof, ReachedSink* reached,
                Report& report, Progress& progress)
      : blocks_(blocks),
        limits_(limits),
        proof_(proof),
        reached_(reached),
        wants_records_(reached != nullptr && reached->wants_records()),
        report_(report),
        progress_(progress) {}

  Status node(const ipld::Cid& cid, ByteView block) override {
    ++proof_.nodes;
    return reached_ != nullptr ? reached_->reached(cid, block) : Status();
  }

  Status missing_node(const ipld::Cid& cid) override {
    keep_missing(cid);
    return {};
  }

  Status record(std::string_view key, const ipld::Cid& cid) override {
    if (++proof_.records % kRecordsPerEvent == 0) report_progress(false);
    collections_.count(key);
    if (!wants_records_) {
      if (const auto bytes = blocks_.plain_bytes(cid)) {
        proof_.record_bytes += *bytes;
        return reached_ != nullptr ? reached_->reached(cid, {}) : Status();
      }
    }
    const auto block = blocks_.get(cid, buffer_);
    if (!block) {
      if (block.error().kind != ErrorKind::not_found) return block.error();
      ++missing_records_;
      keep_missing(cid);
      report_.add({"mst.missing_record", Severity::damage, std::string(key),
                   "the record " + cid.str() + " is not there"});
      return {};
    }
    proof_.record_bytes += block->size();
    scan(key, *block);
    if (reached_ == nullptr) return {};
    TRY(reached_->reached(cid, *block));
    return wants_records_ ? reached_->record(key, cid, *block, scan_.deviation) : Status();
  }

  void finish() {
    proof_.blobs = blobs_.take();
    proof_.collections = collections_.take();
    report_progress(true);
  }
  std::uint64_t missing_records() const { return missing_records_; }

 private:
  void scan(std::string_view key, ByteView block) {
    if (blocks_.gave_plain()) {
      scan_.deviation.clear();
      return;
    }
    data::scan_record_into(scan_, block, limits_);
    blobs_.add(scan_.blobs);
    if (scan_.deviation.empty()) return;
    ++proof_.deviating_records;
    report_.add({scan_.deviation, Severity::info, std::string(key),
                 "the record is authentic but outside the data model; it is kept as it is"});
  }
  void keep_missing(const ipld::Cid& cid) {
    if (proof_.missing_count++ < kKeptMissing) proof_.missing.push_back(cid);
  }
  void report_progress(bool done) {
    progress_.report({.phase = "proof", .bytes = proof_.record_bytes, .items = proof_.records, .done = done});
  }

  ipld::BlockSource& blocks_;
  const Limits& limits_;
  RepoProof& proof_;
  ReachedSink* reached_;
  bool wants_records_;
  Report& report_;
  Progress& progress_;
  Bytes buffer_;
  data::RecordScan scan_;
  BlobSet blobs_;
  Collections collections_;
  std::uint64_t missing_records_ = 0;
};

void not_checked(Report& report, std::initializer_list<const char*> names, const char* why) {
  for (const char* name : names) report.add_check(name, Outcome::not_checked, why);
}

// Reads the commit; gives its block, or nothing where there is none to go on with, which is told.
Result<std::optional<ByteView>> read_commit(ipld::BlockSource& blocks, const ProofOptions& options,
                                            Bytes& buffer, RepoProof& proof, Report& report) {
  const auto block = blocks.get(proof.commit_cid, buffer);
  if (!block) {
    if (block.error().kind != ErrorKind::not_found) return block.error();
    proof.missing.push_back(proof.commit_cid);
    proof.missing_count = 1;
    report.add(
        {"commit.missing", Severity::damage, proof.commit_cid.str(), "the commit itself is not there"});
    report.add_check("commit", Outcome::failed, "not there");
    return std::nullopt;
  }
  auto commit = repo::decode_commit(*block, options.limits);
  if (!commit) {
    report.add({commit.error().id, Severity::damage, proof.commit_cid.str(), commit.error().message});
    report.add_check("commit", Outcome::failed, commit.error().message);
    return std::nullopt;
  }
  proof.commit = std::move(*commit);
  return *block;
}

void check_commit(const ProofOptions& options, RepoProof& proof, Report& report) {
  const repo::Commit& commit = *proof.commit;
  if (commit.version == 2) {
    report.add({"commit.version_2", Severity::info, proof.commit_cid.str(),
                "a commit of the old version 2; kept as it is"});
  } else if (!commit.has_prev_field) {
    report.add({"commit.no_prev", Severity::info, proof.commit_cid.str(),
                "the commit lacks the field \"prev\", as those of early servers do; kept as it is"});
  }
  if (commit.rev && options.now_us != 0 && commit.rev->unix_us() > options.now_us + kClockToleranceUs) {
    report.add({"commit.future_rev", Severity::warning, commit.rev->str(),
                "the commit claims to be made in the future, " + os::rfc3339(commit.rev->unix_us())});
  }
  if (options.expected_did && commit.did != *options.expected_did) {
    proof.wrong_did = true;
    const std::string detail =
        fmt::format("the repository is of {}, not of {}", commit.did.str(), options.expected_did->str());
    report.add({"commit.wrong_did", Severity::forged, proof.commit_cid.str(), detail});
    report.add_check("commit", Outcome::failed, detail);
    return;
  }
  report.add_check("commit", Outcome::passed,
                   fmt::format("version {}, of {}, rev {}", commit.version, commit.did.str(),
                               commit.rev ? commit.rev->str() : std::string("none")));
}

void tell_tree(const RepoProof& proof, unsigned height, std::uint64_t missing_records, Report& report) {
  const std::uint64_t missing_nodes = proof.missing_count - missing_records;
  if (missing_nodes == 0 && proof.breaches == 0) {
    report.add_check("tree", Outcome::passed, fmt::format("{} nodes, height {}", proof.nodes, height));
  } else {
    report.add_check("tree", Outcome::failed,
                     fmt::format("rules broken: {}; nodes missing: {}", proof.breaches, missing_nodes));
  }
  if (missing_records != 0) {
    report.add_check("records", Outcome::failed,
                     fmt::format("{} of {} records missing", missing_records, proof.records));
  } else if (!proof.tree_complete) {
    report.add_check(
        "records", Outcome::failed,
        fmt::format("{} records are there; how many more there should be, the damaged tree does not say",
                    proof.records));
  } else if (proof.deviating_records != 0) {
    report.add_check("records", Outcome::passed,
                     fmt::format("{} records, of which {} outside the data model and kept as they are",
                                 proof.records, proof.deviating_records));
  } else {
    report.add_check("records", Outcome::passed, fmt::format("{} records", proof.records));
  }
}

Status walk_tree(ipld::BlockSource& blocks, const ProofOptions& options, ReachedSink* reached,
                 RepoProof& proof, Report& report, Progress& progress, const StopToken& stop) {
  CountingSink findings(report, proof.breaches);
  RecordVisitor visitor(blocks, options.limits, proof, reached, report, progress);
  const mst::WalkStats stats =
      TRY(mst::walk(blocks, proof.commit->data, options.limits, visitor, findings, stop));
  visitor.finish();
  proof.tree_complete = proof.missing_count == 0 && proof.breaches == 0;

  tell_tree(proof, stats.height, visitor.missing_records(), report);
  return {};
}

}  // namespace

Result<RepoProof> prove_repository(ipld::BlockSource& blocks, const ipld::Cid& root,
                                   const ProofOptions& options, ReachedSink* reached, Report& report,
                                   Progress& progress, const StopToken& stop) {
  RepoProof proof;
  proof.commit_cid = root;
  Bytes buffer;
  const auto block = TRY(read_commit(blocks, options, buffer, proof, report));
  if (!block) {
    not_checked(report, {"signature", "key", "tree", "records"}, "the commit cannot be read");
    return proof;
  }
  check_commit(options, proof, report);
  prove_key(options.evidence, proof, report);
  if (reached != nullptr) {
    TRY(reached->commit(proof));
    TRY(reached->reached(root, *block));
  }
  TRY(walk_tree(blocks, options, reached, proof, report, progress, stop));
  return proof;
}

RepoProof prove_gathered(const Gathered& gathered, const ProofOptions& options, Report& report) {
  RepoProof proof;
  proof.commit_cid = gathered.root;
  proof.commit = gathered.commit;
  check_commit(options, proof, report);
  prove_key(options.evidence, proof, report);
  proof.nodes = gathered.tree.nodes;
  proof.records = gathered.tree.records;
  proof.record_bytes = gathered.tree.record_bytes;
  proof.collections = gathered.tree.collections;
  proof.blobs = gathered.blobs;
  proof.tree_complete = true;
  tell_tree(proof, gathered.tree.height, 0, report);
  return proof;
}

}  // namespace atb::verify
