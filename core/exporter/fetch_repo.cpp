#include "core/exporter/fetch_repo.h"

#include "core/exporter/block_filler.h"
#include "core/exporter/car_receiver.h"
#include "core/exporter/failures.h"
#include "core/exporter/repository_file.h"
#include "core/xrpc/endpoints.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::exporter {
namespace {

// The whole repository is asked for so often.
constexpr int kAttempts = 3;
// Beyond this, asking for all of it anew is less work for both sides than asking block by block; but not at
// the last attempt.
constexpr std::uint64_t kMostByBlocks = 5'000;

bool is_not_a_repo(const Error& error) {
  return error.id == "car.empty" || error.id == "car.not_car" || error.id == "car.header" ||
         error.id == "car.version" || error.id == "car.roots";
}

const Finding* first_finding(const Report& report, Severity severity) {
  const auto found = std::ranges::find(report.findings(), severity, &Finding::severity);
  return found == report.findings().end() ? nullptr : &*found;
}

class Fetcher {
 public:
  Fetcher(const Context& context, const xrpc::Client& host, const syntax::Did& did,
          const verify::KeyEvidence& evidence, car::Spool& spool, const FetchOptions& options)
      : context_(context),
        host_(host),
        did_(did),
        evidence_(evidence),
        spool_(spool),
        options_(options),
        filler_(context, host, did, spool, options.room) {}

  Result<FetchedRepo> run() {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const bool last = attempt + 1 == kAttempts;
      TRY(receive("", last));
      TRY(prove_and_fill(last));
      if (whole()) return done(attempt);
      // Perhaps the account is being written to: then the host has a newer commit, and blocks of this one are
      // gone.
      if (const std::string rev = received_rev(); !rev.empty()) {
        TRY(receive(rev, false));
        TRY(prove_and_fill(last));
        if (whole()) return done(attempt);
      }
    }
    return incomplete();
  }

 private:
  std::string where() const { return host_.host().origin(); }
  std::string received_rev() const {
    return proof_.commit && proof_.commit->rev ? proof_.commit->rev->str() : std::string();
  }
  bool whole() const { return root_ && proof_.sound(); }

  // One getRepo. What came is kept, whatever happens to the rest of it.
  Status receive(const std::string& since, bool last) {
    CarReceiver receiver({.spool = spool_,
                          .limits = context_.limits,
                          .fs = context_.fs,
                          .progress = context_.progress,
                          .room = options_.room});
    const Status status =
        xrpc::get_repo(host_, did_, since, context_.limits.repo_bytes, receiver, context_.stop);
    const Received received = TRY(receiver.finish());
    wrong_hashes_ += received.wrong_hashes;
    if (received.root) {
      root_ = received.root;
      if (options_.root != nullptr) *options_.root = root_;
    }
    if (received.broken && is_not_a_repo(*received.broken) && since.empty())
      return not_a_repo(*received.broken);
    if (status || received.broken) return {};
    const Error& error = status.error();
    if (is_ours(error) || error.kind == ErrorKind::rate_limited) return error;
    if (!since.empty()) return {};  // not every host knows `since`
    const bool broke_off = error.kind == ErrorKind::network || error.kind == ErrorKind::timeout;
    if (!broke_off) return error;
    // The HTTP client has tried again and again already. Without a root there is nothing to go on with.
    if (!root_ && (last || is_unreachable(error))) return error;
    context_.log.write(LogLevel::warning, "export", "the repository broke off: " + error.message);
    return {};
  }

  Status prove() {
    verify::ProofOptions options;
    options.expected_did = did_;
    options.evidence = evidence_;
    options.now_us = context_.clock.wall_us();
    options.limits = context_.limits;
    report_ = Report();
    RepositoryFile* const file = options_.file;
    if (file != nullptr) file->begin(spool_);
    proof_ = TRY(
        verify::prove_repository(spool_, *root_, options, file, report_, context_.progress, context_.stop));
    if (file != nullptr) TRY(keep_or_discard(*file));
    return judge();
  }

  Status keep_or_discard(RepositoryFile& file) const {
    if (proof_.sound()) return file.end();
    file.discard();
    return {};
  }

