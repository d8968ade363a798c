// After the move: what the server gives out of what it took. Private to this module.
#pragma once

#include "core/base/progress.h"
#include "core/xrpc/endpoints.h"

#include <cstdint>
#include <set>
#include <string>

namespace atb::rehearse {

struct FetchedBack {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;  // those in `allowed`
};
// Every blob that the server lists, hashed, but those in `allowed` (CIDs), which it lists because records
// name them. "rehearse.blob" (alarm) for the first that is not the one its CID names.
Result<FetchedBack> fetch_blobs_back(const xrpc::Client& server, const syntax::Did& did,
                                     const std::set<std::string>& allowed, const Limits& limits,
                                     Progress& progress, const StopToken& stop);

}  // namespace atb::rehearse
