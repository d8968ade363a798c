#include "tests/support/vectors.h"

#include "tests/support/catch.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace atb::test {

std::optional<std::filesystem::path> vectors(std::string_view folder) {
  const char* named = std::getenv("ATBACKUP_VECTORS");
  const std::filesystem::path path =
      std::filesystem::path(named != nullptr ? named : "../shared/vectors") / folder;
  if (std::filesystem::is_directory(path)) return path;
  if (std::getenv("CI") != nullptr) FAIL("the public vectors are not at " << path << " (ATBACKUP_VECTORS)");
  WARN("not run: the public vectors are not at " << path << " (ATBACKUP_VECTORS)");
  return {};
}

std::vector<std::filesystem::path> vector_files(const std::filesystem::path& folder,
                                                std::string_view extension) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  if (files.empty()) FAIL("no vectors in " << folder);
  return files;
}

std::string read_vector(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) FAIL("cannot read " << file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> read_vector_lines(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  std::ifstream in(file, std::ios::binary);
  if (!in) FAIL("cannot read " << file);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.front() != '#') lines.push_back(line);
  }
  return lines;
}

}  // namespace atb::test
