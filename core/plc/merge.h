// The next operation of a DID that moves to another host, made by merging and never by overwriting
// (the user's keys first and kept, the old host's removed, the new host's last, everything foreign kept).
#pragma once

#include <string>
#include <vector>

#include "core/plc/operation.h"

namespace atb::plc {

// What a host asks for: com.atproto.identity.getRecommendedDidCredentials.
struct HostCredentials {
  std::vector<std::string> rotation_keys;
  std::string signing_key;     // did:key
  std::string handle;          // without at://
  std::string endpoint;        // copied verbatim: hosts compare strings
  std::string service_type = "AtprotoPersonalDataServer";
};

struct MoveRequest {
  State current;
  HostCredentials old_host;                  // its keys are removed
  HostCredentials new_host;
  std::vector<std::string> user_keys;        // keys known to be the user's own, in the order wanted; kept or put first
  std::vector<std::string> keep_unknown;     // keys of unknown owner that the user said to keep
  std::vector<std::string> drop_unknown;     // … or to remove
  std::string recovery_key;                  // new key of the user's for index 0, or empty
};

struct MoveProposal {
  State state;
  std::vector<std::string> unknown_keys;  // neither the user's nor a host's, and not decided: must be asked about; kept in `state`
};

// Pure. Keeps the order of the user's keys, drops duplicates, replaces only the "atproto" method, the "atproto_pds" service
// and the first at:// name. Ids (kind refused) "plc.too_many_keys" (over 10), "plc.limit".
Result<MoveProposal> merge_for_move(const MoveRequest& request);

// One difference between two states, in words for the person who must agree.
struct Change {
  enum class Type : std::uint8_t { added, removed, changed, kept };
  Type type;
  std::string what;    // "rotation key", "signing key", "host", "handle", "service bsky_fg"
  std::string before;  // may be empty
  std::string after;   // may be empty
};
std::vector<Change> diff(const State& before, const State& after);

}  // namespace atb::plc
