// Whose fault an error is: what to do next depends on it.
#pragma once

#include "core/base/error.h"

namespace atb::exporter {

// This machine, this program or this user: nothing that the host could do differently.
inline bool is_ours(const Error& error) {
  switch (error.kind) {
    case ErrorKind::cancelled:
    case ErrorKind::io:
    case ErrorKind::no_space:
    case ErrorKind::internal:
    case ErrorKind::invalid_input:
    case ErrorKind::locked:
      return true;
    default:
      return false;
  }
}

// No answer came at all.
inline bool is_unreachable(const Error& error) {
  return (error.kind == ErrorKind::network || error.kind == ErrorKind::timeout) && error.http_status == 0;
}

}  // namespace atb::exporter
