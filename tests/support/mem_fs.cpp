#include "tests/support/mem_fs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
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

namespace {

Error not_found(std::string_view operation, const std::string& path) {
  return {ErrorKind::not_found, "file.not_found",
          fmt::format("cannot {} {}: No such file or directory", operation, path)};
}

Error io_error(std::string_view operation, const std::string& path, std::string_view why) {
  return {ErrorKind::io, fmt::format("file.{}", operation),
          fmt::format("cannot {} {}: {}", operation, path, why)};
}

std::size_t copy_out(const Bytes& content, std::uint64_t offset, MutableByteView buffer) {
  if (offset >= content.size()) return 0;
  const auto count = std::min<std::size_t>(buffer.size(), content.size() - static_cast<std::size_t>(offset));
  if (count > 0) std::memcpy(buffer.data(), content.data() + offset, count);
  return count;
}

}  // namespace

std::string MemFs::Operation::str() const {
  return to.empty() ? name + " " + path : name + " " + path + " " + to;
}

class MemFs::ReadFile final : public RandomAccess {
 public:
  ReadFile(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string path)
      : state_(std::move(state)),
        node_(std::move(node)),
        path_(std::move(path)),
        size_(node_->content.size()) {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    const std::scoped_lock lock(state_->mutex);
    TRY(state_->enter({"read", path_, {}, false}));
    return copy_out(node_->content, offset, buffer);
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Node> node_;
  std::string path_;
  std::uint64_t size_;
};

class MemFs::WriteFile final : public os::WritableFile {
 public:
  WriteFile(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string path)
      : state_(std::move(state)), node_(std::move(node)), path_(std::move(path)), born_(state_->generation) {}

  Status write(ByteView bytes) override {
    const std::scoped_lock lock(state_->mutex);
    TRY(usable("write"));
    auto status = state_->enter({"write", path_, {}, true});
    if (status) status = state_->take_space(bytes.size(), path_);
    if (!status) {
      spoilt_ = true;
      return status;
    }
    node_->content.insert(node_->content.end(), bytes.begin(), bytes.end());
    node_->modified_us = ++state_->now_us;
    return {};
  }

  Status sync() override {
    const std::scoped_lock lock(state_->mutex);
    TRY(usable("sync"));
    if (auto status = state_->enter({"sync", path_, {}, true}); !status) {
      spoilt_ = true;
      return status;
    }
    node_->synced = node_->content;
    return {};
  }

  Status close() override {
    const std::scoped_lock lock(state_->mutex);
    if (closed_) return {};
    closed_ = true;
    return state_->enter({"close", path_, {}, true});
  }

  std::uint64_t size() const override {
    const std::scoped_lock lock(state_->mutex);
    return node_->content.size();
  }

  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    const std::scoped_lock lock(state_->mutex);
    TRY(usable("read"));
    TRY(state_->enter({"read", path_, {}, false}));
    return copy_out(node_->content, offset, buffer);
  }

 private:
  Status usable(std::string_view operation) const {
    if (closed_) return io_error(operation, path_, "Bad file descriptor");
    if (spoilt_) return io_error(operation, path_, "Input/output error");
    if (born_ != state_->generation) return io_error(operation, path_, "the process that opened it is dead");
    return {};
  }

  std::shared_ptr<State> state_;
  std::shared_ptr<Node> node_;
  std::string path_;
  std::uint64_t born_;
  bool closed_ = false;
  bool spoilt_ = false;
};

class MemFs::Lock final : public os::FileLock {
 public:
  Lock(std::shared_ptr<State> state, std::string path)
      : state_(std::move(state)), path_(std::move(path)), born_(state_->generation) {}
  ~Lock() override {
    const std::scoped_lock lock(state_->mutex);
    if (born_ == state_->generation) state_->locks.erase(path_);
  }

 private:
  std::shared_ptr<State> state_;
  std::string path_;
  std::uint64_t born_;
};

MemFs::MemFs() : state_(std::make_shared<State>()) {
  state_->root = state_->make(true, 0755);
  auto cwd = state_->make(true, 0700);
  state_->root->names["cwd"] = cwd;
  state_->root->synced_names["cwd"] = cwd;
}

