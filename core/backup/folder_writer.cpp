#include "core/backup/files.h"
#include "core/backup/folder.h"
#include "core/base/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace atb::backup {
namespace {

constexpr std::string_view kLockFile = ".lock";

Status remove_if_there(os::FileSystem& fs, const std::string& path) {
  auto status = fs.remove(path);
  if (!status && status.error().kind == ErrorKind::not_found) return {};
  return status;
}

// A folder full of someone else's files is a slip of the pen ("-o ~"), not a place for a backup.
Status refuse_foreign(os::FileSystem& fs, const std::string& folder) {
  const auto info = fs.stat(folder);
  if (!info) return info.error().kind == ErrorKind::not_found ? Status{} : Status(info.error());
  if (info->type != os::FileInfo::Type::folder) {
    return fail(ErrorKind::conflict, "backup.not_a_folder", folder + " is there already and is no folder",
                "give a folder, or a name that ends in .car");
  }
  const auto names = TRY(fs.list(folder));
  const bool ours = std::ranges::any_of(names, [](const std::string& name) {
    return name == kLockFile || name == kManifestFile || name == kNextManifestFile || name == kRepoFile;
  });
  // Empty, or a first run lost power when it had made only this.
  const bool fresh = std::ranges::all_of(names, [](const std::string& name) { return name == kBlobFolder; });
  if (ours || fresh) return {};
  return fail(ErrorKind::refused, "backup.foreign_folder", folder + " holds other files and no backup",
              "give an empty folder, or one that is not there yet");
}

Status sweep(os::FileSystem& fs, const std::string& folder) {
  const auto names = TRY(fs.list(folder));
  for (const std::string& name : names) {
    if (os::is_temporary_name(name)) TRY(remove_if_there(fs, os::join(folder, name)));
  }
  return {};
}

// A manifest that does not parse is moved aside: the run writes a new one from what it proves itself.
Result<std::optional<Manifest>> read_or_set_aside(os::FileSystem& fs, const std::string& path) {
  auto manifest = read_manifest(fs, path);
  if (manifest || manifest.error().id != "manifest.format") return manifest;
  TRY(fs.rename(path, path + ".rejected"));
  TRY(fs.sync_folder(os::parent_of(path)));
  return std::optional<Manifest>{};
}

// For each file, the entry of whichever generation lies there; where neither does, the older one's.
FileEntry settled(const FileEntry& older, const FileEntry* newer, const std::optional<Hashed>& found) {
  const bool is_newer =
      newer != nullptr && found && found->bytes == newer->bytes && found->hex() == newer->sha256;
  return is_newer ? *newer : older;
}

// A run that was killed while it published left files of two generations. Before a third one begins,
// backup.json must say what lies there now, or a second kill would leave a file that no manifest knows.
Result<Manifest> settle(os::FileSystem& fs, const std::string& folder, Manifest current,
                        const Manifest& next) {
  const StopToken never;
  const auto found = [&](std::string_view name) { return hash_file(fs, file_path(folder, name), never); };
  const auto document = TRY(found(kDidFile));
  current.did_document = settled(current.did_document, &next.did_document, document);
  if (next.plc_log) {
    const auto log = TRY(found(kPlcLogFile));
    current.plc_log = settled(current.plc_log.value_or(*next.plc_log), &*next.plc_log, log);
  }
  if (next.preferences) {
    const auto preferences = TRY(found(kPreferencesFile));
    const FileEntry& entry = next.preferences->file;
    if (preferences && preferences->hex() == entry.sha256) current.preferences = next.preferences;
  }
  // The repository is the last file of a generation; it is the newer one only when another file was damaged
  // since.
  const auto repository = TRY(found(kRepoFile));
  if (repository && repository->hex() == next.repository.file.sha256) {
    current.repository = next.repository;
    current.blobs = next.blobs;
    current.blob_bytes = next.blob_bytes;
    current.missing_blobs = next.missing_blobs;
  }
  return current;
}

std::string hash_text(ByteView text) { return hex_encode(crypto::sha256(text)); }

}  // namespace

FolderWriter::FolderWriter(os::FileSystem& fs, os::Random& random, std::string folder)
    : fs_(&fs), random_(&random), folder_(std::move(folder)), creating_(std::make_unique<std::mutex>()) {}
FolderWriter::FolderWriter(FolderWriter&&) noexcept = default;
FolderWriter::~FolderWriter() = default;

