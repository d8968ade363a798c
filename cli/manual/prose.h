// The sections of a manual page that people write: man/prose/PAGE.mdoc, parted by its .Sh lines.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace atb::manual {

class Prose {
 public:
  // Throws std::runtime_error when the file is not there, or holds a section that no page has.
  explicit Prose(const std::filesystem::path& file);

  // The lines after ".Sh NAME"; empty when there is no such section.
  std::string section(const std::string& name) const;

 private:
  // A misspelt section would get lost.
  void check_names() const;

  std::filesystem::path file_;
  std::map<std::string, std::string> sections_;
};

}  // namespace atb::manual
