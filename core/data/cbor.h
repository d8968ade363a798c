// The data model in DAG-CBOR: trees for small things, and one streaming look at a record.
#pragma once

#include "core/base/limits.h"
#include "core/data/value.h"

#include <string>
#include <vector>

namespace atb::data {

// Canonical: map entries are sorted here. Doubles cannot be encoded ("data.float"), nor text that is not
// UTF-8
// ("data.utf8"); kind unsupported.
Result<Bytes> encode_cbor(const Value& value);
// Strict: errors as ipld::check_cbor. A tree takes up to some fifty times the bytes it came from.
Result<Value> decode_cbor(ByteView bytes, const Limits& limits);

// The same for a record outside the data model that says nothing a Value cannot hold: floats (as doubles),
// keys in another order, heads longer than need be, maps and arrays of indefinite length. Empty for anything
// else (other tags, a key twice, text that is not UTF-8, …): then only its bytes tell it.
std::optional<Value> decode_loosely(ByteView bytes, const Limits& limits);

// A blob that a record points to.
struct BlobRef {
  ipld::Cid cid;
  std::string mime_type;   // remote text; empty where it is missing
  std::int64_t size = -1;  // -1 where it is missing, as in a legacy reference
  bool legacy = false;     // {"cid": "…", "mimeType": "…"} and nothing else, from before the blob type
};

// What one pass over a record tells. `deviation` is empty for a record within the data model. Else it is the
// id of the first rule it breaks ("cbor.float", …; "data.top_level" when it is no map): such a record is
// authentic all the same, and is kept. As with ipld::check_cbor, where the bytes are malformed, that is what
// is told.
struct RecordScan {
  std::string type;  // its "$type", or empty
  std::string deviation;
  // In the order their maps end, at any depth, found even in a record that deviates, as far as it can be
  // read. A map of "$type" "blob" with a link as "ref" counts, whatever else it has or lacks: better to keep
  // a blob too many.
  std::vector<BlobRef> blobs;
};
// One pass, no tree: besides the result, memory for the open maps only.
RecordScan scan_record(ByteView bytes, const Limits& limits);
// The same into a scan that is there, for its memory.
void scan_record_into(RecordScan& scan, ByteView bytes, const Limits& limits);

}  // namespace atb::data
