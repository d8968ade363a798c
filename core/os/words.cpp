#include "core/os/process.h"

namespace atb::os {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

Error syntax(std::string message) {
  return {ErrorKind::invalid_input, "command.syntax", std::move(message), "quote it as for a shell"};
}

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;  // an empty pair of quotes is a word too
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == '\0') return syntax("the command holds a NUL character");
    if (quote == '\'') {
      if (c == '\'') {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\\') {
      if (i + 1 == command.size()) return syntax("the command ends with a backslash");
      const char next = command[++i];
      // Inside double quotes a backslash is one, unless what follows is special there.
      const bool special = next == '"' || next == '\\' || next == '$' || next == '`' || next == '\n';
      if (quote == '"' && !special) word += c;
      if (next != '\n') word += next;
      in_word = in_word || next != '\n';
    } else if (quote == '"') {
      if (c == '"') {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (is_blank(c)) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return syntax("a quote in the command is not closed");
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) return syntax("the command is empty");
  return words;
}

}  // namespace atb::os
