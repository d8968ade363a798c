// Manual pages from the command tree, with the prose of man/prose in between.
#pragma once

#include "cli/manual/prose.h"

#include <string>

namespace CLI {
class App;
}

namespace atb::manual {

// atbackup(1).
std::string main_page(const CLI::App& tree, const Prose& prose);
// atbackup-COMMAND(1), with its subcommands.
std::string command_page(const CLI::App& tree, const CLI::App& command, const Prose& prose);

}  // namespace atb::manual
