// Completion scripts, made by walking the command tree.
#include "cli/commands/commands.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace atb::cli {
namespace {

struct Word {
  std::string text;
  std::string help;
  bool takes_value = false;
  bool takes_file = false;
};

bool is_file_type(const std::string& type) { return type == "FILE" || type == "PATH"; }

std::vector<Word> options_of(const CLI::App& command) {
  std::vector<Word> words;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) continue;
    for (const std::string& name : option->get_lnames()) {
      words.push_back({"--" + name, option->get_description(), option->get_expected_max() > 0,
                       is_file_type(option->get_type_name())});
    }
    for (const std::string& name : option->get_snames()) {
      words.push_back({"-" + name, option->get_description(), option->get_expected_max() > 0,
                       is_file_type(option->get_type_name())});
    }
  }
  std::ranges::sort(words, {}, &Word::text);
  return words;
}

// "migrate resume" -> its app; every path of the tree.
void collect(const CLI::App& command, const std::string& path,
             std::vector<std::pair<std::string, const CLI::App*>>& all) {
  all.emplace_back(path, &command);
  for (const CLI::App* inner : command.get_subcommands([](const CLI::App*) { return true; })) {
    collect(*inner, path.empty() ? inner->get_name() : path + " " + inner->get_name(), all);
  }
}

std::string subcommand_names(const CLI::App& command) {
  std::string names;
  for (const CLI::App* inner : command.get_subcommands([](const CLI::App*) { return true; }))
    names += (names.empty() ? "" : " ") + inner->get_name();
  return names;
}

std::string option_names(const CLI::App& tree, const CLI::App& command) {
  std::string names;
  for (const Word& word : options_of(command)) names += (names.empty() ? "" : " ") + word.text;
  if (&tree != &command) {
    for (const Word& word : options_of(tree)) {
      if (word.text != "--help" && word.text != "-h" && word.text != "--version") names += " " + word.text;
    }
  }
  return names;
}

// Fixed words that a positional or option takes.
std::string fixed_values(const std::string& path) { return path == "completion" ? "bash zsh fish" : ""; }

std::string bash_script(const CLI::App& tree) {
  std::vector<std::pair<std::string, const CLI::App*>> all;
  collect(tree, "", all);
  std::string files;
  std::string values;
  for (const auto& [path, command] : all) {
    for (const Word& word : options_of(*command)) {
      if (!word.takes_value) continue;
      std::string& list = word.takes_file ? files : values;
      if (("|" + list + "|").find("|" + word.text + "|") == std::string::npos)
        list += (list.empty() ? "" : "|") + word.text;
    }
  }
  std::string script =
      "# bash completion for atbackup\n"
      "_atbackup() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path= word i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    case \"$path $word\" in\n";
  for (const auto& [path, command] : all) {
    if (path.empty()) continue;
    const std::size_t space = path.rfind(' ');
    const std::string outer = space == std::string::npos ? "" : path.substr(0, space);
    const std::string name = space == std::string::npos ? path : path.substr(space + 1);
    script += fmt::format("      '{} {}') path='{}' ;;\n", outer, name, path);
  }
  script += "    esac\n  done\n  case \"$prev\" in\n";
  script += "    --color) COMPREPLY=($(compgen -W 'auto always never' -- \"$cur\")); return ;;\n";
  if (!files.empty())
    script += fmt::format("    {}) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", files);
  if (!values.empty()) script += fmt::format("    {}) return ;;\n", values);
  script += "  esac\n  case \"$path\" in\n";
  for (const auto& [path, command] : all) {
    script +=
        fmt::format("    '{}')\n      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '{}' -- \"$cur\"))\n",
                    path, option_names(tree, *command));
    const std::string words = subcommand_names(*command) + fixed_values(path);
    script += words.empty()
                  ? "      else COMPREPLY=($(compgen -f -- \"$cur\")); fi ;;\n"
                  : fmt::format("      else COMPREPLY=($(compgen -W '{}' -- \"$cur\")); fi ;;\n", words);
  }
  script += "  esac\n}\ncomplete -o filenames -F _atbackup atbackup\n";
  return script;
}

