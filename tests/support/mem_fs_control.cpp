// What tests do to MemFs.
#include "tests/support/mem_fs_state.h"

#include <algorithm>

namespace atb::test {

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
