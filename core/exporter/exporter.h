// `export`: an account, proven, to one CAR or to a backup folder.
#pragma once

#include "core/exporter/context.h"
#include "core/exporter/handle_proof.h"
#include "core/verify/proof.h"

#include <memory>
#include <optional>
#include <string>

namespace atb::exporter {

struct Options {
  std::string host;            // --pds: instead of the one the DID document names
  unsigned jobs = 6;           // blobs side by side
  bool accept_change = false;  // --accept-change: adopt a repository that raised an alarm
  bool blobs = true;           // folders only
};

struct Exported {
  syntax::Did did;
  std::string handle;
  std::string host;
  std::string path;  // what was written
  verify::RepoProof proof;
  std::uint64_t car_bytes = 0;
  bool unchanged = false;  // folder: the repository was up to date already
  std::uint64_t blobs = 0;
  std::uint64_t blobs_fetched = 0;
  std::uint64_t blob_bytes = 0;
  bool has_preferences = false;
  bool preferences_partial = false;
  Report report;  // missing blobs ("blob.missing", missing), alarms ("repo.rolled_back" forged, "repo.forked"
                  // forged, "repo.emptied" alarm, "plc.rewritten" warning), …
};

// Account -> identity -> host and, when logged in, its session. Refuses tombstoned, moved and inactive
// accounts with what to do (kind gone).
struct Origin {
  identity::Identity identity;
  net::Url host;
  std::unique_ptr<account::Session> session;  // null: not logged in
  bool active = true;                         // false: deactivated or taken down; only the session opens it
  std::unique_ptr<HandleProof> handle_proof = {};  // null: the identity says whether there is one
};
// The proof of the handle that a DID names goes on meanwhile: proven_handle() waits for it.
Result<Origin> find_origin(const Context& context, const syntax::AtIdentifier& account,
                           const Options& options);
// Empty: none is proven, or its server lets us wait for longer than a backup should. Nothing but a stop is an
// Error.
Result<std::string> proven_handle(const Context& context, const Origin& origin);

// One CAR at `path`, with path.plc-log.json and path.did.json beside it. Spools beside it what
// is large; looks for the space for both first.
Result<Exported> export_car(const Context& context, const syntax::AtIdentifier& account,
                            const std::string& path, const Options& options);
// To a pipe: spools (what is large, in `scratch_folder`), proves, then writes.
Result<Exported> export_stream(const Context& context, const syntax::AtIdentifier& account,
                               const std::string& scratch_folder, ByteSink& out, const Options& options);
// A backup folder, made or brought up to date.
Result<Exported> export_folder(const Context& context, const syntax::AtIdentifier& account,
                               const std::string& folder, const Options& options);
// The same, from an origin already found (the move uses it).
Result<Exported> export_folder_from(const Context& context, const Origin& origin, const std::string& folder,
                                    const Options& options);

}  // namespace atb::exporter
