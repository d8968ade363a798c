// A secret wrapped with a passphrase: Argon2id (3 passes, 256 MiB) and XChaCha20-Poly1305, as one line-broken
// text. Format: docs/key-file.md. Used for recovery keys and, when there is a passphrase, the secrets of a move.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace atb::crypto {

// What the passphrase costs to try; `fast` is for tests only and is refused by open() unless asked for.
enum class KdfCost : std::uint8_t { normal, fast };

// `purpose` is bound into the text: a key file is not accepted as a secrets file.
Result<std::string> seal(std::string_view plain, const Secret& passphrase, std::string_view purpose,
                         KdfCost cost = KdfCost::normal);
// "sealed.passphrase" (kind bad_key) for a wrong passphrase; "sealed.format" (corrupt); "sealed.version" (unsupported).
Result<Secret> open(std::string_view sealed, const Secret& passphrase, std::string_view purpose);
bool looks_sealed(std::string_view text);

}  // namespace atb::crypto
