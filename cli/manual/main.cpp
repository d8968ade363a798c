// Makes man/*.1 and completions/* from the command tree: atb_manual SOURCE_ROOT OUTPUT_FOLDER.
// Not installed; run by './dev man', and by the test that holds the committed files against the tree.
#include "cli/command_tree.h"
#include "cli/commands/commands.h"
#include "cli/manual/page.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace {

namespace fs = std::filesystem;
using namespace atb;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

void make(const fs::path& root, const fs::path& output) {
  cli::AllOptions options;
  const auto tree = cli::make_command_tree(options);
  const auto prose = [&](const std::string& page) {
    return manual::Prose(root / "man/prose" / (page + ".mdoc"));
  };
  write(output / "man/atbackup.1", manual::main_page(*tree, prose("atbackup")));
  for (const CLI::App* command : tree->get_subcommands([](const CLI::App*) { return true; })) {
    const std::string page = "atbackup-" + command->get_name();
    write(output / "man" / (page + ".1"), manual::command_page(*tree, *command, prose(page)));
  }
  write(output / "completions/atbackup.bash", cli::completion_script(*tree, "bash"));
  write(output / "completions/_atbackup", cli::completion_script(*tree, "zsh"));
  write(output / "completions/atbackup.fish", cli::completion_script(*tree, "fish"));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: atb_manual SOURCE_ROOT OUTPUT_FOLDER\n");
    return 2;
  }
  try {
    make(argv[1], argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "atb_manual: {}\n", error.what());
    return 1;
  }
  return 0;
}
