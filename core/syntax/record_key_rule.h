// Is it a record key? As record_key.h says, without making one: for a tree of a million keys.
#pragma once

#include <string_view>

namespace atb::syntax {

bool is_record_key(std::string_view text);

}  // namespace atb::syntax
