// JSON strings as json.h writes them. A part of json.h.
#pragma once

#include <string>
#include <string_view>

namespace atb::data {

// In quotes, escaped, valid UTF-8 whatever `text` holds. `before` and `after` go outside of the quotes; a
// zero stands for nothing.
void append_json_text(std::string& out, std::string_view text, char before = '\0', char after = '\0');

}  // namespace atb::data
