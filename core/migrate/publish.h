// `plc submit` and `plc revert`: a change of an identity that stands for itself, made with the user's own
// key, with the machine of the move: the journal first, shown, agreed to, checked, seen in the directory.
// Its journal lies in <state>/operations/<did, ':' as '_'>/.
#pragma once

#include "core/migrate/migrate.h"
#include "core/plc/forks.h"

#include <string>
#include <vector>

namespace atb::migrate {

struct Published {
  std::string did;
  std::string operation;            // CID
  std::vector<std::string> undone;  // CIDs of what it took the place of
  std::vector<std::string> keys;    // all rotation keys now, best rank first
  std::string can_be_undone;        // RFC 3339: until when by a key above; empty: by nobody
};

// Publishes an operation that is signed already. `options`: confirm. Run again after an interruption, it goes
// on; one that is in force is done. Ids besides those of the steps: those of plc::place and, as below,
// "plan.witness" (refused: the directory contradicts what it has shown before).
Result<Published> submit_operation(const World& world, const syntax::Did& did,
                                   const plc::Operation& operation, const Options& options);

// Undoes `target` (a CID; empty: the only operation that the key can undo) and what came after it: the
// identity says again what it said before, less options.remove_keys. `options`: rotation_key, remove_keys,
// confirm. Ids besides those of the steps: those of plc::plan_reversal and of Move::rotation_key,
// "plc.remove_key" (refused: a key to be removed is not listed there, or the user's own).
Result<Published> revert_operation(const World& world, const syntax::Did& did, const std::string& target,
                                   const Options& options, const SecretSources& secrets);

// The same, unsigned, to be signed on another machine by `key` (did:key).
Result<plc::Operation> reversal_to_sign(const plc::AuditedLog& log, const std::string& target,
                                        const std::string& key, const std::vector<std::string>& remove_keys,
                                        std::int64_t now_us);

// What undoing means, before it is agreed to: what the operation had changed, who can answer, until when.
std::string describe_reversal(const plc::AuditedLog& log, const plc::State& wanted, const std::string& target,
                              const std::string& key, std::int64_t now_us);

// … and what publishing a signed one means.
std::string describe_operation(const plc::AuditedLog& log, const plc::Operation& operation,
                               const plc::Placement& placement, std::int64_t now_us);

}  // namespace atb::migrate
