#include "core/backup/folder.h"
#include "core/backup/plain.h"
#include "core/exporter/earlier.h"
#include "core/exporter/exporter.h"
#include "core/exporter/failures.h"
#include "core/exporter/fetch_blobs.h"
#include "core/exporter/fetch_repo.h"
#include "core/exporter/history.h"
#include "core/exporter/preferences.h"
#include "core/exporter/repository_file.h"
#include "core/xrpc/endpoints.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::exporter {
namespace {

void sort_unique(std::vector<ipld::Cid>& cids) {
  std::ranges::sort(cids);
  const auto rest = std::ranges::unique(cids);
  cids.erase(rest.begin(), rest.end());
}

// One run into one folder.
class FolderExport {
 public:
  FolderExport(const Context& context, const Origin& origin, const Options& options,
               backup::FolderWriter writer)
      : context_(context),
        origin_(origin),
        options_(options),
        writer_(std::move(writer)),
        host_(host_client(context, origin)),
        evidence_(evidence_of(origin.identity)),
        exported_(describe(origin, writer_.folder())) {}

  Result<Exported> run() {
    TRY(look_at_earlier());
    exported_.unchanged = TRY(is_up_to_date());
    if (!exported_.unchanged) TRY(fetch_repository());
    TRY(fetch_all_blobs());
    exported_.handle = TRY(proven_handle(context_, origin_));
    if (suspect_) return std::move(exported_);  // the older generation stays as it is
    TRY(publish());
    return std::move(exported_);
  }

 private:
  std::string path(std::string_view name) const { return os::join(writer_.folder(), std::string(name)); }
  const std::optional<backup::Manifest>& before() const { return writer_.current(); }

  // The manifest says what is here; where it is lost, the CAR itself does.
  Status look_at_earlier() {
    if (before()) {
      earlier_ = before()->repository;
      return check_same_account(before()->did, exported_.did, writer_.folder());
    }
    const auto found = TRY(read_earlier(context_, path(backup::kRepoFile)));
    if (!found) return {};
    earlier_ = found->repository;
    earlier_damaged_ = found->damaged;
    return check_same_account(found->did, exported_.did, writer_.folder());
  }

  // The host's head is the commit we have, and ours is still whole on the disk: proven again, not fetched
  // again.
  Result<bool> is_up_to_date() {
    if (!before()) return false;
    const auto head = xrpc::get_latest_commit(host_, exported_.did, context_.stop);
    if (!head) {
      if (is_ours(head.error())) return head.error();
      return false;
    }
    if (head->cid != before()->repository.commit) return false;
    const auto source = TRY(backup::open_backup(context_.fs, writer_.folder()));
    Report report;
    TRY(source->check_files(report, context_.progress, context_.stop));
    if (std::ranges::any_of(report.findings(),
                            [](const Finding& found) { return found.where == backup::kRepoFile; }))
      return false;
    return prove_existing(*source);
  }

  Result<bool> prove_existing(backup::BackupSource& source) {
    Report report;
    const auto repository = source.open_repository(context_.limits, report, context_.progress, context_.stop);
    if (!repository) {
      if (is_ours(repository.error())) return repository.error();
      return false;
    }
    verify::ProofOptions options;
    options.expected_did = exported_.did;
    options.evidence = evidence_;
    options.now_us = context_.clock.wall_us();
    options.limits = context_.limits;
    verify::RepoProof proof =
        TRY(verify::prove_repository((*repository)->blocks(), before()->repository.commit, options, nullptr,
                                     report, context_.progress, context_.stop));
    TRY((*repository)->settle());
    if (!proof.sound() || report.has(Severity::damage)) return false;
    repository_ = before()->repository;
    exported_.car_bytes = repository_->file.bytes;
    add_repository(exported_, std::move(proof), report);
    return true;
  }