std::string quoted(std::string_view text, std::string_view special) {
  std::string result;
  for (char c : text) {
    if (c == '\'') {
      result += "'\\''";
      continue;
    }
    if (special.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_options(const CLI::App& tree, const CLI::App& command) {
  std::string lines;
  std::vector<Word> words = options_of(command);
  if (&tree != &command) {
    for (const Word& word : options_of(tree)) {
      if (word.text != "--help" && word.text != "-h" && word.text != "--version") words.push_back(word);
    }
  }
  for (const Word& word : words) {
    const std::string value = !word.takes_value ? "" : word.takes_file ? ":file:_files" : ":value: ";
    lines += fmt::format("    '*{}[{}]{}' \\\n", word.text, quoted(word.help, "[]:"), value);
  }
  return lines;
}

std::string zsh_function(const std::string& path) {
  std::string name = "_atbackup";
  if (path.empty()) return name;
  name += "_" + path;
  std::ranges::replace(name, ' ', '_');
  return name;
}

std::string zsh_script(const CLI::App& tree) {
  std::vector<std::pair<std::string, const CLI::App*>> all;
  collect(tree, "", all);
  std::string script = "#compdef atbackup\n";
  for (const auto& [path, command] : all) {
    const auto inner = command->get_subcommands([](const CLI::App*) { return true; });
    script += fmt::format("\n{}() {{\n  local line state\n  _arguments -C \\\n{}", zsh_function(path),
                          zsh_options(tree, *command));
    if (inner.empty()) {
      const std::string values = fixed_values(path);
      script +=
          values.empty() ? "    '*:argument:_files'\n}\n" : fmt::format("    '1:shell:({})'\n}}\n", values);
      continue;
    }
    script +=
        "    '1: :->command' '*:: :->rest'\n  case $state in\n    command)\n      local -a commands=(\n";
    for (const CLI::App* one : inner)
      script += fmt::format("        '{}:{}'\n", one->get_name(), quoted(one->get_description(), ":"));
    script += "      )\n      _describe command commands ;;\n    rest)\n      case $line[1] in\n";
    for (const CLI::App* one : inner) {
      script += fmt::format("        {}) {} ;;\n", one->get_name(),
                            zsh_function(path.empty() ? one->get_name() : path + " " + one->get_name()));
    }
    script += "      esac ;;\n  esac\n}\n";
  }
  script += "\n_atbackup \"$@\"\n";
  return script;
}

std::string fish_condition(const CLI::App& command, const std::string& path) {
  if (path.empty()) return "__fish_use_subcommand";
  std::string condition;
  std::string word;
  for (char c : path + " ") {
    if (c != ' ') {
      word += c;
      continue;
    }
    condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
    word.clear();
  }
  const std::string inner = subcommand_names(command);
  if (!inner.empty()) condition += "; and not __fish_seen_subcommand_from " + inner;
  return condition;
}

std::string fish_script(const CLI::App& tree) {
  std::vector<std::pair<std::string, const CLI::App*>> all;
  collect(tree, "", all);
  std::string script = "# fish completion for atbackup\n";
  for (const auto& [path, command] : all) {
    const std::string condition = fish_condition(*command, path);
    for (const CLI::App* inner : command->get_subcommands([](const CLI::App*) { return true; })) {
      script += fmt::format("complete -c atbackup -f -n '{}' -a {} -d '{}'\n", condition, inner->get_name(),
                            quoted(inner->get_description(), "\\"));
    }
    if (const std::string values = fixed_values(path); !values.empty())
      script += fmt::format("complete -c atbackup -f -n '{}' -a '{}'\n", condition, values);
    for (const Word& word : options_of(*command)) {
      const bool is_long = word.text.starts_with("--");
      const std::string where = path.empty() ? "" : fmt::format(" -n '{}'", condition);
      script += fmt::format("complete -c atbackup{} {} {}{} -d '{}'\n", where, is_long ? "-l" : "-s",
                            word.text.substr(is_long ? 2 : 1),
                            word.takes_file    ? " -r -F"
                            : word.takes_value ? " -x"
                                               : "",
                            quoted(word.help, "\\"));
    }
  }
  return script;
}

}  // namespace

std::string completion_script(const CLI::App& tree, const std::string& shell) {
  if (shell == "bash") return bash_script(tree);
  if (shell == "zsh") return zsh_script(tree);
  return fish_script(tree);
}

}  // namespace atb::cli
