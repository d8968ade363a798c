#include "core/verify/verify.h"

#include "core/backup/folder.h"
#include "core/verify/blob_check.h"
#include "core/verify/evidence.h"

#include <fmt/format.h>

#include <utility>

namespace atb::verify {
namespace {

// Marks what belongs, and passes on to whoever looks in.
class Marker final : public ReachedSink {
 public:
  Marker(backup::Repository& repository, const Verdict& verdict, Taker* taker)
      : repository_(repository), verdict_(verdict), taker_(taker) {}
  bool wants_records() const override { return taker_ != nullptr; }
  Status reached(const ipld::Cid& cid, ByteView) override {
    repository_.reached(cid);
    return {};
  }
  Status commit(const RepoProof& proof) override {
    if (taker_ == nullptr) return {};
    return taker_->account(proof.commit->did, verdict_.handle);
  }
  Status record(std::string_view key, const ipld::Cid& cid, ByteView block,
                std::string_view deviation) override {
    if (taker_ == nullptr) return {};
    return taker_->record(key, cid, block, deviation);
  }

 private:
  backup::Repository& repository_;
  const Verdict& verdict_;
  Taker* taker_;
};

// Faults of the bytes belong into the report; a missing file, a failing disk, Ctrl-C do not.
bool is_damage(const Error& error) {
  return error.kind == ErrorKind::corrupt || error.kind == ErrorKind::limit_exceeded ||
         error.kind == ErrorKind::unsupported;
}

Status check_files(backup::BackupSource& source, Report& report, Progress& progress, const StopToken& stop) {
  if (!source.holds_blobs()) {
    report.add_check("files", Outcome::not_checked, "a lone CAR file has no list of files");
    return {};
  }
  Report files;
  TRY(source.check_files(files, progress, stop));
  report.merge(files);
  if (source.manifests().empty() && !files.has(Severity::damage)) {
    report.add({"manifest.absent", Severity::warning, "",
                "there is no backup.json: nothing says which blobs were missing at export"});
    report.add_check("files", Outcome::not_checked, "there is no backup.json to compare with");
  } else if (files.has(Severity::damage)) {
    report.add_check("files", Outcome::failed, "not what backup.json lists");
  } else {
    report.add_check("files", Outcome::passed, "each is what backup.json lists");
  }
  return {};
}

// Empty: the repository cannot be opened; told to `report`. What is wrong with the file goes to `container`,
// as far as it is read.
Result<std::unique_ptr<backup::Repository>> open_repository(backup::BackupSource& source,
                                                            const Options& options, Report& container,
                                                            Report& report, Progress& progress,
                                                            const StopToken& stop) {
  auto repository = source.open_repository(options.limits, container, progress, stop);
  if (repository) return repository;
  const Error& error = repository.error();
  const bool lost = error.kind == ErrorKind::not_found && !source.manifests().empty();
  if (!lost && !is_damage(error)) return error;
  if (!lost) report.add({error.id, Severity::damage, source.name(), error.message});
  // Otherwise told by the check of the files.
  if (lost && !options.files) {
    report.add({"file.missing", Severity::damage, std::string(backup::kRepoFile),
                "backup.json lists it, but it is not there"});
  }
  report.add_check("car", Outcome::failed, error.message);
  for (const char* name : {"blocks", "commit", "signature", "key", "tree", "records"}) {
    report.add_check(name, Outcome::not_checked, "the repository cannot be read");
  }
  return std::unique_ptr<backup::Repository>{};
}

void check_container(const car::CarFacts& facts, Report& report) {
  if (facts.broken) {
    report.add_check("car", Outcome::failed, facts.broken->message);
  } else {
    report.add_check("car", Outcome::passed, fmt::format("{} bytes, {} blocks", facts.bytes, facts.sections));
  }
  if (facts.wrong_hashes + facts.unsupported != 0) {
    report.add_check("blocks", Outcome::failed,
                     fmt::format("of {} blocks {} with a wrong hash, {} with a CID of another kind",
                                 facts.sections + facts.wrong_hashes + facts.unsupported, facts.wrong_hashes,
                                 facts.unsupported));
  } else {
    report.add_check("blocks", Outcome::passed, "each hashes to its CID");
  }
}

// The DID that the repository claims, before anything of it is proven.
std::optional<syntax::Did> claimed_did(backup::Repository& repository,
                                       const std::optional<Gathered>& gathered, const Limits& limits) {
  if (gathered) return gathered->commit.did;
  Bytes buffer;
  const auto block = repository.blocks().get(repository.roots().front(), buffer);
  if (!block) return std::nullopt;
  const auto commit = repo::decode_commit(*block, limits);
  if (!commit) return std::nullopt;
  return commit->did;
}

void compare_manifests(const std::vector<backup::Manifest>& manifests, Verdict& verdict) {
  if (manifests.empty() || !verdict.proof.commit) return;
  for (const backup::Manifest& manifest : manifests) {
    if (manifest.did == verdict.proof.commit->did) continue;
    verdict.report.add({"manifest.wrong_did", Severity::forged, manifest.did.str(),
                        "backup.json is of another account than the repository, which says " +
                            verdict.proof.commit->did.str()});
  }
  for (const backup::Manifest& manifest : manifests) {
    if (manifest.repository.commit == verdict.proof.commit_cid) return;
  }
  verdict.report.add({"manifest.commit", Severity::damage, verdict.proof.commit_cid.str(),
                      "backup.json names another commit, " + manifests.front().repository.commit.str()});
}

ProofOptions proof_options(const KeyEvidence& evidence, const Options& options) {
  return {.expected_did = options.expected_did,
          .evidence = evidence,
          .now_us = options.now_us,
          .limits = options.limits};
}

Status prove(backup::Repository& repository, const ProofOptions& options, Verdict& verdict, Taker* taker,
             Progress& progress, const StopToken& stop) {
  Marker marker(repository, verdict, taker);
  verdict.proof = TRY(prove_repository(repository.blocks(), repository.roots().front(), options, &marker,
                                       verdict.report, progress, stop));
  TRY(repository.settle());
  if (!verdict.proof.tree_complete) return {};  // what is not reached may well belong
  verdict.extra_blocks = repository.extra_blocks();
  if (verdict.extra_blocks != 0) {
    verdict.report.add(
        {"car.extra_blocks", Severity::info, "",
         fmt::format("{} blocks belong to no record of this commit; they are kept", verdict.extra_blocks)});
  }
  return {};
}

}  // namespace

Result<Verdict> verify_backup(backup::BackupSource& source, const Options& options, Progress& progress,
                              const StopToken& stop, Taker* taker) {
  Verdict verdict;
  if (options.files) TRY(check_files(source, verdict.report, progress, stop));
  Report container;
  const auto repository = TRY(open_repository(source, options, container, verdict.report, progress, stop));

  std::optional<Gathered> gathered;
  if (repository && taker == nullptr) gathered = TRY(gather(*repository, options.limits, progress, stop));
  std::optional<syntax::Did> did;
  if (repository) did = claimed_did(*repository, gathered, options.limits);
  if (!did && !source.manifests().empty()) did = source.manifests().front().did;

  // The file is read while the chain is walked; in the report it comes first.
  Report whole = std::exchange(verdict.report, Report());
  const LoadedEvidence loaded = TRY(load_evidence(source, did, options, verdict));
  if (repository) {
    const KeyEvidence evidence{loaded.log ? &*loaded.log : nullptr,
                               loaded.document ? &*loaded.document : nullptr, options.key};
    const ProofOptions how = proof_options(evidence, options);
    if (gathered) {
      car::tell_extra_roots(gathered->facts.header, container);
      verdict.proof = prove_gathered(*gathered, how, verdict.report);
    } else {
      TRY(prove(*repository, how, verdict, taker, progress, stop));
    }
    if (verdict.proof.commit) verdict.did = verdict.proof.commit->did.str();
    whole.merge(container);
    check_container(gathered ? gathered->facts : repository->facts(), whole);
  }
  whole.merge(verdict.report);
  verdict.report = std::move(whole);
  compare_manifests(source.manifests(), verdict);
  if (repository && taker != nullptr) TRY(taker->repository(*repository, verdict));
  if (options.blobs) TRY(check_blobs(source, verdict, taker, progress, stop));
  return verdict;
}

}  // namespace atb::verify
