// Where verification and the move read a backup from: a folder or a lone CAR now, a vault later.
// Nothing here is trusted: the reader proves what it reads.
#pragma once

#include "core/backup/manifest.h"
#include "core/base/byte_source.h"
#include "core/base/progress.h"
#include "core/base/report.h"
#include "core/base/stop.h"
#include "core/car/followed_car.h"
#include "core/ipld/block_source.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atb::backup {

// The repository of a backup, opened. Blocks are hashed before they are handed out. One thread at a time.
class Repository {
 public:
  virtual ~Repository() = default;
  // Asked for in a walk's order, a depth-first file needs no index (car/followed_car.h).
  virtual ipld::BlockSource& blocks() = 0;
  virtual const std::vector<ipld::Cid>& roots() const = 0;
  // The CAR that it lies in, for whoever reads all of it in a way of his own. Lives as long as this.
  virtual const RandomAccess& car() const = 0;
  // Says that a block which was handed out belongs to the repository.
  virtual void reached(const ipld::Cid& cid) = 0;
  // Reads what nobody asked for. Only then is all known that follows, and are all findings told.
  virtual Status settle() = 0;
  // Counts of the container; for sources without a container, of the blocks.
  virtual const car::CarFacts& facts() const = 0;
  virtual std::uint64_t block_count() const = 0;   // each CID once
  virtual std::uint64_t extra_blocks() const = 0;  // of these, never reached
  // Where every block lies, with those marked that were reached. Makes the index if need be. Never null.
  virtual Result<car::BlockIndex*> index() = 0;
};

struct BlobFile {
  ipld::Cid cid;
  std::uint64_t bytes = 0;
};

// One thread at a time, except open_blob(), which may be called from several.
class BackupSource {
 public:
  virtual ~BackupSource() = default;
  // For messages: the path the user gave.
  virtual std::string name() const = 0;
  // Findings as car::FollowedCar::open(): `findings` and `progress` must outlive the repository.
  virtual Result<std::unique_ptr<Repository>> open_repository(const Limits& limits, FindingSink& findings,
                                                              Progress& progress, const StopToken& stop) = 0;
  // The repository as one CAR, for a host's import.
  virtual Result<std::unique_ptr<RandomAccess>> open_car() = 0;
  // JSON texts; empty when the backup has none.
  virtual Result<std::optional<std::string>> plc_log() = 0;
  virtual Result<std::optional<std::string>> did_document() = 0;
  virtual Result<std::optional<std::string>> preferences() = 0;
  // The generations of the manifest that are there, the one that counts first; empty for a lone CAR. A killed
  // update leaves two.
  virtual const std::vector<Manifest>& manifests() const = 0;
  // False: this kind of backup holds no blobs at all (a lone CAR).
  virtual bool holds_blobs() const = 0;
  // By name only: nothing is hashed.
  virtual Result<std::vector<BlobFile>> list_blobs() = 0;
  // "file.not_found" when it is not there.
  virtual Result<std::unique_ptr<RandomAccess>> open_blob(const ipld::Cid& cid) const = 0;
  // Files that the manifest lists, hashed and compared: adds findings "file.changed" (damage) and
  // "file.missing" (damage).
  virtual Status check_files(FindingSink& findings, Progress& progress, const StopToken& stop) = 0;
};

}  // namespace atb::backup
