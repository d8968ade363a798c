#include "cli/manual/page.h"

#include "cli/exit_code.h"
#include "cli/manual/mdoc.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <string_view>
#include <vector>

namespace atb::manual {
namespace {

// Raised by hand when the pages say something new.
constexpr std::string_view kDate = "November 22, 2026";

std::vector<const CLI::App*> subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

struct Value {
  std::string name;   // as in Ar
  std::string range;  // a sentence, or empty
};

// CLI11 writes what it checks behind the name: "WHEN:{auto,always}", "N:INT in [1 - 32]". Fixed words are
// told by the description already.
Value value_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  std::smatch found;
  if (std::regex_match(type, found, std::regex(R"((.*):\{.*\})"))) return {found[1].str(), ""};
  if (std::regex_match(type, found, std::regex(R"((.*):[A-Z]+ in \[(\S+) - (\S+)\])")))
    return {found[1].str(), "From " + found[2].str() + " to " + found[3].str() + "."};
  return {type, ""};
}

bool takes_value(const CLI::Option& option) { return option.get_expected_max() > 0; }

std::string flag_words(const CLI::Option& option) {
  std::string words;
  for (const std::string& name : option.get_snames()) words += (words.empty() ? "Fl " : " , Fl ") + name;
  for (const std::string& name : option.get_lnames()) words += (words.empty() ? "Fl -" : " , Fl -") + name;
  if (takes_value(option)) words += " Ar " + macro_words(value_of(option).name);
  return words;
}

std::string positional_words(const CLI::Option& option) {
  std::string words = "Ar " + macro_words(value_of(option).name);
  if (option.get_expected_max() > 1) words += " ...";
  return words;
}

bool has_option(const CLI::App& app, const CLI::Option& option) {
  return app.get_option_no_throw(option.get_name()) != nullptr;
}

// The options of a command that are not those of the one above it. Help stands in atbackup(1) alone.
std::vector<const CLI::Option*> own_options(const CLI::App& app, const CLI::App* above) {
  std::vector<const CLI::Option*> own;
  for (const CLI::Option* option : app.get_options()) {
    const bool inherited = above != nullptr && !option->get_positional() && has_option(*above, *option);
    if (!inherited) own.push_back(option);
  }
  return own;
}

// More than help.
bool takes_options_of(const CLI::App& inner, const CLI::App& above) {
  return std::ranges::count_if(inner.get_options(), [&](const CLI::Option* option) {
           return !option->get_positional() && has_option(above, *option);
         }) > 1;
}

std::string option_list(const std::vector<const CLI::Option*>& options) {
  std::string list;
  for (const CLI::Option* option : options) {
    list += ".It " + (option->get_positional() ? positional_words(*option) : flag_words(*option)) + "\n";
    list += sentence(option->get_description()) + "\n";
    if (const std::string range = value_of(*option).range; !range.empty()) list += range + "\n";
    for (const CLI::Option* other : option->get_excludes())
      list += "Not together with\n." + flag_words(*other) + " .\n";
    if (!option->get_envname().empty())
      list += "Taken from\n.Ev " + option->get_envname() + "\nwhen not given.\n";
  }
  return list.empty() ? "" : ".Bl -tag -width Ds\n" + list + ".El\n";
}

std::string synopsis(const CLI::App& app, const CLI::App& above, const std::string& name) {
  std::string flags;
  std::string positionals;
  for (const CLI::Option* option : own_options(app, &above)) {
    std::string& lines = option->get_positional() ? positionals : flags;
    lines += option->get_required() ? "." : ".Op ";
    lines += (option->get_positional() ? positional_words(*option) : flag_words(*option)) + "\n";
  }
  return ".Nm " + name + "\n" + flags + positionals;
}

std::string head(const std::string& page, std::string_view what) {
  std::string title = page;
  for (char& c : title) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return fmt::format(
      ".\\\" Made by './dev man' from the command tree and man/prose. Do not edit.\n"
      ".Dd {}\n.Dt {} 1\n.Os\n.Sh NAME\n.Nm {}\n.Nd {}\n",
      kDate, title, page, macro_words(what));
}

std::string section(std::string_view name, const std::string& text) {
  return text.empty() ? "" : fmt::format(".Sh {}\n{}", name, text);
}

std::string environment(const CLI::App* tree, const Prose& prose) {
  std::string list;
  if (tree != nullptr) {
    for (const CLI::Option* option : tree->get_options()) {
      if (!option->get_envname().empty())
        list += fmt::format(".It Ev {}\nAs\n.{} .\n", option->get_envname(), flag_words(*option));
    }
  }
  list += prose.section("ENVIRONMENT");
  return list.empty() ? "" : ".Bl -tag -width Ds\n" + list + ".El\n";
}

std::string exit_status() {
  std::string list;
  for (const cli::ExitCodeText& one : cli::kExitCodes)
    list += fmt::format(".It {}\n{}\n", static_cast<int>(one.code), sentence(one.meaning));
  return "When several apply, the gravest counts.\n.Bl -tag -width Ds\n" + list + ".El\n";
}

std::string see_also(const CLI::App& tree, const std::string& here) {
  std::vector<std::string> pages = {"atbackup"};
  for (const CLI::App* command : subcommands(tree)) pages.push_back("atbackup-" + command->get_name());
  std::erase(pages, here);
  std::ranges::sort(pages);
  std::string lines;
  for (const std::string& page : pages)
    lines += fmt::format(".Xr {} 1{}\n", page, page == pages.back() ? "" : " ,");
  return lines;
}

std::string tail(const CLI::App& tree, const std::string& here, const Prose& prose) {
  return section("FILES", prose.section("FILES")) + section("EXIT STATUS", exit_status()) +
         section("EXAMPLES", prose.section("EXAMPLES")) + section("SEE ALSO", see_also(tree, here)) +
         section("CAVEATS", prose.section("CAVEATS")) +
         section("SECURITY CONSIDERATIONS", prose.section("SECURITY CONSIDERATIONS"));
}

}  // namespace

