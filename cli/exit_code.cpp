#include "cli/exit_code.h"

#include <algorithm>

namespace atb::cli {

ExitCode exit_code_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid_input:
      return ExitCode::usage;
    case ErrorKind::corrupt:
      return ExitCode::damaged;
    case ErrorKind::untrusted:
      return ExitCode::untrusted;
    case ErrorKind::unsupported:
      return error.id.ends_with(".version") ? ExitCode::too_new : ExitCode::failed;
    case ErrorKind::not_found:
      return ExitCode::not_found;
    case ErrorKind::no_space:
      return ExitCode::no_space;
    case ErrorKind::network:
    case ErrorKind::timeout:
      return ExitCode::unreachable;
    case ErrorKind::gone:
      return ExitCode::gone;
    case ErrorKind::rate_limited:
      return ExitCode::limit;
    case ErrorKind::auth:
      return ExitCode::login;
    case ErrorKind::bad_key:
      return ExitCode::bad_key;
    case ErrorKind::locked:
      return ExitCode::locked;
    case ErrorKind::refused:
      return ExitCode::refused;
    case ErrorKind::incomplete:
      return ExitCode::incomplete;
    case ErrorKind::alarm:
      return ExitCode::alarm;
    case ErrorKind::cancelled:
      return ExitCode::interrupted;
    case ErrorKind::limit_exceeded:
    case ErrorKind::conflict:
    case ErrorKind::io:
    case ErrorKind::remote:
    case ErrorKind::internal:
      return ExitCode::failed;
  }
  return ExitCode::failed;
}

ExitCode exit_code_of(const Report& report) {
  if (report.has(Severity::forged)) return ExitCode::untrusted;
  if (report.has(Severity::damage)) return ExitCode::damaged;
  if (report.has(Severity::alarm)) return ExitCode::alarm;
  if (report.has(Severity::missing)) return ExitCode::incomplete;
  return ExitCode::done;
}

ExitCode graver(ExitCode a, ExitCode b) {
  static constexpr std::array<ExitCode, 19> kOrder = {
      ExitCode::interrupted, ExitCode::terminated,  ExitCode::untrusted, ExitCode::damaged,
      ExitCode::no_space,    ExitCode::alarm,       ExitCode::refused,   ExitCode::bad_key,
      ExitCode::login,       ExitCode::unreachable, ExitCode::gone,      ExitCode::incomplete,
      ExitCode::limit,       ExitCode::too_new,     ExitCode::locked,    ExitCode::not_found,
      ExitCode::usage,       ExitCode::failed,      ExitCode::done};
  return *std::ranges::find_first_of(kOrder, std::array{a, b});
}

}  // namespace atb::cli
