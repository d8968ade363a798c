// Strikes at one chosen outside call: it fails before it arrives, its reply is lost, the host says 500, or
// the program is killed just before or just after it.
//
// A kill is played without exceptions, for there are threads: the state on disk is copied away at that
// moment, every later call of the dying run fails without effect, and the copy is put back when the run has
// ended. So what destructors and error paths do afterwards cannot help, just as after SIGKILL.
#pragma once

#include "core/net/http_client.h"
#include "core/os/file_system.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace atb::test {

// Where the calls are counted. `tell` is every word to the person: a journal entry lies before each.
enum class Seam : std::uint8_t { http, file, tell };
enum class Blow : std::uint8_t { none, unreached, reply_lost, refused, killed_before, killed_after };
std::string_view name_of(Seam seam);
std::string_view name_of(Blow blow);

struct Strike {
  Seam seam = Seam::http;
  Blow blow = Blow::none;
  std::size_t at = 0;     // 1 is the first call of that seam; 0: never
  bool for_ever = false;  // that call and all that follow
};

// Threads: safe.
class Faults {
 public:
  Faults(Strike strike, std::string state_folder, std::string snapshot_folder);
  // What happens to this call; counts it. After a kill: `killed_before` for all seams.
  Blow next(Seam seam, const std::string& what);
  // The disk as it is now is what the next run will find.
  void kill();
  // After the run has ended: puts the disk back as it was at the kill.
  void bury();

  bool struck() const { return struck_; }
  bool killed() const { return killed_; }
  // The call that was struck, for messages.
  const std::string& victim() const { return victim_; }
  // All calls of the seam, in order.
  const std::vector<std::string>& calls(Seam seam) const { return calls_[static_cast<std::size_t>(seam)]; }

 private:
  std::mutex mutex_;
  Strike strike_;
  std::string state_folder_;
  std::string snapshot_folder_;
  std::array<std::vector<std::string>, 3> calls_;
  bool struck_ = false;
  bool killed_ = false;
  std::string victim_;
};

class FaultyHttp final : public net::HttpClient {
 public:
  FaultyHttp(net::HttpClient& inner, Faults& faults) : inner_(inner), faults_(faults) {}
  Result<net::Response> send(const net::Request& request, net::BodySink& body,
                             const StopToken& stop) override;

 private:
  net::HttpClient& inner_;
  Faults& faults_;
};

// Counts what changes the disk. Reading is let through, until the program is dead.
class FaultyFs final : public os::FileSystem {
 public:
  FaultyFs(os::FileSystem& inner, Faults& faults) : inner_(inner), faults_(faults) {}
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

  // Runs a changing operation under the chosen blow.
  static Status through(Faults& faults, const std::string& what, const std::function<Status()>& operation);

 private:
  Status alive() const;
  os::FileSystem& inner_;
  Faults& faults_;
};

}  // namespace atb::test
