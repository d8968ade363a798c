// The names in a backup folder and small helpers that its writer and its reader share.
#pragma once

#include "core/backup/folder.h"

#include <vector>

namespace atb::backup {

// A backup.json of a million blobs is some 70 MB.
inline constexpr std::size_t kManifestBytes = 128U << 20;

// Without slashes at the end: "backup/" is how people write folders.
std::string without_slash(std::string path);
std::string file_path(const std::string& folder, std::string_view name);
std::string blobs_path(const std::string& folder);
// The CID that a name in blobs/ stands for; empty for anything else.
std::optional<ipld::Cid> blob_of(std::string_view name);

// SHA-256 and length of a file, read in pieces.
struct Hashed {
  crypto::Digest digest{};
  std::uint64_t bytes = 0;
  std::string hex() const;
};
Result<Hashed> hash_file(const RandomAccess& file, const StopToken& stop);
// Empty when there is no such file.
Result<std::optional<Hashed>> hash_file(os::FileSystem& fs, const std::string& path, const StopToken& stop);

// Empty when there is no such file. Errors as parse_manifest.
Result<std::optional<Manifest>> read_manifest(os::FileSystem& fs, const std::string& path);

// Every file that a manifest lists.
std::vector<FileEntry> files_of(const Manifest& manifest);
// The entry of that name, if the manifest lists it.
const FileEntry* find_file(const Manifest& manifest, std::string_view name);

// Does the folder hold what this manifest lists (the four files; blobs are not looked at)?
Result<bool> matches_files(os::FileSystem& fs, const std::string& folder, const Manifest& manifest,
                           const StopToken& stop);

}  // namespace atb::backup
