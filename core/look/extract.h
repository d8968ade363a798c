// Taking a backup out in open formats: records as JSON lines, the repository as a CAR, blobs as files with
// names that programs know. Each file lands whole or not at all. A file that is there is not overwritten
// unless `force`: "look.file_exists" (kind refused), before anything is read.
//
// The names are the user's own, and CIDs; nothing that a record says becomes part of a path. So there is no
// record key that could escape, or collide where case is ignored: that is why records come as lines.
#pragma once

#include "core/backup/depth_first.h"
#include "core/look/look.h"
#include "core/os/atomic_file.h"

namespace atb::look {

struct Context {
  os::FileSystem& fs;
  os::Random& random;
  verify::Options options;
  Progress& progress;
  StopToken stop;
  bool force = false;
  Reach reach = Reach::proven;  // of records
};

struct Records {
  verify::Verdict verdict;
  std::uint64_t records = 0;
  std::uint64_t salvaged = 0;   // of those
  std::uint64_t deviating = 0;  // of those, lines with "deviation" and "cbor"
  bool kept = false;            // there was a commit, or something to salvage
};
// A line each, as record_object(). What is there of a damaged repository.
Result<Records> write_records(backup::BackupSource& source, const Context& context, ByteSink& out);
// The same into a file, which is not made when there is nothing to tell.
Result<Records> extract_records(backup::BackupSource& source, const Context& context,
                                const std::string& path);

struct Car {
  verify::Verdict verdict;
  std::string path;  // empty: nothing could be written
  bool whole = false;
  backup::DepthFirstFacts facts;
};
// The repository, depth-first, with its PLC log and DID document beside it, as export writes them. One that
// is not whole and authentic becomes `path`.rejected: the blocks that hash right, as they lay, for a look. A
// signature that nothing here can prove does not hinder.
Result<Car> extract_car(backup::BackupSource& source, const Context& context, const std::string& path);

struct Blobs {
  verify::Verdict verdict;  // also with "look.file_exists" (missing): another file is in a blob's place
  std::uint64_t written = 0;
  std::uint64_t already = 0;  // there before, and right
  std::uint64_t bytes = 0;    // of those written
};
// Every blob of a backup folder, hashed on the way, as `folder`/CID with the ending of its type; one that
// does not hash right as that name and ".rejected". Run again, it goes on where it stopped. Id
// "look.no_blobs" for a CAR.
Result<Blobs> extract_blobs(backup::BackupSource& source, const Context& context, const std::string& folder);

// ".jpg" for "image/jpeg", from a fixed table; "" for what is not in it. Types that may hold scripts (HTML,
// SVG) are left out on purpose: the type is the record's word.
std::string_view ending_of(std::string_view mime_type);

}  // namespace atb::look
