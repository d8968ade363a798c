// What is rehearsed: the account of a backup, its history, and how much there is of it. Private to this
// module.
#pragma once

#include "core/backup/source.h"
#include "core/os/file_system.h"
#include "core/plc/audit.h"
#include "core/syntax/did.h"

#include <cstdint>
#include <optional>
#include <string>

namespace atb::rehearse {

// All of it is the backup's word; the move proves it.
struct Subject {
  syntax::Did did;
  std::optional<plc::AuditedLog> log = {};        // of a did:plc
  std::string document = {};                      // of a did:web, JSON
  std::optional<std::uint64_t> preferences = {};  // that a host takes; empty: the backup has none
  std::uint64_t bytes = 0;                        // repository and blobs
};

// Ids "rehearse.no_log" (refused: neither a log nor the document of a did:web), "did.tombstoned" (gone),
// those of plc::parse_log and plc::audit_log, of backup::open_backup.
Result<Subject> look_at_backup(os::FileSystem& fs, const std::string& path, const Limits& limits);

// "rehearse.space" (no_space).
Status check_space(os::FileSystem& fs, const std::string& folder, const Subject& subject);

}  // namespace atb::rehearse
