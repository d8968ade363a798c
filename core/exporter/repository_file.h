// From a spool to a CAR, depth-first, while the repository is proven.
#pragma once

#include "core/backup/depth_first.h"
#include "core/backup/manifest.h"
#include "core/car/spool.h"
#include "core/exporter/context.h"
#include "core/exporter/exporter.h"
#include "core/os/atomic_file.h"
#include "core/os/write_behind.h"

#include <functional>
#include <memory>
#include <optional>

namespace atb::exporter {

// The file of a repository, written in a thread of its own while the repository is walked and proven. Each
// proof begins anew; the file counts when a sound one has ended.
class RepositoryFile final : public verify::ReachedSink {
 public:
  struct Setup {
    std::string path;                                // of the file; beside it there must be space
    std::function<Result<os::AtomicFile>()> create;  // under a temporary name
    bool hashed = false;                             // sha256() is wanted
  };
  RepositoryFile(const Context& context, Setup setup);
  ~RepositoryFile() override;

  // Before a proof of what is in the spool.
  void begin(car::Spool& spool);
  bool wants_records() const override { return true; }
  // What is not authentic is not written. "export.no_space" when what is cannot be written once more.
  Status commit(const verify::RepoProof& proof) override;
  Status reached(const ipld::Cid& cid, ByteView block) override;
  // After a sound one: all of it is in file(), not committed.
  Status end();
  // After any other: gives the space back.
  void discard();

  // After end():
  os::AtomicFile& file() { return *file_; }
  const backup::DepthFirstFacts& facts() const { return facts_; }
  const std::string& sha256() const { return sha256_; }

 private:
  struct Under;  // what a section passes through on its way
  const Context& context_;
  Setup setup_;
  car::Spool* spool_ = nullptr;  // while it is proven
  std::optional<os::AtomicFile> file_;
  std::unique_ptr<Under> under_;
  backup::DepthFirstFacts facts_;
  std::string sha256_;
};

// What came but did not pass, as a CAR at `path`, for a look; nothing when nothing came. `error` is why; it
// is given back, with a line that says where the bytes are.
Error keep_rejected(const Context& context, car::Spool& spool, const std::optional<ipld::Cid>& root,
                    const std::string& path, Error error);

verify::KeyEvidence evidence_of(const identity::Identity& identity);
// The client for what is public while the account is active.
xrpc::Client host_client(const Context& context, const Origin& origin);
// All but the handle, which may not be known yet.
Exported describe(const Origin& origin, std::string path);
void add_repository(Exported& exported, verify::RepoProof proof, const Report& report);

}  // namespace atb::exporter
