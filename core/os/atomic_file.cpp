#include "core/os/atomic_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace atb::os {
namespace {

constexpr std::size_t kRandomBytes = 8;
constexpr std::string_view kEnding = ".tmp";
constexpr std::uint64_t kSyncEvery = 4U << 20;

}  // namespace

Result<AtomicFile> AtomicFile::create(FileSystem& fs, Random& random, std::string path) {
  std::string temporary =
      join(parent_of(path), fmt::format(".{}.{}{}", base_name(path), random.hex(kRandomBytes), kEnding));
  auto file = TRY(fs.create(temporary));
  return AtomicFile(fs, std::move(path), std::move(temporary), std::move(file));
}

AtomicFile::AtomicFile(FileSystem& fs, std::string path, std::string temporary,
                       std::unique_ptr<WritableFile> file)
    : fs_(&fs), path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : fs_(other.fs_),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      file_(std::move(other.file_)),
      written_(other.written_),
      begun_(other.begun_),
      syncs_along_(other.syncs_along_),
      failed_(other.failed_) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this != &other) {
    discard();
    fs_ = other.fs_;
    path_ = std::move(other.path_);
    temporary_ = std::exchange(other.temporary_, {});
    file_ = std::move(other.file_);
    written_ = other.written_;
    begun_ = other.begun_;
    syncs_along_ = other.syncs_along_;
    failed_ = other.failed_;
  }
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

Status AtomicFile::write(ByteView bytes) {
  if (!file_)
    return fail(ErrorKind::internal, "file.committed", path_ + " was already committed or discarded");
  auto status = file_->write(bytes);
  if (!status) {
    failed_ = true;
    return status;
  }
  written_ += bytes.size();
  if (syncs_along_ && written_ - begun_ >= kSyncEvery) {
    file_->begin_sync(begun_);
    begun_ = written_;
  }
  return {};
}

Status AtomicFile::commit() { return commit_as(path_); }

Status AtomicFile::commit_as(const std::string& path) {
  if (!file_)
    return fail(ErrorKind::internal, "file.committed", path_ + " was already committed or discarded");
  if (failed_) return fail(ErrorKind::io, "file.write", "cannot commit " + path + ": a write failed before");
  failed_ = true;  // until proven otherwise: a commit that failed half-way is not to be tried again
  TRY(file_->sync());
  TRY(file_->close());
  const FileInfo info = TRY(fs_->stat(temporary_));
  if (info.size != written_) {
    return fail(ErrorKind::io, "file.count",
                fmt::format("{} has {} bytes on disk, but {} were written", temporary_, info.size, written_));
  }
  TRY(fs_->rename(temporary_, path));
  temporary_.clear();
  file_.reset();
  failed_ = false;
  return fs_->sync_folder(parent_of(path));
}

Status AtomicFile::make_nameless() {
  TRY(fs_->remove(temporary_));
  temporary_.clear();
  return {};
}

void AtomicFile::discard() {
  file_.reset();
  if (temporary_.empty()) return;
  // A leftover is harmless and has a name that tells what it is (is_temporary_name).
  static_cast<void>(fs_->remove(temporary_));
  temporary_.clear();
}

Status write_file(FileSystem& fs, Random& random, const std::string& path, ByteView content) {
  auto file = TRY(AtomicFile::create(fs, random, path));
  TRY(file.write(content));
  return file.commit();
}

bool is_temporary_name(std::string_view name) {
  constexpr std::size_t hex_digits = 2 * kRandomBytes;
  // ".", at least one character, ".", the random part, ".tmp"
  if (name.size() < 3 + hex_digits + kEnding.size()) return false;
  if (name.front() != '.' || !name.ends_with(kEnding)) return false;
  name.remove_suffix(kEnding.size());
  if (name[name.size() - hex_digits - 1] != '.') return false;
  return std::ranges::all_of(name.substr(name.size() - hex_digits),
                             [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace atb::os
