// Exit codes: one table, held against man pages and --help by a test. Unknown to a script means failed.
#pragma once

#include "core/base/error.h"
#include "core/base/report.h"

#include <array>
#include <string_view>

namespace atb::cli {

enum class ExitCode : int {
  done = 0,
  failed = 1,
  usage = 2,
  incomplete = 3,
  login = 4,
  limit = 5,
  unreachable = 6,
  gone = 7,
  not_found = 10,
  locked = 11,
  bad_key = 12,
  too_new = 13,
  damaged = 20,
  untrusted = 21,
  refused = 22,
  alarm = 23,
  no_space = 28,
  interrupted = 130,
  terminated = 143,
};

struct ExitCodeText {
  ExitCode code;
  std::string_view meaning;
};
inline constexpr std::array<ExitCodeText, 19> kExitCodes = {{
    {ExitCode::done, "done, and proven at the level stated"},
    {ExitCode::failed, "failed"},
    {ExitCode::usage, "wrong usage"},
    {ExitCode::incomplete, "done in part, or not proven: each missing item is named"},
    {ExitCode::login, "login needed or refused"},
    {ExitCode::limit, "stopped at a limit of the host; run again to go on"},
    {ExitCode::unreachable, "a host is unreachable, or failing after retries"},
    {ExitCode::gone, "the account is gone from there: deactivated, taken down, moved, given up"},
    {ExitCode::not_found, "no such account, backup or move"},
    {ExitCode::locked, "another live process holds the lock"},
    {ExitCode::bad_key, "wrong passphrase or key"},
    {ExitCode::too_new, "the format is newer than this program"},
    {ExitCode::damaged, "damaged: corrupt or missing objects"},
    {ExitCode::untrusted,
     "untrusted: bad signature, wrong DID, invalid PLC log, history rolled back or forked"},
    {ExitCode::refused, "refused: a safety rule, or a precondition of a move"},
    {ExitCode::alarm, "alarm: the data is kept, and someone should look"},
    {ExitCode::no_space, "no space left"},
    {ExitCode::interrupted, "interrupted; the state is safe, run again to go on"},
    {ExitCode::terminated, "terminated; the state is safe, run again to go on"},
}};

// cancelled gives `interrupted`; the caller knows which signal it was.
ExitCode exit_code_of(const Error& error);
// By the gravest finding.
ExitCode exit_code_of(const Report& report);
// The one that wins when several apply: signal, 21, 20, 28, 23, 22, 12, 4, 6, 7, 3, 5.
ExitCode graver(ExitCode a, ExitCode b);

}  // namespace atb::cli
