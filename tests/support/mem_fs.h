// A file system in memory that behaves like the real one, remembers what was done, fails the N-th operation,
// and can lose power: then everything that was not synced is gone.
//
// The model of a power cut is the harsh one that POSIX allows: the content of a file survives as it was at
// its last sync(); the names of a folder survive as they were at its last sync_folder(). A rename without a
// sync_folder() after it may not have happened, so it has not.
#pragma once

#include "core/os/file_system.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace atb::test {

class MemFs final : public os::FileSystem {
 public:
  // One call, as "write /a/b" or "rename /a/b /a/c". Reads are recorded too (open, read, list, stat,
  // free_space).
  struct Operation {
    std::string name;
    std::string path;
    std::string to;  // of rename; of begin_sync: from where
    bool changes =
        false;  // writes to the disk: create write sync close rename remove make_folders sync_folder
    std::string str() const;
  };

  // "/" and the current folder "." are there. Relative paths are taken as below "/cwd".
  MemFs();
  ~MemFs() override;

  Result<std::unique_ptr<RandomAccess>> open(const std::string& path) override;
  Result<std::unique_ptr<os::WritableFile>> create(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_folders(const std::string& path) override;
  Status sync_folder(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<os::FileInfo> stat(const std::string& path) override;
  Result<std::uint64_t> free_space(const std::string& path) override;
  Result<std::unique_ptr<os::FileLock>> lock(const std::string& path) override;

  // --- what tests do to it ---
  // Makes a file with this content, synced, whatever is there; parents too. No hook, no record.
  void put(const std::string& path, std::string_view content, std::uint32_t mode = 0600);
  // The content, or nothing when there is no such file.
  std::optional<std::string> get(const std::string& path) const;
  // Paths of all files, sorted.
  std::vector<std::string> files() const;
  void flip(const std::string& path, std::uint64_t offset, std::uint8_t mask = 1);

  // Power cut: what was not synced is gone, open files fail from now on, locks are free.
  void crash();
  // The process dies, the machine lives: all content stays, open files fail, locks are free.
  void kill();

  // Fails the N-th changing operation from now (0 is the next) with kind io, id "file.injected", once.
  void fail_after(std::size_t changing_operations);
  // As above, but this and all that follow: a disk that has died.
  void die_after(std::size_t changing_operations);
  void heal();
  // Asked before every operation; an Error fails it.
  using Hook = std::function<std::optional<Error>(const Operation&)>;
  void set_hook(Hook hook);

  // Writes use it up (fail with "file.no_space"); removing gives it back. No limit at first.
  void set_free_space(std::uint64_t bytes);

  std::vector<Operation> operations() const;
  std::size_t changes() const;  // number of changing operations so far
  void forget_operations();

 private:
  struct Node;
  struct State;
  class ReadFile;
  class WriteFile;
  class Lock;
  std::shared_ptr<State> state_;
};

}  // namespace atb::test
