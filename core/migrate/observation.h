// Looks at both hosts, the directory and the backup: what a plan is made from. Reads only, and knows no
// journal. Private to this module.
#pragma once

#include "core/exporter/context.h"
#include "core/migrate/plan.h"
#include "core/xrpc/endpoints.h"

#include <set>
#include <string>
#include <vector>

namespace atb::migrate {

struct Looking {
  exporter::Context& context;
  const identity::Identity& identity;
  net::Url old_host;
  net::Url new_host;
  bool alone = false;            // without the old host
  std::string backup = {};       // path; only then
  std::string key = {};          // did:key that the user holds; empty: none
  std::string signing_key = {};  // … and of the signing key
  std::string wished_handle = {};
  std::set<std::string> allowed_missing = {};
  std::vector<std::string> told_keys = {};  // what the old host called its own, when it was asked
  bool account_ours = false;                // the account on the new host was made by this move
  bool thorough = false;  // also what the new host will find by itself: a handle that is taken
};

// `target`: what the new host says of itself.
Result<Observed> observe(const Looking& looking, xrpc::ServerDescription& target);

// A client without login.
xrpc::Client stranger(const Looking& looking, const net::Url& host);

// What the old host called its own rotation keys when the user's key was enrolled from this machine; else
// nothing.
std::vector<std::string> keys_told_at_enrolment(exporter::Context& context, const std::string& state_folder,
                                                const syntax::Did& did, const net::Url& old_host);

}  // namespace atb::migrate
