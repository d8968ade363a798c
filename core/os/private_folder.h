// A folder that nobody else can read, gone with all it holds when this object is. For what other programs
// write too; only on a real disk.
#pragma once

#include "core/base/result.h"

#include <string>

namespace atb::os {

class PrivateFolder {
 public:
  // In the existing folder `where`: "NAME-XXXXXX", 0700. "file.create" (io), "file.no_space".
  static Result<PrivateFolder> make(const std::string& where, const std::string& name);
  PrivateFolder(PrivateFolder&& other) noexcept;
  PrivateFolder& operator=(PrivateFolder&& other) noexcept;
  // Links are removed, not followed.
  ~PrivateFolder();

  const std::string& path() const { return path_; }
  // It stays when this object goes.
  void keep() { kept_ = true; }

 private:
  explicit PrivateFolder(std::string path) : path_(std::move(path)) {}
  void remove() noexcept;
  std::string path_;  // empty: moved from
  bool kept_ = false;
};

}  // namespace atb::os
