// The next operation of a DID that moves to another host, made by merging and never by overwriting
// (the user's keys first and kept, the old host's removed, the new host's last, everything foreign kept).
#pragma once

#include "core/plc/operation.h"

#include <string>
#include <vector>

namespace atb::plc {

// What a host asks for: com.atproto.identity.getRecommendedDidCredentials.
struct HostCredentials {
  std::vector<std::string> rotation_keys;
  std::string signing_key;  // did:key
  std::string handle;       // without at://
  std::string endpoint;     // copied verbatim: hosts compare strings
  std::string service_type = "AtprotoPersonalDataServer";
};

// A key on several lists belongs to the user before the new host, to the new host before the old one, and to
// the old host before nobody. Of unknown owner is a key of `current` that is on none of these.
struct MoveRequest {
  State current;
  HostCredentials old_host;  // its rotation keys and its signing key are removed
  HostCredentials new_host;
  std::vector<std::string>
      user_keys;  // keys known to be the user's own, in the order wanted; kept or put first
  std::vector<std::string> keep_unknown;  // keys of unknown owner that the user said to keep
  std::vector<std::string> drop_unknown;  // or to remove; a key on both lists counts as not decided
  std::string recovery_key;               // new key of the user's for index 0, or empty
};

struct MoveProposal {
  State state;
  std::vector<std::string>
      unknown_keys;  // neither the user's nor a host's, and not decided: must be asked about; kept in `state`
};

// Rotation keys of the result: the recovery key, the user's, those of unknown owner, the new host's; each
// once. Besides them only the "atproto" method, the "atproto_pds" service and the first at:// name are
// replaced; the new name goes to index 0, where hosts look for it. Ids (kind refused): "plc.host_credentials"
// (what the new host gives cannot be used), "plc.too_many_keys" (over 10), "plc.limit", "plc.too_large".
Result<MoveProposal> merge_for_move(const MoveRequest& request);

// `current` with `key` among its rotation keys at `rank`: 0 is above all others, past the end the last. A key
// that is there already is moved. Nothing else changes. Ids (kind refused) "plc.too_many_keys", "plc.limit",
// "plc.too_large".
Result<State> with_rotation_key(const State& current, const std::string& key, std::size_t rank);
// `current` with another signing key ("atproto"), and nothing else. Ids as above.
Result<State> with_signing_key(const State& current, const std::string& key);

// One difference between two states, in words for the person who must agree.
struct Change {
  enum class Type : std::uint8_t { added, removed, changed, kept };
  Type type;
  std::string
      what;  // "rotation key", "signing key", "host", "handle", "name", "service bsky_fg", "key other"
  std::string before;  // verbatim, remote text; may be empty
  std::string after;   // verbatim, remote text; may be empty
  std::string words;   // one or two whole sentences that say what it means; fit for a terminal
};
// In the order of what matters: rotation keys by rank (a key whose rank changed is `changed`), signing key,
// host, handle, the rest. What stays is listed too.
std::vector<Change> diff(const State& before, const State& after);

}  // namespace atb::plc
