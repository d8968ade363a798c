#include "tests/support/faults.h"

#include <filesystem>
#include <optional>
#include <utility>

namespace atb::test {
namespace {

Failure dead() { return fail(ErrorKind::cancelled, "test.killed", "the program is dead"); }

class Discard final : public net::BodySink {
 public:
  Status begin(const net::Response&) override { return {}; }
  Status write(ByteView) override { return {}; }
};

class FaultyFile final : public os::WritableFile {
 public:
  FaultyFile(std::unique_ptr<os::WritableFile> inner, std::string path, Faults& faults)
      : inner_(std::move(inner)), path_(std::move(path)), faults_(faults) {}
  Status write(ByteView bytes) override {
    return FaultyFs::through(faults_, "write " + path_, [&] { return inner_->write(bytes); });
  }
  Status sync() override {
    return FaultyFs::through(faults_, "sync " + path_, [&] { return inner_->sync(); });
  }
  Status close() override {
    return FaultyFs::through(faults_, "close " + path_, [&] { return inner_->close(); });
  }
  std::uint64_t size() const override { return inner_->size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    return inner_->read_at(offset, buffer);
  }

 private:
  std::unique_ptr<os::WritableFile> inner_;
  std::string path_;
  Faults& faults_;
};

}  // namespace

std::string_view name_of(Seam seam) {
  switch (seam) {
    case Seam::http:
      return "http";
    case Seam::file:
      return "file";
    case Seam::tell:
      return "tell";
  }
  return "?";
}

std::string_view name_of(Blow blow) {
  switch (blow) {
    case Blow::none:
      return "none";
    case Blow::unreached:
      return "unreached";
    case Blow::reply_lost:
      return "reply lost";
    case Blow::refused:
      return "refused";
    case Blow::killed_before:
      return "killed before";
    case Blow::killed_after:
      return "killed after";
  }
  return "?";
}

Faults::Faults(Strike strike, std::string state_folder, std::string snapshot_folder)
    : strike_(strike), state_folder_(std::move(state_folder)), snapshot_folder_(std::move(snapshot_folder)) {}

Blow Faults::next(Seam seam, const std::string& what) {
  const std::scoped_lock lock(mutex_);
  if (killed_) return Blow::killed_before;
  std::vector<std::string>& calls = calls_.at(static_cast<std::size_t>(seam));
  calls.push_back(what);
  const std::size_t number = calls.size();
  if (seam != strike_.seam || strike_.at == 0) return Blow::none;
  if (strike_.for_ever ? number < strike_.at : number != strike_.at) return Blow::none;
  if (!struck_) victim_ = what;
  struck_ = true;
  return strike_.blow;
}

void Faults::kill() {
  const std::scoped_lock lock(mutex_);
  if (killed_) return;
  killed_ = true;
  std::filesystem::remove_all(snapshot_folder_);
  if (std::filesystem::exists(state_folder_))
    std::filesystem::copy(state_folder_, snapshot_folder_, std::filesystem::copy_options::recursive);
}

void Faults::bury() {
  if (!killed_) return;
  std::filesystem::remove_all(state_folder_);
  if (std::filesystem::exists(snapshot_folder_)) std::filesystem::rename(snapshot_folder_, state_folder_);
}

Result<net::Response> FaultyHttp::send(const net::Request& request, net::BodySink& body,
                                       const StopToken& stop) {
  Discard discard;
  switch (faults_.next(Seam::http, request.method + " " + request.url.str())) {
    case Blow::none:
      return inner_.send(request, body, stop);
    case Blow::unreached:
      return fail(ErrorKind::network, "http.connect", "no connection to " + request.url.origin());
    case Blow::reply_lost:
      static_cast<void>(inner_.send(request, discard, stop));
      return fail(ErrorKind::network, "http.reset", request.url.origin() + " broke the connection off");
    case Blow::refused: {
      net::Response response;
      response.status = 500;
      response.error_body = R"({"error":"InternalServerError","message":"Internal Server Error"})";
      return response;
    }
    case Blow::killed_before:
      faults_.kill();
      return dead();
    case Blow::killed_after:
      static_cast<void>(inner_.send(request, discard, stop));
      faults_.kill();
      return dead();
  }
  return dead();
}

Status FaultyFs::through(Faults& faults, const std::string& what, const std::function<Status()>& operation) {
  switch (faults.next(Seam::file, what)) {
    case Blow::none:
      return operation();
    case Blow::unreached:
    case Blow::refused:
      return fail(ErrorKind::io, "file.injected", "could not " + what);
    case Blow::reply_lost:
      static_cast<void>(operation());
      return fail(ErrorKind::io, "file.injected", "could not " + what);
    case Blow::killed_before:
      faults.kill();
      return dead();
    case Blow::killed_after:
      static_cast<void>(operation());
      faults.kill();
      return dead();
  }
  return dead();
}

Status FaultyFs::alive() const {
  if (faults_.killed()) return dead();
  return {};
}

Result<std::unique_ptr<RandomAccess>> FaultyFs::open(const std::string& path) {
  TRY(alive());
  return inner_.open(path);
}

Result<std::unique_ptr<os::WritableFile>> FaultyFs::create(const std::string& path) {
  std::unique_ptr<os::WritableFile> file;
  TRY(through(faults_, "create " + path, [&]() -> Status {
    file = TRY(inner_.create(path));
    return {};
  }));
  return std::make_unique<FaultyFile>(std::move(file), path, faults_);
}

Status FaultyFs::rename(const std::string& from, const std::string& to) {
  return through(faults_, "rename " + from + " " + to, [&] { return inner_.rename(from, to); });
}

Status FaultyFs::remove(const std::string& path) {
  return through(faults_, "remove " + path, [&] { return inner_.remove(path); });
}

Status FaultyFs::make_folders(const std::string& path) {
  return through(faults_, "make_folders " + path, [&] { return inner_.make_folders(path); });
}

Status FaultyFs::sync_folder(const std::string& path) {
  return through(faults_, "sync_folder " + path, [&] { return inner_.sync_folder(path); });
}

Result<std::vector<std::string>> FaultyFs::list(const std::string& path) {
  TRY(alive());
  return inner_.list(path);
}

Result<os::FileInfo> FaultyFs::stat(const std::string& path) {
  TRY(alive());
  return inner_.stat(path);
}

Result<std::uint64_t> FaultyFs::free_space(const std::string& path) {
  TRY(alive());
  return inner_.free_space(path);
}

Result<std::unique_ptr<os::FileLock>> FaultyFs::lock(const std::string& path) {
  TRY(alive());
  return inner_.lock(path);
}

}  // namespace atb::test
