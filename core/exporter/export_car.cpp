#include "core/backup/folder.h"
#include "core/backup/plain.h"
#include "core/exporter/earlier.h"
#include "core/exporter/exporter.h"
#include "core/exporter/fetch_repo.h"
#include "core/exporter/history.h"
#include "core/exporter/repository_file.h"

namespace atb::exporter {
namespace {

// One export to a file at a time, and leftovers of a killed one swept. The lock file goes when the export
// ends.
class FileClaim {
 public:
  static Result<FileClaim> take(os::FileSystem& fs, const std::string& path) {
    const std::string folder = os::parent_of(path);
    const std::string lock_path = os::join(folder, "." + os::base_name(path) + ".lock");
    FileClaim claim(fs, lock_path, TRY_CONTEXT("while locking " + path, fs.lock(lock_path)));
    const std::string prefix = "." + os::base_name(path) + ".";
    for (const std::string& name : TRY(fs.list(folder))) {
      if (name.starts_with(prefix) && os::is_temporary_name(name)) TRY(fs.remove(os::join(folder, name)));
    }
    return claim;
  }
  FileClaim(FileClaim&&) noexcept = default;
  FileClaim& operator=(FileClaim&&) = delete;
  ~FileClaim() {
    if (lock_ != nullptr) static_cast<void>(fs_->remove(path_));
  }

 private:
  FileClaim(os::FileSystem& fs, std::string path, std::unique_ptr<os::FileLock> lock)
      : fs_(&fs), path_(std::move(path)), lock_(std::move(lock)) {}
  os::FileSystem* fs_;
  std::string path_;
  std::unique_ptr<os::FileLock> lock_;
};

Result<FetchedRepo> fetch(const Context& context, const Origin& origin, car::Spool& spool,
                          const FetchOptions& options) {
  const xrpc::Client host = host_client(context, origin);
  const verify::KeyEvidence evidence = evidence_of(origin.identity);
  return fetch_repo(context, host, origin.identity.did(), evidence, spool, options);
}

Status write_companions(const Context& context, const Origin& origin, const std::string& path) {
  const auto write = [&](std::string_view name, std::string_view text) {
    return os::write_file(context.fs, context.random, backup::companion_path(path, name), as_bytes(text));
  };
  if (!origin.identity.log_json.empty()) TRY(write(backup::kPlcLogFile, origin.identity.log_json));
  return write(backup::kDidFile, origin.identity.document_json);
}

// True: the new one raised an alarm, and goes beside the older one.
bool is_suspect(const std::optional<Earlier>& earlier, const FetchedRepo& fetched, const std::string& path,
                bool accept_change, Report& report) {
  if (!earlier || !earlier->repository) return false;
  auto alarm = compare_repositories(*earlier->repository, fetched.proof);
  return alarm && tell_alarm(std::move(*alarm), backup::suspect_path(path), accept_change, report);
}

// The new CAR is whole and proven: into place, with what belongs beside it.
Status put_in_place(const Context& context, const Origin& origin, const std::optional<Earlier>& earlier,
                    os::AtomicFile& file, const std::string& path, Report& report) {
  if (earlier && earlier->damaged) TRY(set_aside(context, path, report));
  TRY(write_companions(context, origin, path));
  return file.commit();
}

// Only to be told: the file is there, and whoever stops now lost nothing.
void add_handle(const Context& context, Exported& exported, const Origin& origin) {
  if (auto handle = proven_handle(context, origin)) exported.handle = *std::move(handle);
}

}  // namespace

Result<Exported> export_car(const Context& context, const syntax::AtIdentifier& account,
                            const std::string& path, const Options& options) {
  const std::string folder = os::parent_of(path);
  TRY(context.fs.make_folders(folder));
  const FileClaim claim = TRY(FileClaim::take(context.fs, path));
  const Origin origin = TRY(find_origin(context, account, options));
  const std::optional<Earlier> earlier = TRY(read_earlier(context, path));
  if (earlier) TRY(check_same_account(earlier->did, origin.identity.did(), path));
  os::AtomicFile scratch = TRY(os::AtomicFile::create(context.fs, context.random, path));
  car::Spool spool(scratch, scratch.content(), backup::look_for_plain(context.limits));
  RepositoryFile car(context, {.path = path, .create = [&] {
                                 return os::AtomicFile::create(context.fs, context.random, path);
                               }});
  std::optional<ipld::Cid> root;
  auto fetched =
      fetch(context, origin, spool, {.room = {.folder = folder, .copies = 2}, .file = &car, .root = &root});
  if (!fetched) return keep_rejected(context, spool, root, path + ".rejected", std::move(fetched).error());

  Exported exported = describe(origin, path);
  exported.car_bytes = car.facts().bytes;
  if (is_suspect(earlier, *fetched, path, options.accept_change, exported.report)) {
    TRY(car.file().commit_as(backup::suspect_path(path)));
  } else {
    TRY(put_in_place(context, origin, earlier, car.file(), path, exported.report));
    if (options.accept_change) TRY(forget_suspect(context, path));
  }
  add_repository(exported, std::move(fetched->proof), fetched->report);
  add_handle(context, exported, origin);
  return exported;
}

Result<Exported> export_stream(const Context& context, const syntax::AtIdentifier& account,
                               const std::string& scratch_folder, ByteSink& out, const Options& options) {
  const Origin origin = TRY(find_origin(context, account, options));
  os::AtomicFile scratch =
      TRY(os::AtomicFile::create(context.fs, context.random, os::join(scratch_folder, "atbackup-export")));
  TRY(scratch.make_nameless());
  car::Spool spool(scratch, scratch.content(), backup::look_for_plain(context.limits));
  FetchedRepo fetched = TRY(fetch(context, origin, spool, {.room = {.folder = scratch_folder, .copies = 1}}));
  const auto facts = TRY(backup::write_depth_first(spool, spool.index(), fetched.root, context.limits, out,
                                                   context.progress, context.stop));

  Exported exported = describe(origin, "-");
  exported.car_bytes = facts.bytes;
  add_repository(exported, std::move(fetched.proof), fetched.report);
  add_handle(context, exported, origin);
  return exported;
}

}  // namespace atb::exporter
