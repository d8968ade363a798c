#include "core/ipld/cbor_reader.h"

#include "core/ipld/cbor_head.h"
#include "core/ipld/cbor_rule.h"
#include "core/ipld/cbor_walk.h"

#include <fmt/core.h>

namespace atb::ipld {
namespace {

Failure broken(CborRule rule, std::size_t offset) { return Failure(error_of(CborFault{rule, offset})); }

std::string_view name_of(CborType type) {
  switch (type) {
    case CborType::unsigned_int:
      return "an unsigned integer";
    case CborType::negative_int:
      return "a negative integer";
    case CborType::bytes:
      return "bytes";
    case CborType::text:
      return "text";
    case CborType::array:
      return "an array";
    case CborType::map:
      return "a map";
    case CborType::link:
      return "a link";
    case CborType::boolean:
      return "a boolean";
    case CborType::null:
      return "null";
  }
  return "an item";
}

Failure wrong_type(std::string_view wanted, CborType found, std::size_t offset) {
  return Failure(Error(ErrorKind::unsupported, "cbor.type",
                       fmt::format("expected {} and found {}, at byte {}", wanted, name_of(found), offset))
                     .at(offset));
}

// What kind of item a head announces, with the rules that the head alone can break.
Result<CborType> type_of(const CborHead& head, std::size_t offset) {
  if (head.reserved()) return broken(CborRule::malformed, offset);
  if (head.indefinite()) {
    const bool allowed = head.major >= kMajorBytes && head.major <= kMajorMap;
    return broken(allowed ? CborRule::indefinite : CborRule::malformed, offset);
  }
  if (head.major == kMajorSimple) {
    if (head.info == 20 || head.info == 21) return CborType::boolean;
    if (head.info == 22) return CborType::null;
    if (head.info == 24 && head.value < 32) return broken(CborRule::malformed, offset);
    return broken(head.info >= 25 ? CborRule::floating : CborRule::simple, offset);
  }
  if (!head.minimal()) return broken(CborRule::non_minimal_int, offset);
  switch (head.major) {
    case kMajorUnsigned:
      return CborType::unsigned_int;
    case kMajorNegative:
      return CborType::negative_int;
    case kMajorBytes:
      return CborType::bytes;
    case kMajorText:
      return CborType::text;
    case kMajorArray:
      return CborType::array;
    case kMajorMap:
      return CborType::map;
    default:
      break;
  }
  if (head.value != kTagLink) return broken(CborRule::tag, offset);
  return CborType::link;
}

// Listens to nothing: check_cbor wants the rules only.
struct Silent {
  void begin_map() {}
  void begin_array() {}
  void end() {}
  void key(std::string_view) {}
  void key_unknown() {}
  void integer(std::int64_t) {}
  void text(std::string_view) {}
  void bytes(ByteView) {}
  void boolean(bool) {}
  void null() {}
  void link(ByteView) {}
  void floating(double) {}
  void opaque() {}
  void deviation(CborRule) {}
};

}  // namespace

struct CborReader::Item {
  CborType type;
  CborHead head;
  std::size_t start;
};

// Reads a head and says what it announces. On failure nothing is consumed.
Result<CborReader::Item> CborReader::next() {
  const std::size_t start = at_;
  std::size_t at = at_;
  CborHead head;
  if (!read_head(bytes_, at, head)) return broken(CborRule::cut, start);
  const CborType type = TRY(type_of(head, start));
  at_ = at;
  return Item{type, head, start};
}

Result<CborReader::Item> CborReader::expect(CborType wanted) {
  const Item item = TRY(next());
  if (item.type == wanted) return item;
  at_ = item.start;
  return wrong_type(name_of(wanted), item.type, item.start);
}

Result<ByteView> CborReader::take(std::uint64_t size, std::size_t start) {
  if (size > bytes_.size() - at_) {
    at_ = start;
    return broken(CborRule::cut, start);
  }
  const ByteView content = bytes_.subspan(at_, static_cast<std::size_t>(size));
  at_ += content.size();
  return content;
}

Status CborReader::finish() const {
  if (!at_end()) return broken(CborRule::trailing, at_);
  return {};
}

Result<CborType> CborReader::peek() {
  const std::size_t start = at_;
  const Item item = TRY(next());
  at_ = start;
  return item.type;
}

Result<std::int64_t> CborReader::integer() {
  const Item item = TRY(next());
  const bool negative = item.type == CborType::negative_int;
  if (!negative && item.type != CborType::unsigned_int) {
    at_ = item.start;
    return wrong_type("an integer", item.type, item.start);
  }
  if (item.head.value > kInt64Max) {
    at_ = item.start;
    return broken(CborRule::integer_range, item.start);
  }
  const auto number = static_cast<std::int64_t>(item.head.value);
  return negative ? -1 - number : number;
}

Result<std::string_view> CborReader::text() {
  const Item item = TRY(expect(CborType::text));
  const ByteView content = TRY(take(item.head.value, item.start));
  if (!is_utf8(content)) {
    at_ = item.start;
    return broken(CborRule::utf8, item.start);
  }
  return as_text(content);
}

Result<ByteView> CborReader::bytes() {
  const Item item = TRY(expect(CborType::bytes));
  return take(item.head.value, item.start);
}

Result<bool> CborReader::boolean() {
  const Item item = TRY(expect(CborType::boolean));
  return item.head.info == 21;
}

Status CborReader::null() {
  TRY(expect(CborType::null));
  return {};
}

Result<Cid> CborReader::link() {
  CborReader ahead = *this;  // so that a failure on the way consumes nothing
  const Item tag = TRY(ahead.expect(CborType::link));
  const Item item = TRY(ahead.next());
  if (item.type != CborType::bytes) return broken(CborRule::link, tag.start);
  const ByteView content = TRY(ahead.take(item.head.value, tag.start));
  if (!is_blessed_link(content)) return broken(CborRule::link, tag.start);
  *this = ahead;
  return Cid::from_bytes(content.subspan(1));
}

Result<std::uint64_t> CborReader::count(CborType type, std::size_t bytes_each) {
  const Item item = TRY(expect(type));
  if (item.head.value > (bytes_.size() - at_) / bytes_each) {
    at_ = item.start;
    return broken(CborRule::cut, item.start);
  }
  return item.head.value;
}

Result<std::uint64_t> CborReader::array() { return count(CborType::array, 1); }

Result<std::uint64_t> CborReader::map() { return count(CborType::map, 2); }

Result<std::string_view> CborReader::map_key(std::string_view previous) {
  const std::size_t start = at_;
  if (TRY(peek()) != CborType::text) return broken(CborRule::key_type, start);
  const std::string_view name = TRY(text());
  if (previous.data() == nullptr) return name;
  const int order = compare_keys(previous, name);
  if (order < 0) return name;
  at_ = start;
  return broken(order == 0 ? CborRule::duplicate_key : CborRule::key_order, start);
}

Status check_cbor(ByteView bytes, const Limits& limits) {
  Silent silent;
  if (const auto fault = CborWalk(bytes, limits, silent).run()) return std::unexpected(error_of(*fault));
  return {};
}

}  // namespace atb::ipld
