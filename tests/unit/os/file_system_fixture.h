// One suite for every file system: what the real one does, the one in memory must do, or tests over it prove
// nothing.
#pragma once

#include "core/os/file_system.h"
#include "tests/support/catch.h"
#include "tests/support/mem_fs.h"
#include "tests/support/temp_folder.h"

#include <sys/stat.h>

#include <string>

namespace atb::test {

using os::FileSystem;
using os::join;

struct Posix {
  TempFolder folder;
  FileSystem& fs = atb::os::posix_file_system();
  std::string root = folder.path();
};

struct Memory {
  MemFs memory;
  FileSystem& fs = memory;
  std::string root = "/root";
  Memory() { REQUIRE(memory.make_folders(root)); }
};

struct UmaskZero {
  mode_t before = ::umask(0);
  ~UmaskZero() { ::umask(before); }
};

template <class T>
std::string id_of(const atb::Result<T>& result) {
  return result ? "ok" : result.error().id;
}

inline void make(FileSystem& fs, const std::string& path, std::string_view content) {
  auto file = fs.create(path);
  REQUIRE(file);
  REQUIRE((*file)->write(as_bytes(content)));
  REQUIRE((*file)->sync());
  REQUIRE((*file)->close());
}

inline std::string content_of(FileSystem& fs, const std::string& path) {
  const auto bytes = atb::os::read_file(fs, path, 1 << 20);
  return bytes ? std::string(as_text(*bytes)) : bytes.error().id;
}

}  // namespace atb::test
