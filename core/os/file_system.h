// The file system as one narrow interface: everything that touches a disk goes through it, so that tests can
// fail the N-th operation, forget what was not synced, or run in memory. (SQLite, in db, is the one
// exception.)
//
// Paths are absolute or relative as the caller gave them. New files are 0600 and new folders 0700, whatever
// the umask. Errors: kind not_found "file.not_found", no_space "file.no_space", conflict "file.exists", else
// io "file.<operation>"; the message names the path and the system's reason.
#pragma once

#include "core/base/byte_source.h"
#include "core/base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace atb::os {

struct FileInfo {
  enum class Type : std::uint8_t { file, folder, other };
  Type type = Type::file;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  // permission bits
  std::int64_t modified_us = 0;
};

// An open file to write. Not synced until sync(); closed by the destructor, which cannot report.
// write() takes all bytes or fails. A failed sync() means the content is lost: never sync again, write anew.
class WritableFile : public ByteSink, public RandomAccess {
 public:
  virtual Status sync() = 0;
  // Lets the disk begin with what was written from the byte `from` on, so that sync() has less to wait for.
  // Hardly waits, and promises nothing; sync() tells of an error that it meets.
  virtual void begin_sync(std::uint64_t /*from*/) {}
  virtual Status close() = 0;
};

// Held until destroyed, or until the process dies.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Threads: all calls are safe from any thread.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Regular files only; symbolic links are followed.
  virtual Result<std::unique_ptr<RandomAccess>> open(const std::string& path) = 0;
  // Makes a new file, 0600; "file.exists" if there is one. Also readable (RandomAccess) for spooling.
  virtual Result<std::unique_ptr<WritableFile>> create(const std::string& path) = 0;
  // Replaces `to` if it is there. Atomic.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  // A file, or an empty folder.
  virtual Status remove(const std::string& path) = 0;
  // Makes the folder and its parents (0700); one that is there already is fine. Syncs the parents of new
  // ones.
  virtual Status make_folders(const std::string& path) = 0;
  virtual Status sync_folder(const std::string& path) = 0;
  // Names only, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  // "file.not_found" when there is nothing.
  virtual Result<FileInfo> stat(const std::string& path) = 0;
  // Bytes that a process like this one may still write where `path` (an existing folder) lies.
  virtual Result<std::uint64_t> free_space(const std::string& path) = 0;
  // Takes the lock file `path` (made if absent), or fails with kind locked, id "file.locked". Its holder
  // may remove the file before it lets go.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

FileSystem& posix_file_system();

// "a/b" + "c" = "a/b/c".
std::string join(const std::string& folder, const std::string& name);
// "a/b/c" -> "a/b"; "c" -> ".".
std::string parent_of(const std::string& path);
// "a/b/c" -> "c".
std::string base_name(const std::string& path);

bool exists(FileSystem& fs, const std::string& path);
// A small file, whole; longer than `limit` is "input.too_large".
Result<Bytes> read_file(FileSystem& fs, const std::string& path, std::size_t limit);

}  // namespace atb::os