MemFs::~MemFs() = default;

Result<std::unique_ptr<RandomAccess>> MemFs::open(const std::string& path) {
  const std::scoped_lock lock(state_->mutex);
  TRY(state_->enter({"open", path, {}, false}));
  auto node = state_->find(path);
  if (!node) return not_found("open", path);
  if (node->folder) return io_error("open", path, "not a regular file");
  return std::make_unique<ReadFile>(state_, std::move(node), path);
}

Result<std::unique_ptr<os::WritableFile>> MemFs::create(const std::string& path) {
  const std::scoped_lock lock(state_->mutex);
  TRY(state_->enter({"create", path, {}, true}));
  const auto folder = state_->parent(path);
  if (!folder) return not_found("create", path);
  const auto name = State::parts(path).back();
  if (folder->names.contains(name)) {
    return fail(ErrorKind::conflict, "file.exists", fmt::format("cannot create {}: File exists", path));
  }
  auto node = state_->make(false, 0600);
  folder->names[name] = node;
  return std::make_unique<WriteFile>(state_, std::move(node), path);
}

Status MemFs::rename(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(state_->mutex);
  TRY(state_->enter({"rename", from, to, true}));
  const auto node = state_->find(from);
  const auto source = state_->parent(from);
  const auto target = state_->parent(to);
  if (!node || !source || !target) return not_found("rename", from + " to " + to);
  const auto name = State::parts(to).back();
  if (const auto old = target->names.find(name); old != target->names.end() && old->second != node) {
    if (old->second->folder != node->folder) return io_error("rename", from + " to " + to, "Is a directory");
    if (old->second->folder && !old->second->names.empty()) {
      return io_error("rename", from + " to " + to, "Directory not empty");
    }
    state_->give_back(*old->second);
  }
  source->names.erase(State::parts(from).back());
  target->names[name] = node;
  return {};
}

Status MemFs::remove(const std::string& path) {
  const std::scoped_lock lock(state_->mutex);
  TRY(state_->enter({"remove", path, {}, true}));
  const auto node = state_->find(path);
  const auto folder = state_->parent(path);
  if (!node || !folder) return not_found("remove", path);
  if (node->folder && !node->names.empty()) return io_error("remove", path, "Directory not empty");
  state_->give_back(*node);
  folder->names.erase(State::parts(path).back());
  return {};
}

Status MemFs::make_folders(const std::string& path) {
  const std::scoped_lock lock(state_->mutex);
  TRY(state_->enter({"make_folders", path, {}, true}));
  auto node = state_->root;
  for (const auto& part : State::parts(path)) {
    auto& next = node->names[part];
    if (!next) {
      next = state_->make(true, 0700);
      node->synced_names[part] = next;
    }
    if (!next->folder) return not_found("make", path);
    node = next;
  }
  return {};
}

Status MemFs::sync_folder(const std::string& path) {
  const std::scoped_lock lock(state_->mutex);
  TRY(state_->enter({"sync_folder", path, {}, true}));
  const auto node = state_->find(path);
  if (!node || !node->folder) return not_found("sync", path);
  node->synced_names = node->names;
  return {};
}

Result<std::vector<std::string>> MemFs::list(const std::string& path) {
  const std::scoped_lock lock(state_->mutex);
  TRY(state_->enter({"list", path, {}, false}));
  const auto node = state_->find(path);
  if (!node || !node->folder) return not_found("list", path);
  std::vector<std::string> names;
  for (const auto& [name, child] : node->names) names.push_back(name);
  return names;
}

Result<os::FileInfo> MemFs::stat(const std::string& path) {
  const std::scoped_lock lock(state_->mutex);
  TRY(state_->enter({"stat", path, {}, false}));
  const auto node = state_->find(path);
  if (!node) return not_found("stat", path);
  os::FileInfo info;
  info.type = node->folder ? os::FileInfo::Type::folder : os::FileInfo::Type::file;
  info.size = node->content.size();
  info.mode = node->mode;
  info.modified_us = node->modified_us;
  return info;
}

Result<std::uint64_t> MemFs::free_space(const std::string& path) {
  const std::scoped_lock lock(state_->mutex);
  TRY(state_->enter({"free_space", path, {}, false}));
  if (!state_->find(path)) return not_found("stat", path);
  return state_->free.value_or(1ULL << 50);
}

