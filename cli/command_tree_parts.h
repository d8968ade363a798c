// Parts of the command tree that lie in files of their own. Private to command_tree*.cpp.
#pragma once

#include "cli/options.h"

#include <string>

namespace CLI {
class App;
}

namespace atb::cli {

// --NAME-file and --NAME-command.
void add_secret(CLI::App& app, SecretOptions& secret, const std::string& name, const std::string& what);
// key list, key show.
void add_key_files(CLI::App& key, KeyOptions& options);
// What `migrate` is told about operations that somebody else has signed.
void add_foreign_operations(CLI::App& migrate, MigrateOptions& options);
void add_plc(CLI::App& app, PlcOptions& options);

}  // namespace atb::cli
