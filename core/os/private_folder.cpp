#include "core/os/private_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace atb::os {

Result<PrivateFolder> PrivateFolder::make(const std::string& where, const std::string& name) {
  std::string path = where + "/" + name + "-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    const int code = errno;
    const std::string what =
        "cannot make a folder in " + where + ": " + std::generic_category().message(code);
    if (code == ENOSPC || code == EDQUOT) return fail(ErrorKind::no_space, "file.no_space", what);
    return fail(ErrorKind::io, "file.create", what, "TMPDIR can name another place");
  }
  return PrivateFolder(std::move(path));
}

PrivateFolder::PrivateFolder(PrivateFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), kept_(other.kept_) {}

PrivateFolder& PrivateFolder::operator=(PrivateFolder&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    kept_ = other.kept_;
  }
  return *this;
}

PrivateFolder::~PrivateFolder() { remove(); }

void PrivateFolder::remove() noexcept {
  if (path_.empty() || kept_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace atb::os
