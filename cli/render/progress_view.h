// Progress for people and programs: a live line on a terminal (bytes, items, rate, time left), a plain line
// now and then elsewhere, JSON lines when asked.
#pragma once

#include "cli/world.h"
#include "core/base/progress.h"

#include <memory>

namespace atb::cli {

struct ProgressViewOptions {
  const Streams* streams = nullptr;
  os::Clock* clock = nullptr;
  bool json = false;
  bool shown = true;
};
std::unique_ptr<Progress> make_progress_view(const ProgressViewOptions& options);

}  // namespace atb::cli
