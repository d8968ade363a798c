// `migrate --dry-run`: looks at everything a move would meet, and plans it. Nothing is changed: no login, no
// account, no journal, no file; what is fetched to be measured lies in a scratch file without a name.
#pragma once

#include "core/migrate/migrate.h"
#include "core/migrate/plan.h"

#include <string>

namespace atb::migrate {

struct DryRun {
  Observed observed;
  Plan plan;  // its obstacles hold what nobody has answered, too
  std::string words;
};

// What stands against the move is in the plan, not an error. Errors are what kept us from looking; a log of
// the directory's that does not hold is "plan.log" (refused).
Result<DryRun> dry_run(const World& world, const syntax::AtIdentifier& account, const Options& options,
                       const SecretSources& secrets);

}  // namespace atb::migrate
