// The two kinds of backup there are now, as BackupSource: a folder, and a lone CAR with the files beside it.
#include "core/backup/files.h"
#include "core/backup/folder.h"
#include "core/backup/plain.h"
#include "core/backup/read_ahead.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace atb::backup {
namespace {

class CarRepository final : public Repository {
 public:
  static Result<std::unique_ptr<Repository>> open(std::unique_ptr<RandomAccess> file, const Limits& limits,
                                                  FindingSink& findings, Progress& progress,
                                                  const StopToken& stop) {
    car::ReadOptions options{.limits = limits, .batches = read_ahead, .look = look_for_plain(limits)};
    car::FollowedCar car = TRY(car::FollowedCar::open(*file, std::move(options), findings, progress, stop));
    return std::unique_ptr<Repository>(new CarRepository(std::move(file), std::move(car)));
  }
  ipld::BlockSource& blocks() override { return car_; }
  const std::vector<ipld::Cid>& roots() const override { return car_.roots(); }
  const RandomAccess& car() const override { return *file_; }
  void reached(const ipld::Cid& cid) override { car_.reached(cid); }
  Status settle() override { return car_.settle(); }
  const car::CarFacts& facts() const override { return car_.facts(); }
  std::uint64_t block_count() const override { return car_.blocks(); }
  std::uint64_t extra_blocks() const override { return car_.extra_blocks(); }
  Result<car::BlockIndex*> index() override { return car_.index(); }

 private:
  CarRepository(std::unique_ptr<RandomAccess> file, car::FollowedCar car)
      : file_(std::move(file)), car_(std::move(car)) {}
  std::unique_ptr<RandomAccess> file_;  // before car_, which reads from it
  car::FollowedCar car_;
};

Result<std::optional<std::string>> read_text(os::FileSystem& fs, const std::string& path) {
  const auto bytes = os::read_file(fs, path, Limits{}.json_bytes);
  if (bytes) return std::optional(std::string(as_text(*bytes)));
  if (bytes.error().kind == ErrorKind::not_found) return std::optional<std::string>{};
  return bytes.error();
}

class FolderSource final : public BackupSource {
 public:
  FolderSource(os::FileSystem& fs, std::string folder) : fs_(fs), folder_(std::move(folder)) {}

  Status load() {
    TRY(add_manifest(kManifestFile));
    TRY(add_manifest(kNextManifestFile));
    const bool has_repository = os::exists(fs_, path(kRepoFile));
    if (!has_repository && manifests_.empty() && problems_.empty()) {
      return fail(ErrorKind::not_found, "backup.not_found", folder_ + " holds no backup",
                  "make one with export ACCOUNT -o " + folder_ + "/");
    }
    if (!has_repository && !os::exists(fs_, path(kManifestFile))) {
      return fail(ErrorKind::not_found, "backup.unfinished",
                  "the first export into " + folder_ + " did not finish", "run the same export again");
    }
    if (manifests_.size() == 2) TRY(put_first_what_lies_there());
    return {};
  }

  std::string name() const override { return folder_; }
  Result<std::unique_ptr<Repository>> open_repository(const Limits& limits, FindingSink& findings,
                                                      Progress& progress, const StopToken& stop) override {
    return CarRepository::open(TRY(open_car()), limits, findings, progress, stop);
  }
  Result<std::unique_ptr<RandomAccess>> open_car() override { return fs_.open(path(kRepoFile)); }
  Result<std::optional<std::string>> plc_log() override { return read_text(fs_, path(kPlcLogFile)); }
  Result<std::optional<std::string>> did_document() override { return read_text(fs_, path(kDidFile)); }
  Result<std::optional<std::string>> preferences() override { return read_text(fs_, path(kPreferencesFile)); }
  const std::vector<Manifest>& manifests() const override { return manifests_; }
  bool holds_blobs() const override { return true; }

  Result<std::vector<BlobFile>> list_blobs() override {
    const std::string folder = blobs_path(folder_);
    const auto names = fs_.list(folder);
    if (!names) {
      if (names.error().kind == ErrorKind::not_found) return std::vector<BlobFile>{};
      return names.error();
    }
    std::vector<BlobFile> blobs;
    for (const std::string& file : *names) {
      const auto cid = blob_of(file);
      if (!cid) continue;
      const auto info = TRY(fs_.stat(os::join(folder, file)));
      if (info.type == os::FileInfo::Type::file) blobs.push_back({*cid, info.size});
    }
    std::ranges::sort(blobs, {}, &BlobFile::cid);
    return blobs;
  }

  Result<std::unique_ptr<RandomAccess>> open_blob(const ipld::Cid& cid) const override {
    return fs_.open(blob_path(folder_, cid));
  }

  Status check_files(FindingSink& findings, Progress& progress, const StopToken& stop) override {
    for (const Finding& problem : problems_) findings.add(problem);
    std::set<std::string> names;
    for (const Manifest& manifest : manifests_) {
      for (const FileEntry& file : files_of(manifest)) names.insert(file.name);
    }
    std::uint64_t bytes = 0;
    for (const std::string& file : names) bytes += TRY(check_file(file, findings, stop));
    progress.report({.phase = "files", .bytes = bytes, .items = names.size(), .done = true});
    return {};
  }