  Status fetch_repository() {
    os::AtomicFile scratch = TRY(writer_.scratch());
    car::Spool spool(scratch, scratch.content(), backup::look_for_plain(context_.limits));
    std::optional<ipld::Cid> root;
    new_car_.emplace(context_, RepositoryFile::Setup{.path = path(backup::kRepoFile),
                                                     .create = [this] { return writer_.new_repository(); },
                                                     .hashed = true});
    auto fetched =
        fetch_repo(context_, host_, exported_.did, evidence_, spool,
                   {.room = {.folder = writer_.folder(), .copies = 2}, .file = &*new_car_, .root = &root});
    if (!fetched)
      return keep_rejected(context_, spool, root, path(backup::kRejectedFile), std::move(fetched).error());
    look_back(fetched->proof);

    const backup::DepthFirstFacts& facts = new_car_->facts();
    exported_.car_bytes = facts.bytes;
    const repo::Commit& commit = *fetched->proof.commit;
    repository_ =
        backup::RepositoryEntry{.file = {std::string(backup::kRepoFile), new_car_->sha256(), facts.bytes},
                                .commit = fetched->root,
                                .data = commit.data,
                                .rev = commit.rev ? commit.rev->str() : std::string(),
                                .records = fetched->proof.records,
                                .blocks = facts.blocks};
    add_repository(exported_, std::move(fetched->proof), fetched->report);
    if (suspect_) TRY(new_car_->file().commit_as(backup::suspect_path(path(backup::kRepoFile))));
    return {};
  }

  // Did the host take back what it gave before?
  void look_back(const verify::RepoProof& proof) {
    if (!earlier_) return;
    auto alarm = compare_repositories(*earlier_, proof);
    suspect_ = alarm && tell_alarm(std::move(*alarm), backup::suspect_path(path(backup::kRepoFile)),
                                   options_.accept_change, exported_.report);
  }

  // What records refer to, what the host lists, and what is here already.
  Result<std::vector<ipld::Cid>> wanted_blobs() {
    std::vector<ipld::Cid> wanted;
    wanted.reserve(exported_.proof.blobs.size());
    for (const data::BlobRef& blob : exported_.proof.blobs) wanted.push_back(blob.cid);
    if (!options_.blobs) return wanted;
    const auto listed = xrpc::list_blobs(host_, exported_.did, context_.stop);
    if (listed) {
      wanted.insert(wanted.end(), listed->begin(), listed->end());
    } else if (is_ours(listed.error())) {
      return listed.error();
    } else {
      exported_.report.add({"blobs.list_failed", Severity::warning, exported_.host,
                            "the host could not list the blobs; those that records refer to are fetched: " +
                                listed.error().message});
    }
    sort_unique(wanted);
    return wanted;
  }

  Status fetch_all_blobs() {
    const std::vector<ipld::Cid> wanted = TRY(wanted_blobs());
    if (!options_.blobs) return leave_blobs_out(wanted);
    std::vector<ipld::Cid> all = wanted;
    if (before()) all.insert(all.end(), before()->blobs.begin(), before()->blobs.end());
    sort_unique(all);
    blobs_ = TRY(fetch_blobs(context_, host_, exported_.did, all, options_.jobs, writer_));
    // A blob of an earlier time, that no record refers to any more, and that was damaged here: told once,
    // then forgotten.
    std::erase_if(blobs_.missing, [&](const backup::MissingBlob& blob) {
      if (std::ranges::binary_search(wanted, blob.cid)) return false;
      exported_.report.add({"blob.lost", Severity::warning, blob.cid.str(),
                            "an older blob was damaged here, and the host no longer has it: " + blob.reason});
      return true;
    });
    for (const backup::MissingBlob& blob : blobs_.missing) {
      exported_.report.add({"blob.missing", Severity::missing, blob.cid.str(), blob.reason});
    }
    exported_.blobs = blobs_.present.size();
    exported_.blobs_fetched = blobs_.fetched;
    exported_.blob_bytes = blobs_.bytes;
    return {};
  }

