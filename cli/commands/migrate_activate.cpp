// `migrate activate`.
#include "cli/commands/commands.h"
#include "cli/commands/migrate_options.h"
#include "cli/render/step_view.h"
#include "core/base/text.h"
#include "core/migrate/activate.h"

#include <fmt/format.h>

namespace atb::cli {
namespace {

Result<migrate::Activated> activate(Shell& shell, const MigrateOptions& options) {
  exporter::Context& context = *TRY(shell.context());
  StepView view(shell);
  const std::string state_folder = TRY(shell.state_folder());
  const migrate::World world = move_world(shell, context, view, state_folder);
  const migrate::Options wanted = TRY(move_options(shell, options));
  const auto account = TRY(account_argument(options.account));
  return migrate::activate(world, account, wanted, move_secrets(shell, options));
}

}  // namespace

ExitCode run_migrate_activate(Shell& shell, const MigrateOptions& options) {
  const auto activated = activate(shell, options);
  if (!activated) return shell.error(activated.error());
  shell.text(fmt::format("{} is active on {}{}.\n", activated->did, printable(activated->host),
                         activated->was_active ? ", as it was before" : " again"));
  return shell.summary("migrate activate", ExitCode::done,
                       data::Object()
                           .set("did", activated->did)
                           .set("host", activated->host)
                           .set("was_active", activated->was_active));
}

}  // namespace atb::cli
