// Blobs into the new host, several side by side, each hashed before it leaves and compared with what the host
// makes of it.
#include "core/backup/files.h"
#include "core/migrate/move.h"
#include "core/verify/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace atb::migrate {
namespace {

// MIME types as the records name them: the host stores what it is told.
Result<std::vector<data::BlobRef>> references(Move& move, backup::BackupSource& backup) {
  Report ignored;
  auto repository = TRY(backup.open_repository(move.context.limits, ignored, no_progress(), move.stop()));
  verify::ProofOptions options{.expected_did = move.did,
                               .evidence = {},
                               .now_us = move.context.clock.wall_us(),
                               .limits = move.context.limits};
  const ipld::Cid commit = TRY(move.backup_commit());
  auto proof = TRY(verify::prove_repository(repository->blocks(), commit, options, nullptr, ignored,
                                            no_progress(), move.stop()));
  return std::move(proof.blobs);
}

class Uploader {
 public:
  Uploader(Move& move, const backup::BackupSource& backup, xrpc::Client client,
           std::vector<data::BlobRef> references, std::vector<xrpc::MissingBlob> wanted)
      : move_(move),
        backup_(backup),
        client_(std::move(client)),
        references_(std::move(references)),
        wanted_(std::move(wanted)) {}

  Status run(unsigned jobs) {
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 0; i < std::clamp<std::size_t>(wanted_.size(), 1, jobs); ++i)
        threads.emplace_back([this] { work(); });
    }
    move_.context.progress.report(
        {.phase = "blobs", .bytes = bytes_, .items = done_, .items_total = wanted_.size(), .done = true});
    if (stopper_) return std::unexpected(*stopper_);
    if (failed_.empty()) return {};
    for (const Finding& finding : failed_) move_.world.watcher.finding(finding);
    return fail(ErrorKind::incomplete, "move.upload",
                fmt::format("{} blobs could not be uploaded, named above", failed_.size()),
                "run 'atbackup migrate resume' to try again, or list them in a file for "
                "--allow-missing-blobs; the new host is not active yet");
  }

 private:
  void work() {
    for (;;) {
      const std::size_t i = next_++;
      if (i >= wanted_.size() || stopped()) return;
      auto uploaded = upload(wanted_[i].cid);
      const std::lock_guard lock(mutex_);
      if (uploaded) {
        ++done_;
        bytes_ += *uploaded;
        move_.context.progress.report(
            {.phase = "blobs", .bytes = bytes_, .items = done_, .items_total = wanted_.size()});
      } else {
        note_failure(wanted_[i].cid, std::move(uploaded).error());
      }
    }
  }

  bool stopped() {
    const std::lock_guard lock(mutex_);
    return stopper_.has_value();
  }

  // What concerns the host or us ends the work; what concerns one blob is noted and the rest goes on.
  void note_failure(const ipld::Cid& cid, Error error) {
    switch (error.kind) {
      case ErrorKind::remote:
      case ErrorKind::limit_exceeded:
      case ErrorKind::not_found:
      case ErrorKind::corrupt:
        failed_.push_back({"blob.not_uploaded", Severity::missing, cid.str(), error.message});
        break;
      default:
        if (!stopper_) stopper_ = std::move(error);
    }
  }

  Result<std::uint64_t> upload(const ipld::Cid& cid) {
    auto blob = TRY(backup_.open_blob(cid));
    if (TRY(backup::hash_file(*blob, move_.stop())).digest != cid.digest()) {
      return fail(ErrorKind::corrupt, "blob.wrong_bytes", "the file in the backup does not hold this blob");
    }
    const auto known = std::ranges::lower_bound(references_, cid, {}, &data::BlobRef::cid);
    const std::string mime = known != references_.end() && known->cid == cid && !known->mime_type.empty()
                                 ? known->mime_type
                                 : "application/octet-stream";
    auto given = xrpc::upload_blob(client_, *blob, mime, move_.stop());
    if (!given) {
      Error error = std::move(given).error();
      if (error.kind == ErrorKind::limit_exceeded)
        error.message += " (the operator can raise PDS_BLOB_UPLOAD_LIMIT)";
      return std::unexpected(std::move(error));
    }
    if (*given != cid)
      return fail(ErrorKind::remote, "blob.not_uploaded", "the new host stored it as " + given->str());
    return blob->size();
  }

  Move& move_;
  const backup::BackupSource& backup_;
  xrpc::Client client_;
  std::vector<data::BlobRef> references_;
  std::vector<xrpc::MissingBlob> wanted_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::uint64_t done_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<Finding> failed_;
  std::optional<Error> stopper_;
};

}  // namespace

Status upload_missing_now(Move& move) {
  auto missing = TRY(missing_on_new(move));
  if (missing.empty()) return {};
  // The host names a blob once for each record.
  std::ranges::sort(missing, {}, &xrpc::MissingBlob::cid);
  const auto repeated = std::ranges::unique(missing, {}, &xrpc::MissingBlob::cid);
  missing.erase(repeated.begin(), repeated.end());
  auto backup = TRY(backup::open_backup(move.context.fs, move.backup_path()));
  auto known = TRY(references(move, *backup));
  Uploader uploader(move, *backup, TRY(move.new_host.client()), std::move(known), std::move(missing));
  return uploader.run(move.options.jobs);
}

}  // namespace atb::migrate
