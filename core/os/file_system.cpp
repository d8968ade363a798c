#include "core/os/file_system.h"

#include <fmt/format.h>

namespace atb::os {
namespace {

// Without trailing slashes, except for the root itself.
std::string_view stripped(const std::string& path) {
  std::string_view view = path;
  while (view.size() > 1 && view.back() == '/') view.remove_suffix(1);
  return view;
}

}  // namespace

std::string join(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  if (folder.back() == '/') return folder + name;
  return folder + "/" + name;
}

std::string parent_of(const std::string& path) {
  const std::string_view view = stripped(path);
  const auto slash = view.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(stripped(std::string(view.substr(0, slash == 0 ? 1 : slash))));
}

std::string base_name(const std::string& path) {
  const std::string_view view = stripped(path);
  const auto slash = view.rfind('/');
  if (slash == std::string_view::npos || view.size() == 1) return std::string(view);
  return std::string(view.substr(slash + 1));
}

bool exists(FileSystem& fs, const std::string& path) { return fs.stat(path).has_value(); }

Result<Bytes> read_file(FileSystem& fs, const std::string& path, std::size_t limit) {
  const auto file = TRY(fs.open(path));
  if (file->size() > limit) {
    return fail(ErrorKind::limit_exceeded, "input.too_large",
                fmt::format("{} has {} bytes, more than the {} allowed", path, file->size(), limit));
  }
  Bytes content(static_cast<std::size_t>(file->size()));
  TRY_CONTEXT("while reading " + path, read_exactly_at(*file, 0, content));
  return content;
}

}  // namespace atb::os
