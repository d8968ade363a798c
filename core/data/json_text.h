// JSON strings as json.h writes them. A part of json.h.
#pragma once

#include <string>
#include <string_view>

namespace atb::data {

// In quotes, escaped, valid UTF-8 whatever `text` holds.
void append_json_text(std::string& out, std::string_view text);

}  // namespace atb::data
