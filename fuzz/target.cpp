#include "fuzz/target.h"

#include <cstdio>
#include <cstdlib>

namespace atb::fuzz {

void broken(const char* property) {
  std::fprintf(stderr, "this does not hold: %s\n", property);
  std::abort();
}

}  // namespace atb::fuzz