Result<std::unique_ptr<os::FileLock>> MemFs::lock(const std::string& path) {
  const std::scoped_lock guard(state_->mutex);
  TRY(state_->enter({"lock", path, {}, false}));
  const auto folder = state_->parent(path);
  if (!folder) return not_found("lock", path);
  const auto found = state_->find(path);
  if (found && found->folder) return io_error("lock", path, "Is a directory");
  if (!found) folder->names[State::parts(path).back()] = state_->make(false, 0600);
  std::string name = State::canonical(path);
  if (!state_->locks.insert(name).second) {
    return fail(ErrorKind::locked, "file.locked", path + " is held by another process",
                "wait until it has ended, then run the same command again");
  }
  return std::make_unique<Lock>(state_, std::move(name));
}

void MemFs::put(const std::string& path, std::string_view content, std::uint32_t mode) {
  const std::scoped_lock lock(state_->mutex);
  auto folder = state_->root;
  const auto all = State::parts(path);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    auto& next = folder->names[all[i]];
    if (!next) next = state_->make(true, 0700);
    folder->synced_names[all[i]] = next;
    folder = next;
  }
  auto node = state_->make(false, mode);
  node->content = to_bytes(as_bytes(content));
  node->synced = node->content;
  folder->names[all.back()] = node;
  folder->synced_names[all.back()] = node;
}

std::optional<std::string> MemFs::get(const std::string& path) const {
  const std::scoped_lock lock(state_->mutex);
  const auto node = state_->find(path);
  if (!node || node->folder) return std::nullopt;
  return std::string(as_text(node->content));
}

std::vector<std::string> MemFs::files() const {
  const std::scoped_lock lock(state_->mutex);
  std::vector<std::string> result;
  std::vector<std::pair<std::string, std::shared_ptr<Node>>> open{{"", state_->root}};
  while (!open.empty()) {
    const auto [path, node] = std::move(open.back());
    open.pop_back();
    if (!node->folder) result.push_back(path);
    for (const auto& [name, child] : node->names) open.emplace_back(path + "/" + name, child);
  }
  std::ranges::sort(result);
  return result;
}

void MemFs::flip(const std::string& path, std::uint64_t offset, std::uint8_t mask) {
  const std::scoped_lock lock(state_->mutex);
  const auto node = state_->find(path);
  auto& byte = node->content.at(static_cast<std::size_t>(offset));
  byte = static_cast<std::uint8_t>(byte ^ mask);
}

void MemFs::crash() {
  const std::scoped_lock lock(state_->mutex);
  kill();
  std::vector<std::shared_ptr<Node>> open{state_->root};
  while (!open.empty()) {
    const auto node = std::move(open.back());
    open.pop_back();
    node->names = node->synced_names;
    node->content = node->synced;
    for (const auto& [name, child] : node->names) open.push_back(child);
  }
}

void MemFs::kill() {
  const std::scoped_lock lock(state_->mutex);
  ++state_->generation;
  state_->locks.clear();
}

void MemFs::fail_after(std::size_t changing_operations) {
  const std::scoped_lock lock(state_->mutex);
  state_->fail_at = state_->changes + changing_operations;
  state_->dies = false;
}

void MemFs::die_after(std::size_t changing_operations) {
  fail_after(changing_operations);
  const std::scoped_lock lock(state_->mutex);
  state_->dies = true;
}

void MemFs::heal() {
  const std::scoped_lock lock(state_->mutex);
  state_->fail_at.reset();
}

void MemFs::set_hook(Hook hook) {
  const std::scoped_lock lock(state_->mutex);
  state_->hook = std::move(hook);
}

void MemFs::set_free_space(std::uint64_t bytes) {
  const std::scoped_lock lock(state_->mutex);
  state_->free = bytes;
}

std::vector<MemFs::Operation> MemFs::operations() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->operations;
}

std::size_t MemFs::changes() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->changes;
}

void MemFs::forget_operations() {
  const std::scoped_lock lock(state_->mutex);
  state_->operations.clear();
}

}  // namespace atb::test
