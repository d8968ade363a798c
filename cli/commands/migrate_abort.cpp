// `migrate abort`.
#include "cli/commands/commands.h"
#include "cli/commands/migrate_options.h"
#include "cli/render/step_view.h"
#include "core/base/text.h"
#include "core/migrate/abort.h"

#include <fmt/format.h>

namespace atb::cli {
namespace {

Result<migrate::Aborted> give_up(Shell& shell, const MigrateOptions& options) {
  exporter::Context& context = *TRY(shell.context());
  StepView view(shell);
  const std::string state_folder = TRY(shell.state_folder());
  const migrate::World world = move_world(shell, context, view, state_folder);
  const migrate::Options wanted = TRY(move_options(shell, options));
  std::optional<syntax::AtIdentifier> account;
  if (!options.account.empty()) account = TRY(account_argument(options.account));
  return migrate::abort(world, account, wanted, move_secrets(shell, options));
}

}  // namespace

ExitCode run_migrate_abort(Shell& shell, const MigrateOptions& options) {
  const auto aborted = give_up(shell, options);
  if (!aborted) return shell.error(aborted.error());
  shell.text(fmt::format("The move of {} to {} is given up.\n", aborted->did, printable(aborted->new_host)));
  data::Array left;
  for (const std::string& one : aborted->left) {
    shell.text("  " + printable(one) + "\n");
    left.emplace_back(one);
  }
  shell.text("  Its journal, and its backup if it made one, lie in " + printable(aborted->folder) + ".\n");
  return shell.summary("migrate abort", ExitCode::done,
                       data::Object()
                           .set("did", aborted->did)
                           .set("old_host", aborted->old_host)
                           .set("new_host", aborted->new_host)
                           .set("folder", aborted->folder)
                           .set("identity_restored", aborted->identity_restored)
                           .set("left", std::move(left)));
}

}  // namespace atb::cli
