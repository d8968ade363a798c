#include "cli/explain/explain.h"

#include "cli/commands/commands.h"
#include "core/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::cli {
namespace {

constexpr std::size_t kWidest = 100;
constexpr std::size_t kNarrowest = 40;

std::string wrapped(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t column = 0;
  for (const std::string_view word : split(text, ' ')) {
    if (column != 0 && column + 1 + word.size() > width) {
      out += '\n';
      column = 0;
    }
    if (column != 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

Error unknown(const std::string& id) {
  const auto near = ids_like(id);
  std::string hint;
  for (const std::string& one : near) hint += (hint.empty() ? "did you mean " : ", ") + one;
  return {ErrorKind::invalid_input, "explain.unknown_id",
          fmt::format("there is no finding or error with the id \"{}\"", printable(id, 100)),
          hint.empty() ? "--json shows the ids, and so does -v" : hint + "?"};
}

}  // namespace

ExitCode run_explain(Shell& shell, const ExplainOptions& options) {
  const auto text = explain(options.id);
  if (!text) return shell.error(unknown(options.id));
  const std::size_t width = std::clamp<std::size_t>(shell.world().streams.width, kNarrowest, kWidest);
  shell.text(wrapped(*text, width));
  shell.object(data::Object().set("type", "explanation").set("id", options.id).set("text", *text));
  return shell.summary("explain", ExitCode::done, data::Object().set("id", options.id));
}

}  // namespace atb::cli
