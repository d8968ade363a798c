// A plan of a move on paper and as JSON.
#pragma once

#include "cli/shell.h"
#include "core/migrate/dry_run.h"

namespace atb::cli {

// The whole of it, but for the summary: steps, changes of the identity, time, what stands against it.
void show_plan(Shell& shell, const migrate::DryRun& run);

}  // namespace atb::cli
