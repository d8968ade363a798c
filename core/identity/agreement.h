// Does a DID document say what the audited log says? Internal to identity.
#pragma once

#include "core/did/document.h"
#include "core/plc/operation.h"

#include <string>

namespace atb::identity {

// Empty when key, host and names agree; else one sentence about the first difference. A key or an address
// that no document can show (another curve, a path after the host) must be absent from the document.
std::string difference_between(const did::Document& document, const plc::State& state);

}  // namespace atb::identity
