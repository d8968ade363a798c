// The repository that lies where a new one is about to be written, read from the CAR itself: for a lone CAR,
// and for a folder whose manifest is lost. A host must not make us forget what it gave before.
#pragma once

#include "core/backup/manifest.h"
#include "core/base/report.h"
#include "core/exporter/context.h"

#include <optional>
#include <string>

namespace atb::exporter {

struct Earlier {
  // Empty: no commit could be read.
  std::optional<syntax::Did> did;
  std::optional<backup::RepositoryEntry> repository;  // its file entry is left empty
  bool damaged = false;  // not a whole repository: not to be replaced without being kept
};

// Empty when there is no file. The commit's signature is not looked at: what lies on the user's own disk is
// believed when it says that there was a later rev.
Result<std::optional<Earlier>> read_earlier(const Context& context, const std::string& car_path);

// "backup.other_account" (refused) when `earlier` is of another account than `did`.
Status check_same_account(const std::optional<syntax::Did>& earlier, const syntax::Did& did,
                          const std::string& path);

// Moves a damaged older file to PATH.rejected and tells it ("backup.older_damaged", warning).
Status set_aside(const Context& context, const std::string& path, Report& report);

}  // namespace atb::exporter
