// Which key signed a commit, and what proves that the key is the account's. A part of proof.h.
#pragma once

#include "core/verify/proof.h"

namespace atb::verify {

// Adds the checks "signature" and "key", and findings "commit.signature", "commit.nullified_key" and
// "log.wrong_did" (forged), "commit.former_key", "commit.rev_outside_period", "key.given",
// "key.web_document", "plc.tombstoned" (warnings), "key.no_source" (missing). Fills key_proof, key and
// authentic of `proof`, whose commit must be there.
void prove_key(const KeyEvidence& evidence, RepoProof& proof, Report& report);

}  // namespace atb::verify
