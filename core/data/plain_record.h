// Inside data only: the short way to say of a record that there is nothing in it to come back for.
#pragma once

#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace atb::data {

// True only where scan_record() finds neither a deviation nor a blob. False says nothing: it is given for
// shapes that are rare in records as well, and for all that might point to a blob.
bool is_surely_plain(ByteView record, const Limits& limits);

}  // namespace atb::data
