// Which key lies in which file, remembered from one command to the next. Private to the commands.
#pragma once

#include "cli/shell.h"
#include "core/account/key_file.h"
#include "core/account/known_keys.h"

#include <string>

namespace atb::cli {

Result<account::KnownKeys> known_keys(Shell& shell);
// A key file was made or opened. That it could not be noted fails nothing.
void remember_key(Shell& shell, const std::string& path, const account::RotationKey& opened);

}  // namespace atb::cli
