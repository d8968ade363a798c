// What a move must not forget and nobody may read: one file, 0600, written whole and fsynced before the call
// that makes its content count; wrapped with a passphrase when there is one; removed at the end.
#pragma once

#include "core/base/secret.h"
#include "core/os/file_system.h"
#include "core/os/random.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace atb::migrate {

class SecretsFile {
 public:
  // Reads the file if it is there. `passphrase` null: plain. Ids "secrets.passphrase_needed" (bad_key:
  // wrapped, and none given), "sealed.passphrase" (bad_key), "secrets.format" (corrupt).
  static Result<SecretsFile> open(os::FileSystem& fs, os::Random& random, std::string path,
                                  const Secret* passphrase);

  // nullptr when absent. Lives until it is replaced, or this object dies.
  const Secret* get(std::string_view name) const;
  // On disk when it returns.
  Status put(std::string_view name, const Secret& value);
  // Removes the file.
  Status erase();

  static constexpr std::string_view kNewPassword = "new-password";
  static constexpr std::string_view kTemporaryKey = "temporary-key";  // 64 hex digits, K-256

 private:
  SecretsFile(os::FileSystem& fs, os::Random& random, std::string path, const Secret* passphrase);
  Status save() const;
  os::FileSystem* fs_;
  os::Random* random_;
  std::string path_;
  std::optional<Secret> passphrase_;
  std::map<std::string, Secret, std::less<>> values_;  // a map: what get() gives stays where it is
};

}  // namespace atb::migrate