Result<FolderWriter> FolderWriter::begin(os::FileSystem& fs, os::Random& random, std::string folder) {
  folder = without_slash(std::move(folder));
  TRY(refuse_foreign(fs, folder));
  TRY(fs.make_folders(folder));
  FolderWriter writer(fs, random, std::move(folder));
  writer.lock_ = TRY_CONTEXT("while locking the backup folder " + writer.folder_,
                             fs.lock(file_path(writer.folder_, kLockFile)));
  TRY(fs.make_folders(blobs_path(writer.folder_)));
  TRY(sweep(fs, writer.folder_));
  TRY(sweep(fs, blobs_path(writer.folder_)));
  TRY(writer.load());
  return writer;
}

Status FolderWriter::load() {
  const std::string manifest_path = file_path(folder_, kManifestFile);
  const std::string next_path = file_path(folder_, kNextManifestFile);
  current_ = TRY(read_or_set_aside(*fs_, manifest_path));
  const auto next = TRY(read_or_set_aside(*fs_, next_path));
  if (!next) return {};
  if (TRY(matches_files(*fs_, folder_, *next, {}))) {
    // Killed just before the last step: finish it.
    TRY(fs_->rename(next_path, manifest_path));
    TRY(fs_->sync_folder(folder_));
    current_ = next;
    return {};
  }
  if (!current_) return {};  // a first run that never finished: nothing counts yet
  current_ = TRY(settle(*fs_, folder_, std::move(*current_), *next));
  TRY(os::write_file(*fs_, *random_, manifest_path, as_bytes(manifest_json(*current_))));
  TRY(remove_if_there(*fs_, next_path));
  return fs_->sync_folder(folder_);
}

Result<std::optional<std::uint64_t>> FolderWriter::blob_bytes(const ipld::Cid& cid, const StopToken& stop) {
  const std::string path = blob_path(folder_, cid);
  const auto hashed = TRY(hash_file(*fs_, path, stop));
  if (hashed && hashed->digest == cid.digest()) return std::optional(hashed->bytes);
  if (hashed) TRY(fs_->rename(path, path + ".rejected"));
  return std::optional<std::uint64_t>{};
}

Result<os::AtomicFile> FolderWriter::create(std::string path) const {
  const std::scoped_lock lock(*creating_);
  return os::AtomicFile::create(*fs_, *random_, std::move(path));
}

Result<os::AtomicFile> FolderWriter::new_blob(const ipld::Cid& cid) {
  return create(blob_path(folder_, cid));
}
Result<os::AtomicFile> FolderWriter::new_repository() { return create(file_path(folder_, kRepoFile)); }
Result<os::AtomicFile> FolderWriter::scratch() { return create(file_path(folder_, "scratch")); }

// Preferences of an earlier run stay listed while this run has none: a backup does not forget. Damaged ones
// are moved aside.
Status FolderWriter::keep_preferences(Manifest& manifest) {
  if (!current_ || !current_->preferences) return {};
  const FileEntry& entry = current_->preferences->file;
  const std::string path = file_path(folder_, kPreferencesFile);
  const auto hashed = TRY(hash_file(*fs_, path, {}));
  if (!hashed) return {};
  if (hashed->hex() == entry.sha256) {
    manifest.preferences = current_->preferences;
    return {};
  }
  TRY(fs_->rename(path, path + ".rejected"));
  return fs_->sync_folder(folder_);
}

Status FolderWriter::publish(Manifest manifest, Content content) {
  const auto entry = [](std::string_view name, const std::string& text) {
    return FileEntry{std::string(name), hash_text(as_bytes(text)), text.size()};
  };
  manifest.did_document = entry(kDidFile, content.did_document);
  manifest.plc_log.reset();
  if (!content.plc_log.empty()) manifest.plc_log = entry(kPlcLogFile, content.plc_log);
  if (content.preferences) {
    manifest.preferences =
        PreferencesEntry{entry(kPreferencesFile, *content.preferences), content.preferences_partial};
  } else {
    manifest.preferences.reset();
    TRY(keep_preferences(manifest));
  }
  std::ranges::sort(manifest.blobs);

  const auto write = [this](std::string_view name, std::string_view text) {
    return os::write_file(*fs_, *random_, file_path(folder_, name), as_bytes(text));
  };
  TRY(write(kNextManifestFile, manifest_json(manifest)));
  if (manifest.plc_log) TRY(write(kPlcLogFile, content.plc_log));
  TRY(write(kDidFile, content.did_document));
  if (content.preferences) TRY(write(kPreferencesFile, *content.preferences));
  if (content.repository != nullptr) TRY(content.repository->commit());
  TRY(fs_->rename(file_path(folder_, kNextManifestFile), file_path(folder_, kManifestFile)));
  TRY(fs_->sync_folder(folder_));
  current_ = std::move(manifest);
  return {};
}

}  // namespace atb::backup
