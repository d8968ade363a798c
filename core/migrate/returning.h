// An account that is on the new host already, inactive: it lived there before and comes back, or an earlier
// try left it half-made. None is made then; the move logs in to this one. Private to this module.
#pragma once

#include "core/migrate/machine.h"
#include "core/migrate/move.h"

namespace atb::migrate {

// Decided with the plan: the new host knew the account before this move has made one.
bool returns(const Journal& journal);

// A session there is kept and works, and nothing is active there that the identity does not name.
Result<Observation> look_at_return(Move& move);
// Logs in with the password that the account has there, and keeps it; takes the name that it has there. An
// account that is active there, although the identity names another host, is deactivated first: only so does
// the activation that follows tell the network anything.
Status enter_account_there(Move& move);

}  // namespace atb::migrate
