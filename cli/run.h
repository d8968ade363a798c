// The command line, testable: arguments and a world in, an exit code out.
#pragma once

#include "cli/world.h"

#include <string>
#include <vector>

namespace atb::cli {

// `arguments` without the program's name.
int run(const std::vector<std::string>& arguments, World& world);

}  // namespace atb::cli
