// Records whose place in the tree is lost: a node above them is damaged or gone, their own blocks are not. Of
// a large account one wrong byte near the root costs all of them their proof, and none of them its content.
#pragma once

#include "core/look/look.h"

namespace atb::look {

// Tells `sink`, as records with in_place false, what the proof did not reach (which is marked in the
// repository's index): first those that some node still names, whose paths are known, for a node holds its
// keys in full; then any other block with a "$type". Each block once. Nothing proves that they belong to this
// commit: they may be of an older time.
// `prefix` goes before a path to make a URI of it; empty: the account is unknown, and there are no URIs.
Status salvage(backup::Repository& repository, const std::string& prefix, const Limits& limits,
               RecordSink& sink, const StopToken& stop);

}  // namespace atb::look
