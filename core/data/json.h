// Strict JSON: UTF-8, no duplicate keys, integers that fit 64 bits, bounded depth, nothing after the value.
#pragma once

#include <string>
#include <string_view>

#include "core/base/limits.h"
#include "core/data/value.h"

namespace atb::data {

enum class Floats : std::uint8_t { refuse, allow };

// Ids "json.syntax", "json.duplicate_key", "json.float", "json.integer_range", "json.depth", "json.utf8" (kind corrupt).
// {"$link": …} and {"$bytes": …} stay plain objects.
Result<Value> parse_json(std::string_view text, const Limits& limits, Floats floats = Floats::refuse);

// Turns {"$link": "<cid>"} into links and {"$bytes": "<base64>"} into bytes, and checks the data model's rules
// for JSON ($type not empty text, blobs well-formed). Ids "data.link", "data.bytes", "data.type", "data.blob".
Result<Value> from_data_model_json(const Value& json);

enum class JsonStyle : std::uint8_t { compact, indented };
// Links and bytes are written in their data-model form. Keys keep their order.
std::string to_json(const Value& value, JsonStyle style = JsonStyle::compact);

}  // namespace atb::data
