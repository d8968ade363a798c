// The id of a failed result, or "none": so that a CHECK shows both.
#pragma once

#include "core/base/result.h"

#include <string>

namespace atb::test {

template <class T>
std::string error_id(const Result<T>& result) {
  return result ? "none" : result.error().id;
}

}  // namespace atb::test
