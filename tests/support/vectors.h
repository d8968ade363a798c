// The public test vectors. They lie outside the repository, in the folder that ATBACKUP_VECTORS names, or in
// ../shared/vectors beside the clone.
//
//   const auto folder = test::vectors("interop/crypto");
//   if (!folder) return;  // said so; under CI the test has failed already
//
// A test that runs over a list of vectors ends with CHECK(count > 0): nothing run is no success.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::test {

// A folder of the vectors. Empty when it is not there: then a warning is printed, and the running test fails
// if the environment has CI set.
std::optional<std::filesystem::path> vectors(std::string_view folder);

// The files in `folder` with this extension (".json"), sorted by name; at least one, or the running test
// fails.
std::vector<std::filesystem::path> vector_files(const std::filesystem::path& folder,
                                                std::string_view extension);

// The whole file; fails the running test when it cannot be read.
std::string read_vector(const std::filesystem::path& file);
// The lines that hold something and do not begin with '#'.
std::vector<std::string> read_vector_lines(const std::filesystem::path& file);

// The same with the place of each: "did_syntax_valid.txt:12". Prints how many there are; none fails the test.
struct VectorLine {
  std::string where;
  std::string text;
};
std::vector<VectorLine> numbered_vector_lines(const std::filesystem::path& file);

// The objects of a JSON array of flat objects. Values that are not strings appear as JSON: "true", "[]".
// Prints how many there are; none fails the test.
struct VectorObject {
  std::string where;  // "signature-fixtures.json[3]"
  std::map<std::string, std::string> fields;
};
std::vector<VectorObject> read_vector_objects(const std::filesystem::path& file);

}  // namespace atb::test
