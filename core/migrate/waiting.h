// Limits that a host sets by the day: waiting them out, or telling when to come back. Private to this module.
#pragma once

#include "core/migrate/move.h"

namespace atb::migrate {

// Returns when the host that answered so may be asked again; "stopped" when interrupted.
Status wait_out(Move& move, const Error& limited);
// The same error, with the time in its hint.
Error come_back_later(const Move& move, Error limited);

}  // namespace atb::migrate
