// Runs a target on every file of its corpus, and on the same mutations of each in every run: cut at every
// length, each byte changed in a few ways. Long files are mutated at fewer places, to bound the time.
//
//   replay_TARGET [--verbose] FOLDER|FILE...
//
// Files named one by one are run as they are. With --verbose each input is named before it runs: a sanitizer
// that ends the program leaves no time for it afterwards.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/target.h"

namespace {

using atb::Bytes;
namespace fs = std::filesystem;

constexpr std::array<std::uint8_t, 5> kMasks = {0x01, 0x04, 0x20, 0x80, 0xff};
constexpr std::size_t kMutationsPerFile = 1500;

// What runs now, for the last words of a program that dies.
std::string file_name;        // NOLINT(cert-err58-cpp)
const char* mutation = "";    // in words
std::size_t mutation_at = 0;  // the byte
std::uint8_t mutation_mask = 0;
bool verbose = false;
std::size_t inputs = 0;

void name_input() {
  std::fprintf(stderr, "%s%s", file_name.c_str(), mutation);
  if (*mutation != '\0') std::fprintf(stderr, " %zu", mutation_at);
  if (mutation_mask != 0) std::fprintf(stderr, " with 0x%02x", static_cast<unsigned>(mutation_mask));
  std::fputc('\n', stderr);
}

// The program is lost already: that printing is not safe in a handler does no harm.
void on_abort(int) {
  std::fputs("the input: ", stderr);
  name_input();
}

// The bytes in memory of just their size, so that a sanitizer sees a read past their end.
void run(const Bytes& bytes) {
  ++inputs;
  if (verbose) name_input();
  const Bytes exact(bytes.begin(), bytes.end());
  atb::fuzz::fuzz_one(exact);
}

void run_mutations(const Bytes& bytes) {
  const std::size_t step = 1 + bytes.size() * (1 + kMasks.size()) / kMutationsPerFile;
  for (std::size_t size = 0; size < bytes.size(); size += step) {
    mutation = ", cut at";
    mutation_at = size;
    run(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  Bytes changed = bytes;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    mutation = ", changed at byte";
    mutation_at = at;
    for (const std::uint8_t mask : kMasks) {
      mutation_mask = mask;
      changed[at] = static_cast<std::uint8_t>(bytes[at] ^ mask);
      run(changed);
    }
    mutation_mask = 0;
    changed[at] = bytes[at];
  }
  mutation = "";
}

bool run_file(const fs::path& path, bool mutate) {
  std::ifstream in(path, std::ios::binary);
  const Bytes bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  file_name = path.filename().string();
  if (in.bad() || !in.is_open()) {
    std::fprintf(stderr, "%s cannot be read\n", path.c_str());
    return false;
  }
  run(bytes);
  if (mutate) run_mutations(bytes);
  return true;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, on_abort);
  std::size_t files = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--verbose") {
      verbose = true;
      continue;
    }
    const fs::path path(argv[i]);
    const bool folder = fs::is_directory(path);
    for (const fs::path& file : folder ? files_in(path) : std::vector<fs::path>{path}) {
      if (!run_file(file, folder)) return 1;
      ++files;
    }
  }
  if (files == 0) {
    std::fputs("there is nothing to replay: the corpus is empty\n", stderr);
    return 1;
  }
  std::printf("%zu files, %zu inputs\n", files, inputs);
  return 0;
}
