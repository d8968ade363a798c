#include "tests/support/mem_fs.h"

#include "tests/support/mem_fs_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace atb::test {

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

  void begin_sync(std::uint64_t from) override {
    const std::scoped_lock lock(state_->mutex);
    static_cast<void>(state_->enter({"begin_sync", path_, std::to_string(from), false}));
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

}  // namespace atb::test
