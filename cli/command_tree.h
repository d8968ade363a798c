// The one command tree: parsing, --help, man pages and completions are all made from it.
#pragma once

#include "cli/options.h"

#include <memory>

namespace CLI {
class App;
}

namespace atb::cli {

// The app refers to `options`, which must outlive it.
std::unique_ptr<CLI::App> make_command_tree(AllOptions& options);

}  // namespace atb::cli
