// Strict JSON: UTF-8 without a byte order mark, no duplicate keys, integers that fit an int64, bounded depth,
// nothing after the value.
#pragma once

#include "core/base/limits.h"
#include "core/data/value.h"

#include <string>
#include <string_view>

namespace atb::data {

enum class Floats : std::uint8_t { refuse, allow };

// Ids "json.too_large" (kind limit_exceeded), "json.syntax" (lone surrogates too), "json.duplicate_key",
// "json.float", "json.integer_range", "json.depth", "json.utf8" (kind corrupt). A number too large for a
// double is "json.float" even where floats are allowed.
// {"$link": …} and {"$bytes": …} stay plain objects.
Result<Value> parse_json(std::string_view text, const Limits& limits, Floats floats = Floats::refuse);

// Turns {"$link": "<cid>"} into links and {"$bytes": "<base64>"} into bytes, and checks the data model's
// rules for JSON (an object, $type not empty text, blobs well-formed, doubles only where they are whole
// numbers and then made integers). Ids "data.top_level", "data.link", "data.bytes", "data.type", "data.blob",
// "data.float" (kind corrupt).
Result<Value> from_data_model_json(const Value& json);

enum class JsonStyle : std::uint8_t { compact, indented };
// Links and bytes are written in their data-model form. Keys keep their order. Valid UTF-8 whatever the value
// holds, and fit for a terminal: control characters and bidirectional overrides are escaped, which says the
// same in JSON.
std::string to_json(const Value& value, JsonStyle style = JsonStyle::compact);

}  // namespace atb::data
