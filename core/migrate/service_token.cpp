#include "core/migrate/service_token.h"

#include "core/base/encoding.h"
#include "core/data/json.h"

#include <array>

namespace atb::migrate {

Result<Secret> make_service_token(const TokenWish& wish, const crypto::PrivateKey& key,
                                  const os::Clock& clock, os::Random& random) {
  const std::int64_t now = clock.wall_us() / 1'000'000;
  std::array<std::uint8_t, 16> nonce{};
  random.fill(nonce);
  const data::Object header =
      data::Object().set("typ", "JWT").set("alg", key.curve() == crypto::Curve::k256 ? "ES256K" : "ES256");
  const data::Object payload = data::Object()
                                   .set("iss", wish.issuer.str())
                                   .set("aud", wish.audience)
                                   .set("lxm", wish.method)
                                   .set("iat", now)
                                   .set("exp", now + kTokenSeconds)
                                   .set("jti", hex_encode(nonce));
  std::string token = base64url_encode(as_bytes(data::to_json(data::Value(header)))) + "." +
                      base64url_encode(as_bytes(data::to_json(data::Value(payload))));
  const crypto::Signature signature = TRY(key.sign(as_bytes(token)));
  token += "." + base64url_encode(signature);
  return Secret(std::move(token));
}

}  // namespace atb::migrate
