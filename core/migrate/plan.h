// What will be done, what it needs and what stands against it: a pure function of what was observed. The move
// and its dry run print from the same plan.
#pragma once

#include "core/base/result.h"
#include "core/migrate/contestable.h"
#include "core/migrate/leave_plan.h"
#include "core/migrate/plan_facts.h"
#include "core/plc/merge.h"
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
  std::string new_host_did{};      // as describeServer tells it
  bool new_knows_account = false;  // a repository of the DID is there already
  bool new_account_ours = false;   // … made by this move
  std::string new_status{};        // … why it is not active there; empty: it is active
  bool plc = true;                 // did:plc
  bool old_active = true;
  std::string old_status{};  // why not: "takendown", "suspended", "deactivated"
  // For a move without the old host, which cannot be asked; its domains are then those that are known by
  // name.
  std::optional<LeaveFacts> leave{};
  bool handle_resolves = true;  // does the present handle lead to the account now?
  bool wish_resolves = true;    // does the one of the wishes?
  std::string wish_taken_by{};  // DID of another account that has the handle of the wishes

  std::int64_t now_us = 0;
  std::optional<plc::AuditedLog> log{};   // did:plc, with the old host: the directory's, fetched now
  std::vector<Finding> contradictions{};  // between the directory's log and earlier ones of it
  std::vector<std::string> host_keys{};   // rotation keys known for certain to be the old host's
  std::uint64_t blob_limit = 0;           // of the new host; 0: it does not say
  std::vector<ClockReading> clocks{};     // of those that told the time
  std::optional<ContentFacts> content{};  // looked at only for a dry run
  std::string under_way_to{};  // origin of the host that an unfinished move of this account goes to
};

struct Wishes {
  std::string handle = {};  // --handle
  bool has_invite = false;
  std::vector<std::string> remove_keys{};  // --remove-key
  std::vector<std::string> keep_keys{};    // --keep-key
  bool recovery_key = false;               // a new one is to be made
  bool hostile_host = false;               // --hostile-host
  Answers answers{};                       // --undo-operation, --keep-operation
};

// A step of the machine, as a person reads it before it is done.
struct PlannedStep {
  std::string name;  // as the journal has it
  std::string title;
  std::string needs;         // what must be there or be given; may be empty
  std::string can_fail;      // and what then
  std::int64_t seconds = 0;  // a guess
  bool no_return = false;    // after it there is no way back
};

// A change of the identity that will be proposed. What only the new host can tell, its keys, stands in it in
// words.
struct PlannedChange {
  std::string title;
  std::vector<plc::Change> changes;
  std::string undo;       // who could undo it, and until when: sentences
  std::size_t keys = 0;   // rotation keys it lists
  std::size_t bytes = 0;  // of the signed operation
};

struct Estimate {
  std::int64_t seconds = 0;
  std::uint64_t upload_days = 0;  // that the daily limit of uploads adds
  std::string day;                // on which it would be done, when begun now: "Friday, 27 November 2026"
  bool known = false;             // false: nothing is known of what there is to carry
};

struct Plan {
  std::string handle;            // on the new host; empty: must be asked for
  std::string suggested_handle;  // when it must be asked for
  bool handle_changes = false;
  bool needs_invite = false;
  bool returns = false;       // into an account that is on the new host already, under the name it has there
  bool hostile_host = false;  // the user said so
  std::vector<PlannedStep> steps;
  std::vector<PlannedChange> changes;  // none, where there is no log or one cannot be made
  // Without the old host: what could be undone by the move. Those that nobody has answered for are taken to
  // be undone in `changes`.
  std::vector<Contestable> contestable;
  Estimate estimate;
  std::vector<std::string> warnings;  // sentences; may hold remote text
  // Each of kind refused, with the next thing to do in the hint.
  std::vector<Error> obstacles;
};

// Ids of obstacles: "move.same_host", "move.web_domain", "move.did_web", "move.phone", "move.account_exists",
// "move.host_of_one", "move.handle", "move.handle_unresolved", "move.handle_taken", "move.old_inactive",
// "move.blobs_missing", "plan.clock", "plan.witness", "plan.directory_limit", "plan.records",
// "plan.blob_limit", what ContentFacts::flaw says; without the old host also those of check_leave(); and
// those of the directory's limits for the operations to come.
Plan draft_plan(const Observed& observed, const Wishes& wishes);
// The same, or the first obstacle.
Result<Plan> make_plan(const Observed& observed, const Wishes& wishes);
// What a person would be asked for and has not said: "move.handle", "move.invite_needed". Kind refused.
std::vector<Error> unanswered(const Plan& plan, const Observed& observed);
// The same of the operations that could be undone: see contestable.h. Up to the first that is undone.
std::vector<Error> unanswered_operations(const Plan& plan);

// The plan in words: what happens, in which order, what can be undone and until when.
std::string describe(const Plan& plan, const Observed& observed, bool recovery_key);

// "a few seconds", "about 3 minutes", "about 2 hours", "about 4 days".
std::string duration_words(std::int64_t seconds);

// A key of the identity that is in all likelihood the present host's: the last one of the operation that
// first named this host, for there the hosts put their own. Empty when it is not listed any more.
std::string likely_host_key(const plc::AuditedLog& log);
// … as of an earlier operation.
std::string likely_host_key(const plc::AuditedLog& log, std::size_t entry);

}  // namespace atb::migrate
