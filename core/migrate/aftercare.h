// What a finished move has left open, and what can be done about it later (`migrate resume ACCOUNT`): the old
// host that was not deactivated, because it was down or was not to be asked; what was written there and did
// not come along; an account that the new host holds as deactivated again. Private to this module.
#pragma once

#include "core/migrate/move.h"

namespace atb::migrate {

// Looks at both hosts, and does what there is to do. Nothing: nothing is done, and nobody is asked.
Status run_aftercare(Move& move);

}  // namespace atb::migrate
