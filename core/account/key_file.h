// A rotation key of the user's own, in a file: sealed with a passphrase (docs/key-file.md), or the plain line
// that was shown once to be printed, typed back in.
#pragma once

#include "core/account/secret_input.h"
#include "core/base/limits.h"
#include "core/crypto/keys.h"
#include "core/os/random.h"

#include <cstdint>
#include <string>

namespace atb::account {

struct RotationKey {
  crypto::PrivateKey key;
  std::string did;  // the account it was made for; empty: none in particular
};

// Sealed, durably, over whatever is there: the caller has looked.
Status write_key_file(os::FileSystem& fs, os::Random& random, const std::string& path, const RotationKey& key,
                      const Secret& passphrase, std::int64_t now_us);

// A key file as it lies there, not yet opened.
class KeyFile {
 public:
  // Ids "key.format" (bad_key: neither form), "secret.mode" (refused: a plain one that others can read), and
  // those of the file system.
  static Result<KeyFile> read(os::FileSystem& fs, const std::string& path);
  bool sealed() const { return sealed_; }
  // A sealed text of another purpose, such as the secrets of a move, is none; nobody has opened it yet.
  bool claims_to_be_key() const;
  // `passphrase` is looked at only when sealed. Ids "sealed.…" of crypto::open, "key.format", "key.mismatch"
  // (corrupt: the private half is not that of the public key it names).
  Result<RotationKey> open(const Secret& passphrase, const Limits& limits) const;

 private:
  KeyFile(std::string path, Secret text, bool sealed)
      : path_(std::move(path)), text_(std::move(text)), sealed_(sealed) {}
  std::string path_;
  Secret text_;
  bool sealed_;
};

// Asked twice at a terminal, until both are the same: "key.passphrase" (auth) after three times. One from a
// file or command counts as it is.
Result<Secret> choose_passphrase(const SecretSource& source, const std::string& path, os::FileSystem& fs,
                                 Prompter& prompter, const StopToken& stop);

// Reads and opens, asking for the passphrase when there is one: three times at a terminal.
Result<RotationKey> open_key_file(os::FileSystem& fs, const std::string& path, const SecretSource& passphrase,
                                  Prompter& prompter, const Limits& limits, const StopToken& stop);

// An account's signing key as it lies on the disk of its host: 32 raw bytes, as the reference server keeps
// it, their 64 hex digits, or "k256" and these. K-256. Ids "key.signing_format" (bad_key: none of these),
// "secret.mode".
Result<crypto::PrivateKey> read_signing_key(os::FileSystem& fs, const std::string& path);

// Shows the sheet to be printed, on the terminal only. `whose` such as "for did:plc:…".
void show_key_sheet(Prompter& prompter, const crypto::PrivateKey& key, const std::string& whose,
                    const std::string& path);

}  // namespace atb::account