std::string main_page(const CLI::App& tree, const Prose& prose) {
  std::string page = head("atbackup", "back up, verify and move AT Protocol accounts");
  page += ".Sh SYNOPSIS\n.Nm atbackup\n.Op Ar options\n.Ar command\n.Op Ar arguments\n";
  page += section("DESCRIPTION", prose.section("DESCRIPTION"));
  page += ".Ss Commands\n.Bl -tag -width Ds\n";
  for (const CLI::App* command : subcommands(tree)) {
    page += fmt::format(".It Cm {}\n{}\nSee\n.Xr atbackup-{} 1 .\n", command->get_name(),
                        sentence(command->get_description()), command->get_name());
  }
  page += ".El\n.Ss Options\nThey may stand before or after the command.\n" +
          option_list(own_options(tree, nullptr));
  page += section("ENVIRONMENT", environment(&tree, prose));
  return page + tail(tree, "atbackup", prose);
}

std::string command_page(const CLI::App& tree, const CLI::App& command, const Prose& prose) {
  const std::string& name = command.get_name();
  std::string what = command.get_description();
  what.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(what.front())));
  std::string page = head("atbackup-" + name, what);
  page += ".Sh SYNOPSIS\n" + synopsis(command, tree, "atbackup " + name);
  for (const CLI::App* inner : subcommands(command)) {
    page += synopsis(*inner, command, "atbackup " + name + " " + inner->get_name());
    if (takes_options_of(*inner, command)) page += ".Op Ar options\n";
  }
  page += section("DESCRIPTION", prose.section("DESCRIPTION"));
  const std::string options = option_list(own_options(command, &tree));
  page += options.empty() ? ".Pp\nThe options are those of\n.Xr atbackup 1 .\n"
                          : ".Pp\nThe options are those of\n.Xr atbackup 1 ,\nand:\n" + options;
  for (const CLI::App* inner : subcommands(command)) {
    page +=
        fmt::format(".Ss atbackup {} {}\n{}\n", name, inner->get_name(), sentence(inner->get_description()));
    if (takes_options_of(*inner, command)) page += "Takes the options above too.\n";
    page += option_list(own_options(*inner, &command));
  }
  page += section("ENVIRONMENT", environment(nullptr, prose));
  return page + tail(tree, "atbackup-" + name, prose);
}

}  // namespace atb::manual
