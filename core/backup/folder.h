// The backup folder (docs/backup-folder.md): plain files that any tool opens. This file alone makes and
// parses its names.
//
//   repo.car  did.json  plc-log.json  preferences.json  backup.json  backup.json.next  blobs/<cid>  .lock
//   repo.car.suspect   a new repository that raised an alarm (rolled back, forked, emptied); the older one
//   stays as repo.car
//   plc-log.json.older the log of an earlier export, when a later one lacks an operation of it
//   *.rejected         what came but was not authentic, or was damaged here; for a look, never a backup
#pragma once

#include "core/backup/source.h"
#include "core/os/atomic_file.h"
#include "core/os/file_system.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace atb::backup {

inline constexpr std::string_view kRepoFile = "repo.car";
inline constexpr std::string_view kRejectedFile = "repo.car.rejected";
inline constexpr std::string_view kDidFile = "did.json";
inline constexpr std::string_view kPlcLogFile = "plc-log.json";
inline constexpr std::string_view kOlderPlcLogFile = "plc-log.json.older";
inline constexpr std::string_view kPreferencesFile = "preferences.json";
inline constexpr std::string_view kManifestFile = "backup.json";
inline constexpr std::string_view kNextManifestFile = "backup.json.next";
inline constexpr std::string_view kBlobFolder = "blobs";

// "<folder>/blobs/<cid>".
std::string blob_path(const std::string& folder, const ipld::Cid& cid);
// "F.car" + "plc-log.json" = "F.car.plc-log.json": what lies beside a lone CAR.
std::string companion_path(const std::string& car, std::string_view name);
// "F.car.suspect", "repo.car.suspect": a new repository that raised an alarm.
std::string suspect_path(const std::string& car);

// Writes one new generation into a folder, in the order that survives being killed anywhere:
// begin() (lock, make folders, sweep leftovers) … blobs … publish(). See docs/backup-folder.md.
class FolderWriter {
 public:
  static Result<FolderWriter> begin(os::FileSystem& fs, os::Random& random, std::string folder);
  FolderWriter(FolderWriter&&) noexcept;
  ~FolderWriter();

  const std::string& folder() const { return folder_; }
  // The generation that counts now (the next one, if a killed run had already finished its files), if there
  // is one.
  const std::optional<Manifest>& current() const { return current_; }

  // Its length if blobs/<cid> is there and hashes right; a wrong one is moved aside as <cid>.rejected. May be
  // called from several threads.
  Result<std::optional<std::uint64_t>> blob_bytes(const ipld::Cid& cid, const StopToken& stop);
  // A blob on its way; commit() it once its hash is known to be right. May be called from several threads.
  Result<os::AtomicFile> new_blob(const ipld::Cid& cid);
  // A new repository on its way; not committed by the caller.
  Result<os::AtomicFile> new_repository();
  // A scratch file in the folder, removed by its destructor.
  Result<os::AtomicFile> scratch();

  struct Content {
    os::AtomicFile* repository = nullptr;  // null: unchanged
    std::string plc_log;                   // empty: none
    std::string did_document;
    std::optional<std::string> preferences;
    bool preferences_partial = false;
  };
  // Fills in the file entries of `manifest` (all but the repository's, which the caller has counted; without
  // preferences, those of an earlier run stay listed), then: backup.json.next, log, document, preferences,
  // repo.car, rename to backup.json; each synced.
  Status publish(Manifest manifest, Content content);

 private:
  FolderWriter(os::FileSystem& fs, os::Random& random, std::string folder);
  Status load();
  Result<os::AtomicFile> create(std::string path) const;
  Status keep_preferences(Manifest& manifest);

  os::FileSystem* fs_;
  os::Random* random_;
  std::string folder_;
  std::unique_ptr<os::FileLock> lock_;
  std::unique_ptr<std::mutex> creating_;  // os::Random need not be safe from several threads
  std::optional<Manifest> current_;
};

// Opens a folder ("backup.not_found" when it is none, "backup.unfinished" when its first export did not
// finish; kind not_found) or, for a file, a CAR with the files beside it (F.car.plc-log.json,
// F.car.did.json). Everything is read through `fs`.
Result<std::unique_ptr<BackupSource>> open_backup(os::FileSystem& fs, const std::string& path);
// As open_backup() for a CAR, with another PLC log.
struct CarCompanions {
  std::string plc_log_path;  // empty: beside the CAR
};
Result<std::unique_ptr<BackupSource>> open_car_backup(os::FileSystem& fs, const std::string& path,
                                                      const CarCompanions& companions);

}  // namespace atb::backup
