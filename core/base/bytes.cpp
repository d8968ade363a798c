#include "core/base/bytes.h"

#include <algorithm>

namespace atb {

bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

}  // namespace atb
