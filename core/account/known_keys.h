// Which key lies in which key file, as this machine has seen it when it made or opened the file: a sealed
// file tells it to nobody without the passphrase. Found by the hash of the file, so a file that was changed
// is not known, and one that was moved is.
//
//   <state>/key-files/<SHA-256 of the file>.json
#pragma once

#include "core/os/file_system.h"
#include "core/os/random.h"

#include <optional>
#include <string>
#include <vector>

namespace atb::account {

struct KnownKey {
  std::string hash;      // of the file, hex
  std::string path;      // where it was seen last
  std::string did_key;   // its public half
  std::string made_for;  // DID; empty: no account in particular
  std::string seen;      // RFC 3339
};

class KnownKeys {
 public:
  KnownKeys(os::FileSystem& fs, os::Random& random, std::string folder);
  // The key file at `path` was made or opened just now.
  Status remember(const std::string& path, const std::string& did_key, const std::string& made_for,
                  std::int64_t now_us);
  // What is known of the file that lies at `path` now.
  Result<std::optional<KnownKey>> find(const std::string& path);
  // All, by path. What cannot be read is left out.
  Result<std::vector<KnownKey>> list();

 private:
  Result<std::string> hash_of(const std::string& path);
  std::optional<KnownKey> read(const std::string& hash);
  os::FileSystem& fs_;
  os::Random& random_;
  std::string folder_;
};

}  // namespace atb::account
