// Fetches blobs side by side, each hashed as it comes, resumed by what is there and hashes right.
#pragma once

#include "core/backup/folder.h"
#include "core/exporter/context.h"
#include "core/xrpc/client.h"

#include <span>

namespace atb::exporter {

struct BlobOutcome {
  std::vector<ipld::Cid> present;  // sorted
  std::uint64_t bytes = 0;
  std::uint64_t fetched = 0;                 // new in this run
  std::vector<backup::MissingBlob> missing;  // with the host's reason, or ours ("wrong bytes: …")
};

// `wanted`: each CID once. An Error only for our own disk, interruption, or a host that is wholly
// unreachable; one blob that cannot be had is in `missing`.
Result<BlobOutcome> fetch_blobs(const Context& context, const xrpc::Client& host, const syntax::Did& did,
                                std::span<const ipld::Cid> wanted, unsigned jobs,
                                backup::FolderWriter& folder);

}  // namespace atb::exporter
