// Varints, and CIDs as bytes and as text.
#include "core/base/cursor.h"
#include "core/ipld/cid.h"

#include "fuzz/target.h"

namespace atb::fuzz {
namespace {

void varints(ByteView input) {
  Cursor cursor(input);
  while (!cursor.at_end()) {
    const std::size_t start = cursor.offset();
    const auto value = cursor.varint();
    if (!value) {
      require(cursor.offset() == start, "a varint that is refused is not consumed");
      return;
    }
    Bytes again;
    append_varint(again, *value);
    require(equal(again, input.subspan(start, cursor.offset() - start)),
            "a varint that is taken is written the same");
  }
}

void cid_bytes(ByteView input) {
  const auto cid = ipld::Cid::from_bytes(input);
  if (!cid) return;
  require(equal(cid->bytes(), input), "a CID that is taken has the bytes it was read from");
  const auto again = ipld::Cid::parse(cid->str());
  require(again && *again == *cid, "the text of a CID is read as that CID");
}

void cid_text(ByteView input) {
  const auto cid = ipld::Cid::parse(as_text(input));
  if (!cid) return;
  require(cid->str() == as_text(input), "a CID that is taken has the text it was read from");
  const auto again = ipld::Cid::from_bytes(cid->bytes());
  require(again && *again == *cid, "the bytes of a CID are read as that CID");
}

}  // namespace

void fuzz_one(std::span<const std::uint8_t> input) {
  varints(input);
  cid_bytes(input);
  cid_text(input);
}

}  // namespace atb::fuzz
