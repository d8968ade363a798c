// backup.json: what a backup folder holds, with hashes, and what is missing and why. Format:
// docs/backup-folder.md.
#pragma once

#include "core/base/limits.h"
#include "core/base/result.h"
#include "core/ipld/cid.h"
#include "core/syntax/did.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::backup {

struct FileEntry {
  std::string name;    // inside the folder
  std::string sha256;  // hex
  std::uint64_t bytes = 0;
  friend bool operator==(const FileEntry&, const FileEntry&) = default;
};

struct RepositoryEntry {
  FileEntry file;
  ipld::Cid commit;
  ipld::Cid data;   // root of the MST
  std::string rev;  // of the verified commit
  std::uint64_t records = 0;
  std::uint64_t blocks = 0;
};

struct PreferencesEntry {
  FileEntry file;
  bool partial = false;  // read with an app password: the host leaves out what only the main password sees
};

struct MissingBlob {
  ipld::Cid cid;
  std::string reason;  // what the host said; remote text
};

struct Manifest {
  syntax::Did did;
  std::string handle;   // at export; may be empty
  std::string host;     // origin the repository came from
  std::string created;  // RFC 3339
  std::string program;  // "atbackup 0.1.0"
  RepositoryEntry repository;
  std::optional<FileEntry> plc_log;  // did:plc only
  FileEntry did_document;
  std::optional<PreferencesEntry> preferences;
  std::string preferences_absent;  // why there are none: "not logged in"
  std::vector<ipld::Cid> blobs;    // present and right when written; sorted
  std::uint64_t blob_bytes = 0;
  std::vector<MissingBlob> missing_blobs;  // referenced, but the host could not give them
};

// Ids "manifest.format" (corrupt), "manifest.version" (unsupported: newer than this program; exit 13).
Result<Manifest> parse_manifest(std::string_view json, const Limits& limits);
std::string manifest_json(const Manifest& manifest);

}  // namespace atb::backup
