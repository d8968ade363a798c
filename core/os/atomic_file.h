// A file that lands whole or not at all: written beside its final name under a temporary one, then
// count checked, fsync, rename, fsync of the folder. The destructor discards what was not committed.
#pragma once

#include "core/os/file_system.h"
#include "core/os/random.h"

#include <memory>
#include <string>

namespace atb::os {

class AtomicFile final : public ByteSink {
 public:
  // The temporary name is ".<name>.<random>.tmp" in the same folder, which must exist.
  static Result<AtomicFile> create(FileSystem& fs, Random& random, std::string path);
  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) noexcept;
  ~AtomicFile() override;

  Status write(ByteView bytes) override;
  std::uint64_t written() const { return written_; }
  // What was written so far can be read back before the commit.
  const RandomAccess& content() const { return *file_; }
  const std::string& temporary_path() const { return temporary_; }
  // For a large file that will be committed: the disk begins with each stretch as soon as it is written, so
  // that commit() has little to wait for.
  void sync_along() { syncs_along_ = true; }
  // fsync, rename over the final name, fsync of the folder.
  Status commit();
  // As commit(), under another name in the same folder ("repo.car.suspect").
  Status commit_as(const std::string& path);
  // For a scratch file that is never committed: its name goes now, its content with this object, also when
  // the process is killed.
  Status make_nameless();
  // Removes the temporary file; nothing has happened.
  void discard();

 private:
  AtomicFile(FileSystem& fs, std::string path, std::string temporary, std::unique_ptr<WritableFile> file);
  FileSystem* fs_;
  std::string path_;
  std::string temporary_;
  std::unique_ptr<WritableFile> file_;
  std::uint64_t written_ = 0;
  std::uint64_t begun_ = 0;  // so much of it was given to the disk
  bool syncs_along_ = false;
  bool failed_ = false;  // a write or a commit went wrong: the content is not to be trusted
};

// A small file, durably.
Status write_file(FileSystem& fs, Random& random, const std::string& path, ByteView content);
// True for names that AtomicFile makes: leftovers of a killed run, safe to remove under the folder's lock.
bool is_temporary_name(std::string_view name);

}  // namespace atb::os
