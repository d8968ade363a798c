// Blobs into the new host, several side by side, each hashed before it leaves and compared with what the host
// makes of it.
#include "core/backup/files.h"
#include "core/migrate/host_ways.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace atb::migrate {
namespace {

// Blobs that a host answers with nothing but a general 500, one after the other: then it is not about them.
constexpr std::size_t kSilentInARow = 10;

class Uploader {
 public:
  Uploader(Move& move, const backup::BackupSource& backup, xrpc::Client client,
           const std::vector<data::BlobRef>& references, std::vector<xrpc::MissingBlob> wanted)
      : move_(move),
        backup_(backup),
        client_(std::move(client)),
        references_(references),
        wanted_(std::move(wanted)) {}

  Status run(unsigned jobs) {
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 0; i < std::clamp<std::size_t>(wanted_.size(), 1, jobs); ++i)
        threads.emplace_back([this] { work(); });
    }
    move_.context.progress.report(
        {.phase = "blobs", .bytes = bytes_, .items = done_, .items_total = wanted_.size(), .done = true});
    TRY(note_unlisted(move_, unlisted_));
    if (met_silence_ && done_ > 0) TRY(met(move_, "blob-500"));
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
        silent_ = 0;
        if (wanted_[i].record_uri.empty()) unlisted_.push_back(wanted_[i].cid);
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
    if (says_nothing(error) && ++silent_ < kSilentInARow) {
      met_silence_ = true;
      failed_.push_back({"blob.not_uploaded", Severity::missing, cid.str(), error.message});
      return;
    }
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
  const std::vector<data::BlobRef>& references_;
  std::vector<xrpc::MissingBlob> wanted_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::uint64_t done_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<Finding> failed_;
  std::vector<ipld::Cid> unlisted_;  // taken, of those that the host does not name as missing
  std::size_t silent_ = 0;           // general failures since the last blob that was taken
  bool met_silence_ = false;
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
  const std::vector<data::BlobRef>* known = TRY(backup_references(move));
  Uploader uploader(move, *backup, TRY(move.new_host.client()), *known, std::move(missing));
  return uploader.run(move.options.jobs);
}

}  // namespace atb::migrate
