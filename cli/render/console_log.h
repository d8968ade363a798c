// The log on standard error: warnings always, more with each -v.
#pragma once

#include "core/base/byte_source.h"
#include "core/base/log.h"

#include <memory>

namespace atb::cli {

std::unique_ptr<Log> make_console_log(ByteSink& err, int verbosity);

}  // namespace atb::cli
