// The drill: a whole move without the old host, with the code of the real one, from a backup to a server that
// is started for it on this machine, under a directory of its own. Nothing outside this machine is asked or
// changed, and neither is the state of the program: all that the drill makes lies in one private folder,
// which is gone afterwards.
//
// It proves that the backup restores: its repository is imported, every blob uploaded and fetched back, the
// preferences put, the account made active and fetched and proven once more. It does not prove that the
// user's own key works (unless it is named, and then it is opened and its rank looked up, and signs nothing)
// nor that the host one would really go to takes the account (`migrate --dry-run` looks at that).
#pragma once

#include "core/account/secret_input.h"
#include "core/base/progress.h"
#include "core/migrate/migrate.h"
#include "core/net/http_client.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::rehearse {

struct Options {
  std::string backup;      // a backup folder or a CAR file, absolute
  std::string server_dir;  // absolute; empty: look in `server_places`
  std::vector<std::string> server_places;
  std::string folder_in;                     // existing folder in which the private one is made
  bool keep = false;                         // the private folder stays
  std::vector<std::string> allowed_missing;  // CIDs
  std::string rotation_key;                  // the user's own, absolute; only looked at
  unsigned jobs = 4;
};

struct World {
  os::FileSystem& fs;
  os::Clock& clock;
  os::Random& random;
  Log& log;
  Progress& progress;
  account::Prompter& prompter;  // for the passphrase of the user's key, and nothing else
  migrate::Watcher& watcher;
  // A client that may reach these "HOST:PORT" although they are private, without retries and redirects.
  std::function<Result<std::unique_ptr<net::HttpClient>>(const std::vector<std::string>& hosts)> make_http;
  StopToken stop;
};

struct Rehearsed {
  std::string did;
  std::string commit;  // of the backup
  std::string data;    // the MST root, there as here
  std::string server;  // version of the reference server
  std::uint64_t records = 0;
  std::uint64_t blobs = 0;  // fetched back, each hashing right
  std::uint64_t blob_bytes = 0;
  std::uint64_t missing_blobs = 0;                // that records name; the user allowed them to be missing
  std::optional<std::uint64_t> preferences = {};  // put and found equal; empty: the backup has none
  std::size_t operations = 0;                     // that the private directory took
  std::int64_t server_millis = 0;                 // until the server was there
  std::int64_t millis = 0;                        // in all
  std::optional<std::size_t> key_rank = {};       // of the user's key, from 0
  std::vector<std::string> refused = {};          // where the server wanted to go, and could not
  std::string folder = {};                        // if it was kept
  Report report;                                  // blobs that are missing, and were allowed to be
};

// In the context of an error that the move itself gave, and not what stands around it.
inline constexpr std::string_view kMoving = "while rehearsing the move";

// Errors are those of the move (with kMoving, and their step, in the context), and: "rehearse.no_server",
// "rehearse.no_node", "rehearse.no_log" (refused: the backup has no history of its identity), "move.did_web"
// (refused: a rotation key for a did:web), "rehearse.space" (no_space), "rehearse.directory",
// "rehearse.server", "rehearse.blob" (alarm: the server gives another blob back than it took).
Result<Rehearsed> rehearse(const World& world, const Options& options,
                           const account::SecretSource& passphrase);

}  // namespace atb::rehearse
