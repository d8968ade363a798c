// The inside of MemFs.
#pragma once

#include "tests/support/mem_fs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace atb::test {

// A file or a folder. Shared by its name and by those who have it open.
struct MemFs::Node {
  bool folder = false;
  std::uint32_t mode = 0600;
  std::int64_t modified_us = 0;
  Bytes content;
  Bytes synced;                                        // content that outlives a power cut
  std::map<std::string, std::shared_ptr<Node>> names;  // of a folder
  std::map<std::string, std::shared_ptr<Node>> synced_names;
};

struct MemFs::State {
  mutable std::recursive_mutex mutex;
  std::shared_ptr<Node> root;
  std::set<std::string> locks;
  std::uint64_t generation = 0;  // rises with crash() and kill(): handles of an older one are dead
  std::int64_t now_us = 1'700'000'000'000'000;
  std::optional<std::uint64_t> free;
  std::vector<Operation> operations;
  std::size_t changes = 0;
  std::optional<std::size_t> fail_at;
  bool dies = false;
  Hook hook;

  static std::vector<std::string> parts(const std::string& path) {
    std::vector<std::string> result;
    const std::string whole = path.starts_with('/') ? path : "/cwd/" + path;
    std::size_t at = 0;
    while (at < whole.size()) {
      const auto slash = std::min(whole.find('/', at), whole.size());
      std::string part = whole.substr(at, slash - at);
      if (part == ".." && !result.empty()) result.pop_back();
      if (!part.empty() && part != "." && part != "..") result.push_back(std::move(part));
      at = slash + 1;
    }
    return result;
  }
  static std::string canonical(const std::string& path) {
    std::string result;
    for (const auto& part : parts(path)) result += "/" + part;
    return result.empty() ? "/" : result;
  }

  std::shared_ptr<Node> find(const std::string& path) const {
    auto node = root;
    for (const auto& part : parts(path)) {
      if (!node->folder) return nullptr;
      const auto found = node->names.find(part);
      if (found == node->names.end()) return nullptr;
      node = found->second;
    }
    return node;
  }
  std::shared_ptr<Node> parent(const std::string& path) const {
    const auto all = parts(path);
    if (all.empty()) return nullptr;
    auto node = root;
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
      const auto found = node->names.find(all[i]);
      if (found == node->names.end() || !found->second->folder) return nullptr;
      node = found->second;
    }
    return node;
  }

  Status enter(Operation operation) {
    if (operation.changes) {
      const bool now = fail_at && (dies ? changes >= *fail_at : changes == *fail_at);
      ++changes;
      operations.push_back(operation);
      if (now) return fail(ErrorKind::io, "file.injected", "injected failure of " + operation.str());
    } else {
      operations.push_back(operation);
    }
    if (hook) {
      if (auto error = hook(operation)) return *error;
    }
    return {};
  }

  Status take_space(std::uint64_t bytes, const std::string& path) {
    if (!free) return {};
    if (*free < bytes) {
      return fail(ErrorKind::no_space, "file.no_space",
                  fmt::format("cannot write {}: No space left on device", path),
                  "make room, then run the same command again");
    }
    *free -= bytes;
    return {};
  }
  void give_back(const Node& node) {
    if (free) *free += node.content.size();
  }

  std::shared_ptr<Node> make(bool folder, std::uint32_t mode) {
    auto node = std::make_shared<Node>();
    node->folder = folder;
    node->mode = mode;
    node->modified_us = ++now_us;
    return node;
  }
};

}  // namespace atb::test
