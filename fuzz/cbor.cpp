// DAG-CBOR: the pull parser, the check in place, the tree and the scan of records must agree with each other
// on what is strict, and what is strict has one encoding only.
#include "core/data/cbor.h"

#include "core/base/text.h"
#include "core/data/json.h"
#include "core/data/plain_record.h"
#include "core/ipld/cbor_reader.h"
#include "core/ipld/cbor_writer.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "fuzz/target.h"

namespace atb::fuzz {
namespace {

struct Open {
  std::uint64_t left;  // items still to come
  bool map;
  std::string_view previous;
};

// Everything read with the pull parser and written with the writer.
class Copier {
 public:
  explicit Copier(ByteView input) : reader_(input) {}

  Result<Bytes> run() {
    do {
      TRY(item());
      while (!open_.empty() && open_.back().left == 0) open_.pop_back();
    } while (!open_.empty());
    TRY(reader_.finish());
    return writer_.take();
  }

 private:
  Status item() {
    if (!open_.empty()) {
      Open& top = open_.back();
      --top.left;
      if (top.map) {
        top.previous = TRY(reader_.map_key(top.previous));
        writer_.key(top.previous);
      }
    }
    switch (TRY(reader_.peek())) {
      case ipld::CborType::unsigned_int:
      case ipld::CborType::negative_int:
        writer_.integer(TRY(reader_.integer()));
        break;
      case ipld::CborType::bytes:
        writer_.bytes(TRY(reader_.bytes()));
        break;
      case ipld::CborType::text:
        writer_.text(TRY(reader_.text()));
        break;
      case ipld::CborType::link:
        writer_.link(TRY(reader_.link()));
        break;
      case ipld::CborType::boolean:
        writer_.boolean(TRY(reader_.boolean()));
        break;
      case ipld::CborType::null:
        TRY(reader_.null());
        writer_.null();
        break;
      case ipld::CborType::array: {
        const std::uint64_t count = TRY(reader_.array());
        writer_.array(count);
        open_.push_back({count, false, {}});
        break;
      }
      case ipld::CborType::map: {
        const std::uint64_t count = TRY(reader_.map());
        writer_.map(count);
        open_.push_back({count, true, {}});
        break;
      }
    }
    return {};
  }

  ipld::CborReader reader_;
  ipld::CborWriter writer_;
  std::vector<Open> open_;
};

// The JSON of a value that CBOR holds.
void as_json(const data::Value& value, ByteView input) {
  Limits deep;
  deep.json_depth = deep.cbor_depth + 1;  // links and bytes become objects
  const std::string compact = data::to_json(value);
  const auto parsed = data::parse_json(compact, deep);
  require(parsed.has_value(), "what CBOR can hold is written as strict JSON");
  const auto indented = data::parse_json(data::to_json(value, data::JsonStyle::indented), deep);
  require(indented && *indented == *parsed, "both styles of JSON say the same");
  const auto again = data::from_data_model_json(*parsed);
  if (!again) return;
  // Maps that look like a link or like bytes become what they look like.
  const std::string_view raw = as_text(input);
  if (raw.find("$link") != raw.npos || raw.find("$bytes") != raw.npos) return;
  require(*again == value, "a value comes back from its JSON");
}

// Who remembers shapes says of every record what is said without. The records: the input, what comes of
// changing one byte of it, and its halves.
void remember_shapes(ByteView input, const Limits& limits) {
  if (!data::is_surely_plain(input.first(input.size() / 2), limits) && !data::is_surely_plain(input, limits))
    return;  // no shape to remember
  data::PlainRecords records(limits);
  const auto judge = [&](ByteView record) {
    require(records.is_surely_plain(record) == data::is_surely_plain(record, limits),
            "a known shape gives the answer of the full check");
  };
  for (int i = 0; i < 3; ++i) judge(input);
  Bytes changed = to_bytes(input);
  for (std::size_t at = 0; at < std::min<std::size_t>(changed.size(), 512); ++at) {
    for (const unsigned bits : {0x80U, 1U << (at % 7), 0x60U}) {
      changed[at] = static_cast<std::uint8_t>(input[at] ^ bits);
      judge(changed);
      judge(input);
    }
    changed[at] = input[at];
  }
  const ByteView one = input.first(input.size() / 2);
  const ByteView other = input.last(one.size());
  for (int i = 0; i < 3; ++i) judge(one);
  for (int i = 0; i < 3; ++i) judge(other);
  judge(one);
}

}  // namespace

void fuzz_one(std::span<const std::uint8_t> input) {
  const Limits limits;
  const Status checked = ipld::check_cbor(input, limits);
  const auto tree = data::decode_cbor(input, limits);
  const data::RecordScan scan = data::scan_record(input, limits);
  const auto copy = Copier(input).run();

  require(checked.has_value() == tree.has_value(), "check and decoder agree");
  require(!data::is_surely_plain(input, limits) || (scan.deviation.empty() && scan.blobs.empty()),
          "a record is surely plain only when the scan finds nothing in it");
  remember_shapes(input, limits);
  if (!checked) {
    require(tree.error().id == checked.error().id, "check and decoder give the same reason");
    require(scan.deviation == checked.error().id, "check and scan give the same reason");
    require(!copy || checked.error().id == "cbor.depth",
            "the pull parser takes nothing that the check refuses");
    return;
  }
  require(copy.has_value(), "the pull parser takes what the check takes");
  require(equal(*copy, input), "strict CBOR is written the same by the writer");
  const auto encoded = data::encode_cbor(*tree);
  require(encoded && equal(*encoded, input), "strict CBOR is written the same from its tree");
  require(scan.deviation == (tree->object() != nullptr ? "" : "data.top_level"),
          "the scan finds no fault in a strict record");
  as_json(*tree, input);
}

}  // namespace atb::fuzz