  // What asking again cannot mend.
  Status judge() const {
    if (!proof_.commit) {
      if (proof_.missing_count != 0) return {};
      return damaged();
    }
    if (proof_.wrong_did) {
      return fail(ErrorKind::untrusted, "export.wrong_did",
                  fmt::format("{} sent the repository of {}, not of {}", where(), proof_.commit->did.str(),
                              did_.str()),
                  "the host mixes up accounts: tell its operator");
    }
    if (!proof_.authentic) {
      const Finding* finding = first_finding(report_, Severity::forged);
      if (finding == nullptr) finding = first_finding(report_, Severity::missing);
      return fail(ErrorKind::untrusted, "export.signature",
                  fmt::format("the repository that {} sent is not proven to be the account's: {}", where(),
                              finding == nullptr ? std::string("no key signed it") : finding->detail),
                  "run the same command again; if it stays, the host's copy is not authentic");
    }
    if (proof_.breaches != 0) return damaged();
    return {};
  }

  Error damaged() const {
    const Finding* finding = first_finding(report_, Severity::damage);
    return Error(
        ErrorKind::corrupt, "export.damaged",
        fmt::format("the repository that {} sent is damaged: {}", where(),
                    finding == nullptr ? std::string("unknown")
                                       : finding->id + " " + finding->where + ", " + finding->detail),
        "tell the host's operator; an older backup is untouched");
  }

  // Asks for what is missing until all is there or nothing more comes. New nodes may show more that is
  // missing.
  Status prove_and_fill(bool last) {
    if (!root_) return {};
    TRY(prove());
    for (std::size_t round = 0; proof_.missing_count != 0 && round < context_.limits.mst_depth; ++round) {
      if (proof_.missing_count > kMostByBlocks && !last) return {};
      std::vector<ipld::Cid> wanted = std::move(proof_.missing);
      std::ranges::sort(wanted);
      const auto rest = std::ranges::unique(wanted);
      wanted.erase(rest.begin(), rest.end());
      const std::uint64_t came = TRY(filler_.fetch(wanted));
      proof_.missing = std::move(wanted);
      if (came == 0) return {};
      filled_ += came;
      TRY(prove());
    }
    return {};
  }

  Result<FetchedRepo> done(int attempt) {
    if (filled_ != 0) {
      report_.add({"export.filled_blocks", Severity::info, "",
                   fmt::format("{} blocks were missing at first and came by getBlocks", filled_)});
    }
    if (wrong_hashes_ != 0) {
      report_.add({"export.wrong_blocks", Severity::warning, where(),
                   fmt::format("{} blocks came with wrong bytes at first, and right when asked for again",
                               wrong_hashes_)});
    }
    if (attempt != 0) {
      report_.add({"export.restarted", Severity::info, where(),
                   fmt::format("the repository was fetched {} times", attempt + 1)});
    }
    return FetchedRepo{*root_, std::move(proof_), std::move(report_)};
  }

  Error not_a_repo(const Error& broken) const {
    return Error(ErrorKind::network, "export.not_a_repo",
                 fmt::format("what {} sent is no repository: {}", where(), broken.message),
                 "is that the right host? --pds names another");
  }

  Error incomplete() const {
    std::string names;
    for (std::size_t i = 0; i < proof_.missing.size() && i < 3; ++i)
      names += (i == 0 ? "" : ", ") + proof_.missing[i].str();
    if (wrong_hashes_ != 0) {
      return Error(
          ErrorKind::corrupt, "export.damaged",
          fmt::format("{} sends {} blocks of the repository with wrong bytes or not at all, such as {}",
                      where(), proof_.missing_count, names),
          "tell the host's operator; an older backup is untouched");
    }
    return Error(ErrorKind::incomplete, "export.incomplete",
                 fmt::format("{} cannot give {} blocks of the repository, such as {}", where(),
                             proof_.missing_count, names),
                 "run the same command again later; if it stays, the host has lost them");
  }

  const Context& context_;
  const xrpc::Client& host_;
  const syntax::Did& did_;
  const verify::KeyEvidence& evidence_;
  car::Spool& spool_;
  const FetchOptions& options_;
  BlockFiller filler_;
  std::optional<ipld::Cid> root_;
  verify::RepoProof proof_;
  Report report_;
  std::uint64_t wrong_hashes_ = 0;
  std::uint64_t filled_ = 0;
};

}  // namespace

Result<FetchedRepo> fetch_repo(const Context& context, const xrpc::Client& host, const syntax::Did& did,
                               const verify::KeyEvidence& evidence, car::Spool& spool,
                               const FetchOptions& options) {
  auto fetched = Fetcher(context, host, did, evidence, spool, options).run();
  if (!fetched && options.file != nullptr) options.file->discard();
  return fetched;
}

}  // namespace atb::exporter
