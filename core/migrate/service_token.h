// A service token (a JWT) that an account makes for itself, with the signing key that its identity names:
// what a host's getServiceAuth would give, without the host. Private to this module.
#pragma once

#include "core/base/secret.h"
#include "core/crypto/keys.h"
#include "core/os/clock.h"
#include "core/os/random.h"
#include "core/syntax/did.h"

#include <string>

namespace atb::migrate {

struct TokenWish {
  syntax::Did issuer;
  std::string audience;  // DID of the host that shall accept it, exactly as that host says it
  std::string method;    // NSID
};

// Good for five minutes: long enough for clocks that differ, and no host refuses that.
constexpr std::int64_t kTokenSeconds = 300;
Result<Secret> make_service_token(const TokenWish& wish, const crypto::PrivateKey& key,
                                  const os::Clock& clock, os::Random& random);

}  // namespace atb::migrate
