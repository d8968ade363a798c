// The outside world and the knobs that export and the move share. Everything is borrowed.
#pragma once

#include "core/account/session_store.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/progress.h"
#include "core/identity/resolver.h"
#include "core/os/clock.h"
#include "core/os/file_system.h"
#include "core/os/random.h"

namespace atb::exporter {

struct Context {
  net::HttpClient& http;
  identity::Resolver& resolver;
  account::SessionStore& sessions;
  os::FileSystem& fs;
  os::Clock& clock;
  os::Random& random;
  Log& log;
  Progress& progress;
  StopToken stop;
  Limits limits;
};

}  // namespace atb::exporter
