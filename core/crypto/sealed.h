// A secret wrapped with a passphrase: Argon2id (3 passes, 256 MiB) and XChaCha20-Poly1305, as one line-broken
// text. Format: docs/key-file.md. Used for recovery keys and, when there is a passphrase, the secrets of a
// move.
#pragma once

#include "core/base/result.h"
#include "core/base/secret.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace atb::crypto {

// What the passphrase costs to try. `fast` is for tests only.
enum class KdfCost : std::uint8_t { normal, fast };

// `purpose` ([a-z0-9-], at most 64) is bound into the text: a key file is not accepted as a secrets file.
// At most 1 MiB ("sealed.too_large"); an empty passphrase is refused ("sealed.no_passphrase").
Result<std::string> seal(std::string_view plain, const Secret& passphrase, std::string_view purpose,
                         KdfCost cost = KdfCost::normal);
// "sealed.passphrase" (kind bad_key) for a wrong passphrase; "sealed.format" (corrupt) for a damaged text;
// "sealed.version" (unsupported); "sealed.purpose" (invalid_input) for a text of another purpose;
// "sealed.work" (refused) when the text asks for less work than `least`, or for more than 10 passes or 1 GiB;
// "sealed.memory" (io).
Result<Secret> open(std::string_view sealed, const Secret& passphrase, std::string_view purpose,
                    KdfCost least = KdfCost::normal);
bool looks_sealed(std::string_view text);

}  // namespace atb::crypto
