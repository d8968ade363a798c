// Running another program, without a shell.
#pragma once

#include "core/base/secret.h"
#include "core/base/stop.h"

#include <string>
#include <vector>

namespace atb::os {

// Splits as a POSIX shell splits words: quotes and backslashes, no expansion. Id "command.syntax".
Result<std::vector<std::string>> split_words(std::string_view command);
// Standard input is /dev/null, standard error is ours. At most `limit` bytes of output ("command.output"); a
// non-zero exit is "command.failed"; not found "command.not_found". The child sees our environment less every
// ATBACKUP_* variable.
Result<Secret> run_for_output(const std::vector<std::string>& words, std::size_t limit,
                              const StopToken& stop);
// No core dumps, not dumpable; and a standard stream that came closed is taken by one that only fails, so
// that no file of ours gets its number, and words meant for the terminal never end up in a backup. Call first
// thing in main().
void harden_process();

}  // namespace atb::os
