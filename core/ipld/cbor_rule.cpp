#include "core/ipld/cbor_rule.h"

#include <fmt/core.h>

namespace atb::ipld {
namespace {

struct Words {
  std::string_view id;
  std::string_view sentence;
};

Words words_of(CborRule rule) {
  switch (rule) {
    case CborRule::cut:
      return {"cbor.cut", "the CBOR item ends before it is complete"};
    case CborRule::malformed:
      return {"cbor.malformed", "the bytes are not well-formed CBOR"};
    case CborRule::depth:
      return {"cbor.depth", "maps and arrays are nested deeper than the limit"};
    case CborRule::trailing:
      return {"cbor.trailing", "there are bytes after the CBOR item"};
    case CborRule::floating:
      return {"cbor.float", "the data model has no floating-point numbers"};
    case CborRule::non_minimal_int:
      return {"cbor.non_minimal_int", "an integer or length is not in its shortest form"};
    case CborRule::integer_range:
      return {"cbor.integer_range", "an integer does not fit 64 bits with a sign"};
    case CborRule::key_order:
      return {"cbor.key_order", "the keys of a map are not in canonical order"};
    case CborRule::duplicate_key:
      return {"cbor.duplicate_key", "a key of a map comes twice"};
    case CborRule::key_type:
      return {"cbor.key_type", "a key of a map is not text"};
    case CborRule::indefinite:
      return {"cbor.indefinite", "an item has indefinite length"};
    case CborRule::tag:
      return {"cbor.tag", "the data model has no tag but that of links"};
    case CborRule::utf8:
      return {"cbor.utf8", "text is not valid UTF-8"};
    case CborRule::link:
      return {"cbor.link", "a link is not one the protocol blesses"};
    case CborRule::simple:
      return {"cbor.simple", "a simple value is none of true, false and null"};
  }
  return {"cbor.malformed", "the bytes are not well-formed CBOR"};
}

}  // namespace

std::string_view id_of(CborRule rule) { return words_of(rule).id; }

bool is_malformed(CborRule rule) { return rule <= CborRule::depth; }

Error error_of(CborFault fault) {
  const Words words = words_of(fault.rule);
  const auto kind = is_malformed(fault.rule) ? ErrorKind::corrupt : ErrorKind::unsupported;
  return Error(kind, words.id, fmt::format("{}, at byte {}", words.sentence, fault.offset)).at(fault.offset);
}

}  // namespace atb::ipld