 private:
  std::string path(std::string_view name) const { return file_path(folder_, name); }

  Status add_manifest(std::string_view name) {
    auto manifest = read_manifest(fs_, path(name));
    if (manifest) {
      if (*manifest) manifests_.push_back(std::move(**manifest));
      return {};
    }
    if (manifest.error().id != "manifest.format") return manifest.error();
    problems_.push_back({"manifest.format", Severity::damage, std::string(name), manifest.error().message});
    return {};
  }

  // A killed update leaves two generations. The repository is written last: it says which one counts.
  Status put_first_what_lies_there() {
    const FileEntry& newer = manifests_[1].repository.file;
    if (newer == manifests_[0].repository.file) return {};
    const auto found = TRY(hash_file(fs_, path(kRepoFile), {}));
    if (found && found->hex() == newer.sha256) std::swap(manifests_[0], manifests_[1]);
    return {};
  }

  // A file may be of either generation. Gives its length.
  Result<std::uint64_t> check_file(const std::string& file, FindingSink& findings,
                                   const StopToken& stop) const {
    const auto found = TRY(hash_file(fs_, path(file), stop));
    bool may_be_absent = false;
    for (const Manifest& manifest : manifests_) {
      const FileEntry* entry = find_file(manifest, file);
      if (entry == nullptr) {
        may_be_absent = true;
      } else if (found && found->bytes == entry->bytes && found->hex() == entry->sha256) {
        return found->bytes;
      }
    }
    if (found) {
      findings.add({"file.changed", Severity::damage, file,
                    fmt::format("its {} bytes are not those that backup.json lists", found->bytes)});
      return found->bytes;
    }
    if (!may_be_absent) {
      findings.add({"file.missing", Severity::damage, file, "backup.json lists it, but it is not there"});
    }
    return 0;
  }

  os::FileSystem& fs_;
  std::string folder_;
  std::vector<Manifest> manifests_;
  std::vector<Finding> problems_;
};

class CarSource final : public BackupSource {
 public:
  CarSource(os::FileSystem& fs, std::string path, CarCompanions companions)
      : fs_(fs), path_(std::move(path)), companions_(std::move(companions)) {}

  std::string name() const override { return path_; }
  Result<std::unique_ptr<Repository>> open_repository(const Limits& limits, FindingSink& findings,
                                                      Progress& progress, const StopToken& stop) override {
    return CarRepository::open(TRY(open_car()), limits, findings, progress, stop);
  }
  Result<std::unique_ptr<RandomAccess>> open_car() override { return fs_.open(path_); }
  Result<std::optional<std::string>> plc_log() override {
    if (companions_.plc_log_path.empty()) return read_text(fs_, companion_path(path_, kPlcLogFile));
    // Named by the user: it must be there.
    const Bytes bytes = TRY(os::read_file(fs_, companions_.plc_log_path, Limits{}.json_bytes));
    return std::optional(std::string(as_text(bytes)));
  }
  Result<std::optional<std::string>> did_document() override {
    return read_text(fs_, companion_path(path_, kDidFile));
  }
  Result<std::optional<std::string>> preferences() override { return std::optional<std::string>{}; }
  const std::vector<Manifest>& manifests() const override { return manifests_; }
  bool holds_blobs() const override { return false; }
  Result<std::vector<BlobFile>> list_blobs() override { return std::vector<BlobFile>{}; }
  Result<std::unique_ptr<RandomAccess>> open_blob(const ipld::Cid& cid) const override {
    return fail(ErrorKind::not_found, "file.not_found", "a CAR file holds no blobs, such as " + cid.str());
  }
  Status check_files(FindingSink&, Progress&, const StopToken&) override { return {}; }

 private:
  os::FileSystem& fs_;
  std::string path_;
  CarCompanions companions_;
  std::vector<Manifest> manifests_;  // always empty
};

Error not_found(const std::string& path) {
  return {ErrorKind::not_found, "backup.not_found", "there is no backup at " + path, {}};
}

}  // namespace

std::string suspect_path(const std::string& car) { return car + ".suspect"; }

std::string companion_path(const std::string& car, std::string_view name) {
  return car + "." + std::string(name);
}

Result<std::unique_ptr<BackupSource>> open_backup(os::FileSystem& fs, const std::string& path) {
  const auto info = fs.stat(path);
  if (!info) return info.error().kind == ErrorKind::not_found ? not_found(path) : info.error();
  if (info->type != os::FileInfo::Type::folder) return open_car_backup(fs, path, {});
  auto source = std::make_unique<FolderSource>(fs, without_slash(path));
  TRY(source->load());
  return std::unique_ptr<BackupSource>(std::move(source));
}

Result<std::unique_ptr<BackupSource>> open_car_backup(os::FileSystem& fs, const std::string& path,
                                                      const CarCompanions& companions) {
  if (!os::exists(fs, path)) return not_found(path);
  return std::unique_ptr<BackupSource>(std::make_unique<CarSource>(fs, path, companions));
}

}  // namespace atb::backup
