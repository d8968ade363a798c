// `migrate activate`: an account that its own host holds as deactivated although the identity names that
// host, as an interrupted move of another program may leave it, is activated and given a commit that relays
// accept.
#pragma once

#include "core/migrate/migrate.h"

#include <string>

namespace atb::migrate {

struct Activated {
  std::string did;
  std::string host;
  bool was_active = false;  // nothing was to be done
};
// May be killed anywhere and run again. The password is `secrets.password`. Ids besides those of the steps:
// "activate.shut" (gone: the host keeps the account shut for another reason than that).
Result<Activated> activate(const World& world, const syntax::AtIdentifier& account, const Options& options,
                           const SecretSources& secrets);

}  // namespace atb::migrate
