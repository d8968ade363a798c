// Whether there is space on a disk, asked before it is taken.
#pragma once

#include "core/os/file_system.h"

namespace atb::exporter {

// "export.no_space" unless `bytes` fit into `folder`, and a little beside them: PLC log, document, manifest.
Status check_room(os::FileSystem& fs, const std::string& folder, std::uint64_t bytes);

}  // namespace atb::exporter
