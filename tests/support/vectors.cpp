#include "tests/support/vectors.h"

#include "tests/support/catch.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace atb::test {
namespace {

void ran(const std::filesystem::path& file, std::size_t count) {
  if (count == 0) FAIL("no vectors in " << file);
  std::cout << "vectors: " << file.filename().string() << ": " << count << " cases\n";
}

}  // namespace

std::optional<std::filesystem::path> vectors(std::string_view folder) {
  const char* named = std::getenv("ATBACKUP_VECTORS");
  std::filesystem::path path = std::filesystem::path(named != nullptr ? named : "../shared/vectors") / folder;
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

std::vector<VectorLine> numbered_vector_lines(const std::filesystem::path& file) {
  std::vector<VectorLine> lines;
  std::istringstream in(read_vector(file));
  std::string text;
  for (int number = 1; std::getline(in, text); ++number) {
    if (text.empty() || text.front() == '#') continue;
    lines.push_back({file.filename().string() + ":" + std::to_string(number), text});
  }
  ran(file, lines.size());
  return lines;
}

std::vector<VectorObject> read_vector_objects(const std::filesystem::path& file) {
  std::vector<VectorObject> objects;
  for (const auto& object : nlohmann::json::parse(read_vector(file))) {
    VectorObject out{file.filename().string() + "[" + std::to_string(objects.size()) + "]", {}};
    for (const auto& [name, value] : object.items()) {
      out.fields[name] = value.is_string() ? value.get<std::string>() : value.dump();
    }
    objects.push_back(std::move(out));
  }
  ran(file, objects.size());
  return objects;
}

}  // namespace atb::test
