#include "cli/manual/prose.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace atb::manual {

Prose::Prose(const std::filesystem::path& file) : file_(file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::string* section = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(".Sh ")) {
      section = &sections_[line.substr(4)];
    } else if (section == nullptr) {
      throw std::runtime_error(file.string() + " does not start with .Sh");
    } else {
      *section += line + "\n";
    }
  }
  check_names();
}

std::string Prose::section(const std::string& name) const {
  const auto found = sections_.find(name);
  return found == sections_.end() ? "" : found->second;
}

void Prose::check_names() const {
  static constexpr std::array<std::string_view, 6> kKnown = {
      "DESCRIPTION", "ENVIRONMENT", "FILES", "EXAMPLES", "CAVEATS", "SECURITY CONSIDERATIONS"};
  for (const auto& [name, text] : sections_) {
    if (std::ranges::find(kKnown, name) == kKnown.end())
      throw std::runtime_error(file_.string() + ": no page has a section " + name);
  }
}

}  // namespace atb::manual
