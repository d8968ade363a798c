#include "core/backup/file_list.h"

#include "core/backup/files.h"

namespace atb::backup {

Result<std::vector<FileEntry>> hash_files(os::FileSystem& fs, const std::string& path,
                                          const CarCompanions& companions, const StopToken& stop) {
  const os::FileInfo info = TRY(fs.stat(path));
  std::vector<std::pair<std::string_view, std::string>> files;
  if (info.type == os::FileInfo::Type::folder) {
    for (const std::string_view name :
         {kRepoFile, kPlcLogFile, kDidFile, kPreferencesFile, kManifestFile, kNextManifestFile})
      files.emplace_back(name, file_path(without_slash(path), name));
  } else {
    const std::string& log = companions.plc_log_path;
    files.emplace_back(kRepoFile, path);
    files.emplace_back(kPlcLogFile, log.empty() ? companion_path(path, kPlcLogFile) : log);
    files.emplace_back(kDidFile, companion_path(path, kDidFile));
  }
  std::vector<FileEntry> entries;
  for (const auto& [name, place] : files) {
    const auto found = TRY(hash_file(fs, place, stop));
    if (found) entries.push_back({std::string(name), found->hex(), found->bytes});
  }
  return entries;
}

}  // namespace atb::backup
