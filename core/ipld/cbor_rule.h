// The rules of DAG-CBOR and of the data model, as the readers of this module break them down.
// What each means, and which are grave: cbor_reader.h.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace atb::ipld {

enum class CborRule : std::uint8_t {
  // Malformed.
  cut,
  malformed,
  depth,
  // Well-formed, and outside the data model.
  trailing,
  floating,
  non_minimal_int,
  integer_range,
  key_order,
  duplicate_key,
  key_type,
  indefinite,
  tag,
  utf8,
  link,
  simple,
};

// "cbor.cut", …
std::string_view id_of(CborRule rule);
bool is_malformed(CborRule rule);

struct CborFault {
  CborRule rule;
  std::size_t offset;  // of the item that breaks the rule
};
Error error_of(CborFault fault);

}  // namespace atb::ipld
