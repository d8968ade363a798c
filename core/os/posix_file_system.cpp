#include "core/os/file_system.h"
#include "core/os/posix_handle.h"

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace atb::os {
namespace {

Error error_of(int code, std::string_view operation, const std::string& path) {
  std::string message =
      fmt::format("cannot {} {}: {}", operation, path, std::generic_category().message(code));
  if (code == ENOENT || code == ENOTDIR) return {ErrorKind::not_found, "file.not_found", std::move(message)};
  if (code == ENOSPC || code == EDQUOT) {
    return {ErrorKind::no_space, "file.no_space", std::move(message),
            "make room, then run the same command again"};
  }
  if (code == EEXIST) return {ErrorKind::conflict, "file.exists", std::move(message)};
  std::string hint;
  if (code == EACCES || code == EPERM) hint = "check the permissions of the file and of its folder";
  if (code == EROFS) hint = "choose a folder that can be written to";
  if (code == EMFILE || code == ENFILE) hint = "too many files are open: raise the limit (ulimit -n)";
  return {ErrorKind::io, fmt::format("file.{}", operation), std::move(message), std::move(hint)};
}

// Repeats a system call that a signal interrupted.
template <class Call>
auto retrying(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

Result<std::size_t> read_at_fd(int fd, std::uint64_t offset, MutableByteView buffer,
                               const std::string& path) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const auto got = retrying([&] {
      return ::pread(fd, buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
    });
    if (got < 0) return error_of(errno, "read", path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

class PosixReadFile final : public RandomAccess {
 public:
  PosixReadFile(Fd fd, std::string path, std::uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    if (offset >= size_) return 0;
    return read_at_fd(fd_.get(), offset, buffer, path_);
  }

 private:
  Fd fd_;
  std::string path_;
  std::uint64_t size_;
};

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Status write(ByteView bytes) override {
    TRY(usable("write"));
    std::uint64_t at = size_.load();
    while (!bytes.empty()) {
      const auto put =
          retrying([&] { return ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at)); });
      if (put < 0) return spoil(errno, "write");
      bytes = bytes.subspan(static_cast<std::size_t>(put));
      at += static_cast<std::uint64_t>(put);
      size_.store(at);
    }
    return {};
  }

  Status sync() override {
    TRY(usable("sync"));
    if (retrying([&] { return ::fsync(fd_.get()); }) < 0) return spoil(errno, "sync");
    return {};
  }

  void begin_sync(std::uint64_t from) override {
    const std::uint64_t size = size_.load();
    if (from >= size) return;
    const auto begun = retrying([&] {
      return ::sync_file_range(fd_.get(), static_cast<off_t>(from), static_cast<off_t>(size - from),
                               SYNC_FILE_RANGE_WRITE);
    });
    // Where the disk has no place for what it promised, this may be the only time that it says so.
    const bool known_here = errno != EINVAL && errno != ENOSYS && errno != ESPIPE && errno != EOPNOTSUPP;
    if (begun < 0 && known_here) spoilt_.store(true);
  }

  Status close() override {
    if (fd_.get() < 0) return {};
    // Never again after EINTR: Linux has closed the descriptor, and another thread may have got its number.
    if (::close(fd_.release()) < 0 && errno != EINTR) return spoil(errno, "close");
    return {};
  }

  std::uint64_t size() const override { return size_.load(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    TRY(usable("read"));
    return read_at_fd(fd_.get(), offset, buffer, path_);
  }

 private:
  // After a failed write or sync nobody knows what the disk holds: the kernel may have dropped the pages and
  // would call the next sync a success.
  Status usable(std::string_view operation) const {
    if (spoilt_.load()) return error_of(EIO, operation, path_);
    if (fd_.get() < 0) return error_of(EBADF, operation, path_);
    return {};
  }
  Error spoil(int code, std::string_view operation) {
    spoilt_.store(true);
    return error_of(code, operation, path_);
  }

  Fd fd_;
  std::string path_;
  std::atomic<std::uint64_t> size_{0};
  std::atomic<bool> spoilt_{false};
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Fd fd) : fd_(std::move(fd)) {}

 private:
  Fd fd_;
};

// The process that wrote its number into a lock file; 0 when that cannot be read.
int holder_of(int fd) {
  std::array<char, 24> text{};
  const auto got = retrying([&] { return ::pread(fd, text.data(), text.size(), 0); });
  int pid = 0;
  if (got > 0) std::from_chars(text.data(), text.data() + got, pid);
  return pid;
}

Result<Fd> take_lock(const std::string& path) {
  Fd fd(retrying(
      [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600); }));
  if (fd.get() < 0) return error_of(errno, "lock", path);
  if (retrying([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) == 0) return fd;
  if (errno != EWOULDBLOCK) return error_of(errno, "lock", path);
  const int holder = holder_of(fd.get());
  return fail(ErrorKind::locked, "file.locked",
              holder > 0 ? fmt::format("{} is held by process {}", path, holder)
                         : fmt::format("{} is held by another process", path),
              "wait until it has ended, then run the same command again");
}

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<RandomAccess>> open(const std::string& path) override {
    // O_NONBLOCK: opening a named pipe must not hang before we see that it is none of our business.
    Fd fd(retrying([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); }));
    if (fd.get() < 0) return error_of(errno, "open", path);
    struct stat info{};
    if (::fstat(fd.get(), &info) < 0) return error_of(errno, "open", path);
    if (!S_ISREG(info.st_mode)) {
      return fail(ErrorKind::io, "file.open", fmt::format("cannot open {}: not a regular file", path));
    }
    return std::make_unique<PosixReadFile>(std::move(fd), path, static_cast<std::uint64_t>(info.st_size));
  }

  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    Fd fd(retrying([&] {
      return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    }));
    if (fd.get() < 0) return error_of(errno, "create", path);
    // A umask may have taken away more than we asked for.
    if (::fchmod(fd.get(), 0600) < 0) return error_of(errno, "create", path);
    return std::make_unique<PosixWritableFile>(std::move(fd), path);
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) < 0) return error_of(errno, "rename", from + " to " + to);
    return {};
  }

  Status remove(const std::string& path) override {
    if (::remove(path.c_str()) < 0) return error_of(errno, "remove", path);
    return {};
  }

  Status make_folders(const std::string& path) override {
    // The longest part that is there already, then downwards from it.
    std::vector<std::string> missing;
    for (std::string at = path;; at = parent_of(at)) {
      struct stat info{};
      if (::stat(at.c_str(), &info) == 0) {
        if (!S_ISDIR(info.st_mode)) return error_of(ENOTDIR, "make", at);
        break;
      }
      if (errno != ENOENT) return error_of(errno, "make", at);
      missing.push_back(at);
    }
    for (auto folder = missing.rbegin(); folder != missing.rend(); ++folder) {
      // Another process may make the same folder at the same time: then it is there, and that is all we want.
      if (::mkdir(folder->c_str(), 0700) < 0) {
        if (errno != EEXIST) return error_of(errno, "make", *folder);
      } else if (::chmod(folder->c_str(), 0700) < 0) {
        return error_of(errno, "make", *folder);
      }
      TRY(sync_folder(parent_of(*folder)));
    }
    return {};
  }

  Status sync_folder(const std::string& path) override {
    Fd fd(retrying([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (fd.get() < 0) return error_of(errno, "sync", path);
    // EINVAL: a file system that has no such thing for folders (some network ones). Nothing more can be done
    // there.
    if (retrying([&] { return ::fsync(fd.get()); }) < 0 && errno != EINVAL)
      return error_of(errno, "sync", path);
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    struct CloseFolder {
      void operator()(DIR* folder) const { ::closedir(folder); }
    };
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
    if (!folder) return error_of(errno, "list", path);
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(folder.get());
      if (!entry) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return error_of(errno, "list", path);
    std::ranges::sort(names);
    return names;
  }

  Result<FileInfo> stat(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) < 0) return error_of(errno, "stat", path);
    FileInfo result;
    result.type = S_ISREG(info.st_mode)   ? FileInfo::Type::file
                  : S_ISDIR(info.st_mode) ? FileInfo::Type::folder
                                          : FileInfo::Type::other;
    result.size = static_cast<std::uint64_t>(info.st_size);
    result.mode = static_cast<std::uint32_t>(info.st_mode & 07777U);
    result.modified_us =
        static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000 + info.st_mtim.tv_nsec / 1000;
    return result;
  }

  Result<std::uint64_t> free_space(const std::string& path) override {
    struct statvfs info{};
    if (retrying([&] { return ::statvfs(path.c_str(), &info); }) < 0) return error_of(errno, "stat", path);
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(info.f_bavail, info.f_frsize, &bytes)) bytes = UINT64_MAX;
    return bytes;
  }

  // A holder may remove its lock file before it lets go: what was locked must still be what lies there.
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    while (true) {
      Fd fd = TRY(take_lock(path));
      struct stat held{};
      struct stat there{};
      if (::fstat(fd.get(), &held) < 0) return error_of(errno, "lock", path);
      if (::lstat(path.c_str(), &there) < 0 || there.st_ino != held.st_ino || there.st_dev != held.st_dev)
        continue;
      // The number is a help for the reader only; the lock does not depend on it.
      const std::string pid = fmt::format("{:<20}\n", ::getpid());
      if (::ftruncate(fd.get(), 0) < 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) errno = 0;
      return std::make_unique<PosixLock>(std::move(fd));
    }
  }
};

}  // namespace

FileSystem& posix_file_system() {
  static PosixFileSystem file_system;
  return file_system;
}

}  // namespace atb::os
