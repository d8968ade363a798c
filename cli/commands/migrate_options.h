// What the commands about moves share: flags into what core/migrate takes.
#pragma once

#include "cli/shell.h"
#include "core/migrate/migrate.h"

#include <string>

namespace atb::cli {

Result<migrate::Options> move_options(Shell& shell, const MigrateOptions& options);
migrate::SecretSources move_secrets(Shell& shell, const MigrateOptions& options);
// Borrows all of it.
migrate::World move_world(Shell& shell, exporter::Context& context, migrate::Watcher& watcher,
                          const std::string& state_folder);

}  // namespace atb::cli
