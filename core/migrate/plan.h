// What will be done, what it needs and what stands against it: a pure function of what was observed.
#pragma once

#include "core/base/result.h"
#include "core/migrate/leave_plan.h"
#include "core/syntax/did.h"
#include "core/syntax/handle.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::migrate {

// Everything the plan is made from, fetched and not remembered.
struct Observed {
  syntax::Did did;
  std::string current_handle;  // proven, or what the log says; may be empty
  std::string old_host;        // origins
  std::string new_host;
  std::vector<std::string> old_domains{};  // ".old.example": handles the old host hands out
  std::vector<std::string> new_domains{};
  bool invite_required = false;
  bool phone_required = false;
  bool new_knows_account = false;  // a repository of the DID is there already
  bool new_account_ours = false;   // … made by this move
  bool plc = true;                 // did:plc
  bool old_active = true;
  // For a move without the old host, which cannot be asked; its domains are then those that are known by
  // name.
  std::optional<LeaveFacts> leave{};
  bool handle_resolves = true;  // does the present handle lead to the account now?
  bool wish_resolves = true;    // does the one of the wishes?
};

struct Wishes {
  std::string handle = {};  // --handle
  bool has_invite = false;
  std::vector<std::string> remove_keys{};  // --remove-key
};

struct Plan {
  std::string handle;            // on the new host; empty: must be asked for
  std::string suggested_handle;  // when it must be asked for
  bool handle_changes = false;
  bool needs_invite = false;
};

// Kind refused (exit 22), with the next thing to do in the hint: "move.same_host", "move.did_web",
// "move.phone", "move.account_exists", "move.handle", "move.handle_unresolved", "move.old_inactive"; without
// the old host also those of check_leave(), and those of the directory's limits for the operations to come.
Result<Plan> make_plan(const Observed& observed, const Wishes& wishes);

// "move.did_web": also said before such a document is looked for on a host that is dead.
std::unexpected<Error> did_web_without_host(const syntax::Did& did);

// The plan in words: what happens, in which order, what can be undone and until when.
std::string describe(const Plan& plan, const Observed& observed, bool recovery_key);

}  // namespace atb::migrate
