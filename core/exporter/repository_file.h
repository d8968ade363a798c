// From a proven spool to a CAR: written depth-first, counted and hashed on the way.
#pragma once

#include "core/backup/manifest.h"
#include "core/car/spool.h"
#include "core/exporter/context.h"
#include "core/exporter/exporter.h"
#include "core/os/atomic_file.h"

namespace atb::exporter {

struct WrittenCar {
  std::string sha256;
  std::uint64_t bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t extra_blocks = 0;
};
Result<WrittenCar> write_car(const Context& context, car::Spool& spool, const ipld::Cid& commit,
                             ByteSink& out);

// What came but did not pass, as a CAR at `path`, for a look; nothing when nothing came. `error` is why; it
// is given back, with a line that says where the bytes are.
Error keep_rejected(const Context& context, car::Spool& spool, const std::optional<ipld::Cid>& root,
                    const std::string& path, Error error);

verify::KeyEvidence evidence_of(const identity::Identity& identity);
// The client for what is public while the account is active.
xrpc::Client host_client(const Context& context, const Origin& origin);
Exported describe(const Origin& origin, std::string path);
void add_repository(Exported& exported, verify::RepoProof proof, const Report& report);

}  // namespace atb::exporter
