// The files that a backup is made of, for somebody who wants to know later whether they are still the same.
#pragma once

#include "core/backup/folder.h"

#include <vector>

namespace atb::backup {

// Every file of the backup at `path` that is there, but the blobs, hashed, under the name it has in a folder;
// of a lone CAR, the CAR and what lies beside it.
Result<std::vector<FileEntry>> hash_files(os::FileSystem& fs, const std::string& path,
                                          const CarCompanions& companions, const StopToken& stop);

}  // namespace atb::backup
