#include "core/backup/files.h"

#include "core/base/encoding.h"
#include "core/crypto/sha256.h"

namespace atb::backup {
namespace {

constexpr std::size_t kChunk = 256U << 10;

}  // namespace

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string file_path(const std::string& folder, std::string_view name) {
  return os::join(folder, std::string(name));
}

std::string blobs_path(const std::string& folder) { return file_path(folder, kBlobFolder); }

std::string blob_path(const std::string& folder, const ipld::Cid& cid) {
  return os::join(blobs_path(folder), cid.str());
}

std::optional<ipld::Cid> blob_of(std::string_view name) {
  const auto cid = ipld::Cid::parse(name);
  if (!cid || cid->str() != name) return std::nullopt;
  return *cid;
}

std::string Hashed::hex() const { return hex_encode(digest); }

Result<Hashed> hash_file(const RandomAccess& file, const StopToken& stop) {
  crypto::Sha256 hash;
  Hashed result;
  Bytes buffer(kChunk);
  while (true) {
    TRY(check_stop(stop));
    const std::size_t got = TRY(file.read_at(result.bytes, buffer));
    if (got == 0) break;
    hash.update(ByteView(buffer).first(got));
    result.bytes += got;
  }
  result.digest = hash.finish();
  return result;
}

Result<std::optional<Hashed>> hash_file(os::FileSystem& fs, const std::string& path, const StopToken& stop) {
  const auto file = fs.open(path);
  if (!file) {
    if (file.error().kind == ErrorKind::not_found) return std::optional<Hashed>{};
    return file.error();
  }
  return std::optional(TRY(hash_file(**file, stop)));
}

Result<std::optional<Manifest>> read_manifest(os::FileSystem& fs, const std::string& path) {
  const auto text = os::read_file(fs, path, kManifestBytes);
  if (!text) {
    if (text.error().kind == ErrorKind::not_found) return std::optional<Manifest>{};
    return text.error();
  }
  Limits limits;
  limits.json_bytes = kManifestBytes;
  return std::optional(TRY(parse_manifest(as_text(*text), limits)));
}

std::vector<FileEntry> files_of(const Manifest& manifest) {
  std::vector<FileEntry> files{manifest.repository.file, manifest.did_document};
  if (manifest.plc_log) files.push_back(*manifest.plc_log);
  if (manifest.preferences) files.push_back(manifest.preferences->file);
  return files;
}

const FileEntry* find_file(const Manifest& manifest, std::string_view name) {
  if (name == kRepoFile) return &manifest.repository.file;
  if (name == kDidFile) return &manifest.did_document;
  if (name == kPlcLogFile && manifest.plc_log) return &*manifest.plc_log;
  if (name == kPreferencesFile && manifest.preferences) return &manifest.preferences->file;
  return nullptr;
}

Result<bool> matches_files(os::FileSystem& fs, const std::string& folder, const Manifest& manifest,
                           const StopToken& stop) {
  for (const FileEntry& entry : files_of(manifest)) {
    const auto hashed = TRY(hash_file(fs, file_path(folder, entry.name), stop));
    if (!hashed || hashed->bytes != entry.bytes || hashed->hex() != entry.sha256) return false;
  }
  return true;
}

}  // namespace atb::backup
