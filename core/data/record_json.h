// A record's CBOR as JSON, without a tree between.
#pragma once

#include "core/base/bytes.h"
#include "core/base/limits.h"

#include <string>

namespace atb::data {

// Appends what to_json(decode_cbor(record)) would give, for a record in which scan_record() found no
// deviation. Of others it may write anything. Keys keep their order.
void append_record_json(std::string& out, ByteView record, const Limits& limits);

}  // namespace atb::data
