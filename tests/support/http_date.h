// The time as servers give it.
#pragma once

#include <cstdint>
#include <string>

namespace atb::test {

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t wall_us);

}  // namespace atb::test