  // By choice: what is there stays listed, the rest is noted, so that a verification does not call it damage.
  Status leave_blobs_out(std::vector<ipld::Cid> wanted) {
    sort_unique(wanted);
    if (before()) blobs_.present = before()->blobs;
    if (before()) blobs_.bytes = before()->blob_bytes;
    for (const ipld::Cid& cid : wanted) {
      if (!std::ranges::binary_search(blobs_.present, cid))
        blobs_.missing.push_back({cid, "left out on request"});
    }
    exported_.blobs = blobs_.present.size();
    exported_.blob_bytes = blobs_.bytes;
    return {};
  }

  // The older log is kept beside the new one when the directory took something back.
  Status look_back_at_log() {
    if (!before() || !before()->plc_log || origin_.identity.log_json.empty()) return {};
    const auto older = os::read_file(context_.fs, path(backup::kPlcLogFile), context_.limits.json_bytes);
    if (!older) return older.error().kind == ErrorKind::not_found ? Status{} : Status(older.error());
    auto finding = compare_logs(as_text(*older), origin_.identity.log_json, context_.limits);
    if (!finding) return {};
    exported_.report.add(std::move(*finding));
    return os::write_file(context_.fs, context_.random, path(backup::kOlderPlcLogFile), *older);
  }

  Status publish() {
    TRY(look_back_at_log());
    if (earlier_damaged_) TRY(set_aside(context_, path(backup::kRepoFile), exported_.report));
    Preferences preferences = TRY(fetch_preferences(context_, origin_, exported_.report));
    backup::Manifest manifest{.did = exported_.did,
                              .handle = exported_.handle,
                              .host = exported_.host,
                              .created = os::rfc3339(context_.clock.wall_us()),
                              .program = "atbackup " ATB_VERSION,
                              .repository = *repository_,
                              .plc_log = {},
                              .did_document = {},
                              .preferences = {},
                              .preferences_absent = preferences.absent,
                              .blobs = std::move(blobs_.present),
                              .blob_bytes = blobs_.bytes,
                              .missing_blobs = std::move(blobs_.missing)};
    TRY(writer_.publish(std::move(manifest), {.repository = new_car_ ? &new_car_->file() : nullptr,
                                              .plc_log = origin_.identity.log_json,
                                              .did_document = origin_.identity.document_json,
                                              .preferences = std::move(preferences.json),
                                              .preferences_partial = preferences.partial}));
    const auto& kept = before()->preferences;
    exported_.has_preferences = kept.has_value();
    exported_.preferences_partial = kept && kept->partial;
    return options_.accept_change ? forget_suspect(context_, path(backup::kRepoFile)) : Status{};
  }

  const Context& context_;
  const Origin& origin_;
  const Options& options_;
  backup::FolderWriter writer_;
  xrpc::Client host_;
  verify::KeyEvidence evidence_;
  Exported exported_;
  std::optional<RepositoryFile> new_car_;  // empty: the repository is unchanged
  std::optional<backup::RepositoryEntry> repository_;
  BlobOutcome blobs_;
  std::optional<backup::RepositoryEntry> earlier_;  // what the host gave before
  bool earlier_damaged_ = false;
  bool suspect_ = false;
};

}  // namespace

Result<Exported> export_folder(const Context& context, const syntax::AtIdentifier& account,
                               const std::string& folder, const Options& options) {
  const Origin origin = TRY(find_origin(context, account, options));
  return export_folder_from(context, origin, folder, options);
}

Result<Exported> export_folder_from(const Context& context, const Origin& origin, const std::string& folder,
                                    const Options& options) {
  backup::FolderWriter writer = TRY(backup::FolderWriter::begin(context.fs, context.random, folder));
  return FolderExport(context, origin, options, std::move(writer)).run();
}

}  // namespace atb::exporter
