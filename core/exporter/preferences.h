// The preferences of a logged-in account.
#pragma once

#include "core/exporter/exporter.h"

namespace atb::exporter {

struct Preferences {
  std::optional<std::string> json;  // {"preferences": […]}, as app.bsky.actor.putPreferences takes it
  bool partial = false;
  std::string absent;  // why there are none
};

// Never fails for the host's sake: findings "preferences.partial" (warning), "preferences.missing" (missing),
// "preferences.unsupported" (info).
Result<Preferences> fetch_preferences(const Context& context, const Origin& origin, Report& report);

}  // namespace atb::exporter
