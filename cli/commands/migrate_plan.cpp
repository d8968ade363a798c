// `migrate --dry-run`.
#include "cli/commands/commands.h"
#include "cli/commands/migrate_options.h"
#include "cli/render/plan_view.h"
#include "cli/render/step_view.h"
#include "core/migrate/dry_run.h"

namespace atb::cli {
namespace {

Result<migrate::DryRun> look(Shell& shell, const MigrateOptions& options) {
  exporter::Context& context = *TRY(shell.context());
  StepView view(shell);
  const std::string state_folder = TRY(shell.state_folder());
  const migrate::World world = move_world(shell, context, view, state_folder);
  const migrate::Options wanted = TRY(move_options(shell, options));
  return migrate::dry_run(world, TRY(account_argument(options.account)), wanted,
                          move_secrets(shell, options));
}

}  // namespace

ExitCode run_migrate_plan(Shell& shell, const MigrateOptions& options) {
  const auto run = look(shell, options);
  if (!run) return shell.error(run.error());
  show_plan(shell, *run);
  const bool ready = run->plan.obstacles.empty();
  shell.text(ready ? "\nNothing stands against it. Nothing was changed by looking.\n"
                   : "\nNothing was changed by looking.\n");
  return shell.summary("migrate --dry-run", ready ? ExitCode::done : ExitCode::refused,
                       data::Object()
                           .set("did", run->observed.did.str())
                           .set("ready", ready)
                           .set("obstacles", static_cast<std::int64_t>(run->plan.obstacles.size())));
}

}  // namespace atb::cli
