#include "core/base/error.h"

namespace atb {

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_input:
      return "invalid_input";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::untrusted:
      return "untrusted";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::limit_exceeded:
      return "limit_exceeded";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::io:
      return "io";
    case ErrorKind::no_space:
      return "no_space";
    case ErrorKind::network:
      return "network";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::remote:
      return "remote";
    case ErrorKind::gone:
      return "gone";
    case ErrorKind::rate_limited:
      return "rate_limited";
    case ErrorKind::auth:
      return "auth";
    case ErrorKind::bad_key:
      return "bad_key";
    case ErrorKind::locked:
      return "locked";
    case ErrorKind::refused:
      return "refused";
    case ErrorKind::incomplete:
      return "incomplete";
    case ErrorKind::alarm:
      return "alarm";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace atb
