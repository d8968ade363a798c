// `key enroll`: the user's own rotation key goes into an account's identity, signed for by its living host,
// or by another rotation key that the user holds already; with the machine of the move: a journal, steps that
// observe before and after, an operation that is shown, agreed to, checked and seen in the directory.
#pragma once

#include "core/migrate/migrate.h"

#include <cstddef>
#include <string>
#include <vector>

namespace atb::migrate {

struct Enrolled {
  std::string did;
  std::string host;
  std::string key;                // did:key
  std::size_t rank = 0;           // 0 is the highest
  std::vector<std::string> keys;  // all rotation keys now, best rank first
  std::string operation;          // CID; empty when it was so already
};

// `options`: rotation_key, rank, signed_by, from_host, confirm. Run again after an interruption, it goes on.
// Ids besides those of the steps: "move.did_web" (refused), "key.other_account" (refused: a file was made for
// another), "key.not_listed" (refused: the key that shall sign may not), those of account::open_key_file.
Result<Enrolled> enroll(const World& world, const syntax::AtIdentifier& account, const Options& options,
                        const SecretSources& secrets);

}  // namespace atb::migrate
