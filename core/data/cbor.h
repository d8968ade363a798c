// The data model in DAG-CBOR: trees for small things, and one streaming look at a record.
#pragma once

#include <string>
#include <vector>

#include "core/base/limits.h"
#include "core/data/value.h"

namespace atb::data {

// Canonical: map entries are sorted here. Doubles cannot be encoded ("data.float").
Result<Bytes> encode_cbor(const Value& value);
// Strict: errors as ipld::check_cbor.
Result<Value> decode_cbor(ByteView bytes, const Limits& limits);

// A blob that a record points to.
struct BlobRef {
  ipld::Cid cid;
  std::string mime_type;
  std::int64_t size = -1;  // -1: a legacy reference, which has none
  bool legacy = false;     // {"cid": "…", "mimeType": "…"}, from before the blob type
};

// What one pass over a record tells. `deviation` is empty for a record within the data model; else the
// id of the first rule it breaks ("cbor.float", …): such a record is authentic all the same, and is kept.
struct RecordScan {
  std::string type;  // its "$type", or empty
  std::string deviation;
  std::vector<BlobRef> blobs;  // found even in a record that deviates, as far as it can be read
};
RecordScan scan_record(ByteView bytes, const Limits& limits);

}  // namespace atb::data
