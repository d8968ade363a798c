#include "core/exporter/fetch_blobs.h"

#include "core/base/text.h"
#include "core/crypto/sha256.h"
#include "core/exporter/failures.h"
#include "core/xrpc/endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <thread>

namespace atb::exporter {
namespace {

constexpr int kTries = 3;  // for wrong bytes; the HTTP client tries again by itself what is transient
constexpr std::size_t kUnreachable = 8;  // so many failures in a row without any answer: the host is gone
constexpr std::size_t kReasonBytes = 300;

// Streams into a file of the folder, hashing. A new attempt starts a new file.
class BlobSink final : public net::BodySink {
 public:
  BlobSink(backup::FolderWriter& folder, const ipld::Cid& cid) : folder_(folder), cid_(cid) {}

  Status begin(const net::Response&) override {
    file_.reset();
    file_.emplace(TRY(folder_.new_blob(cid_)));
    static_cast<void>(hash_.finish());
    return {};
  }
  Status write(ByteView bytes) override {
    hash_.update(bytes);
    return file_->write(bytes);
  }
  // False: the bytes are not those of the CID. Without an answer's body there is nothing.
  Result<bool> keep() {
    if (!file_ || hash_.finish() != cid_.digest()) return false;
    TRY(file_->commit());
    return true;
  }
  std::uint64_t bytes() const { return file_ ? file_->written() : 0; }

 private:
  backup::FolderWriter& folder_;
  const ipld::Cid& cid_;
  std::optional<os::AtomicFile> file_;
  crypto::Sha256 hash_;
};

class Fetcher {
 public:
  Fetcher(const Context& context, const xrpc::Client& host, const syntax::Did& did,
          std::span<const ipld::Cid> wanted, backup::FolderWriter& folder)
      : context_(context), host_(host), did_(did), wanted_(wanted), folder_(folder) {}

  Result<BlobOutcome> run(unsigned jobs) {
    {
      std::vector<std::jthread> workers;
      const auto count = std::min<std::size_t>(std::max(jobs, 1U), wanted_.size());
      workers.reserve(count);
      for (std::size_t i = 0; i < count; ++i) workers.emplace_back([this] { work(); });
    }
    if (failure_) return *failure_;
    std::ranges::sort(outcome_.present);
    std::ranges::sort(outcome_.missing, {}, &backup::MissingBlob::cid);
    context_.progress.report(event(true));
    return std::move(outcome_);
  }

 private:
  void work() {
    while (const auto cid = next()) {
      const Status status = one(*cid);
      if (status) continue;
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = status.error();
    }
  }

  // The next blob to see to; none when all are done or something went wrong for good.
  std::optional<ipld::Cid> next() {
    const std::scoped_lock lock(mutex_);
    if (failure_ || at_ == wanted_.size()) return std::nullopt;
    return wanted_[at_++];
  }

  // An Error ends all.
  Status one(const ipld::Cid& cid) {
    TRY(check_stop(context_.stop));
    if (const auto there = TRY(folder_.blob_bytes(cid, context_.stop))) {
      keep(cid, *there, false);
      return {};
    }
    std::string reason;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      BlobSink sink(folder_, cid);
      const Status status = xrpc::get_blob(host_, did_, cid, context_.limits.blob_bytes, sink, context_.stop);
      if (!status) return miss(cid, status.error());
      if (TRY(sink.keep())) {
        keep(cid, sink.bytes(), true);
        return {};
      }
      reason = fmt::format("wrong bytes: the {} bytes that came do not hash to it", sink.bytes());
    }
    const std::scoped_lock lock(mutex_);
    outcome_.missing.push_back({cid, reason});
    return {};
  }

  void keep(const ipld::Cid& cid, std::uint64_t bytes, bool fetched) {
    const std::scoped_lock lock(mutex_);
    outcome_.present.push_back(cid);
    outcome_.bytes += bytes;
    if (fetched) {
      ++outcome_.fetched;
      unreachable_ = 0;
    }
    context_.progress.report(event(false));
  }

  Status miss(const ipld::Cid& cid, const Error& error) {
    if (is_ours(error) || error.kind == ErrorKind::rate_limited) return error;
    const std::scoped_lock lock(mutex_);
    if (is_unreachable(error)) {
      if (++unreachable_ >= std::min(kUnreachable, wanted_.size())) return error;
    } else {
      unreachable_ = 0;
    }
    outcome_.missing.push_back({cid, printable(error.message, kReasonBytes)});
    context_.progress.report(event(false));
    return {};
  }

  ProgressEvent event(bool done) const {
    return {.phase = "blobs",
            .bytes = outcome_.bytes,
            .items = outcome_.present.size() + outcome_.missing.size(),
            .items_total = wanted_.size(),
            .done = done};
  }

  const Context& context_;
  const xrpc::Client& host_;
  const syntax::Did& did_;
  std::span<const ipld::Cid> wanted_;
  backup::FolderWriter& folder_;
  std::mutex mutex_;  // everything below
  std::size_t at_ = 0;
  BlobOutcome outcome_;
  std::optional<Error> failure_;
  std::size_t unreachable_ = 0;  // in a row
};

}  // namespace

Result<BlobOutcome> fetch_blobs(const Context& context, const xrpc::Client& host, const syntax::Did& did,
                                std::span<const ipld::Cid> wanted, unsigned jobs,
                                backup::FolderWriter& folder) {
  return Fetcher(context, host, did, wanted, folder).run(jobs);
}

}  // namespace atb::exporter
