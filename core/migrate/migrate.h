// `migrate`: start, resume and look at moves. Each move has a folder of its own:
//
//   <state>/moves/<did, ':' as '_'>/   journal.db  secrets  old/ new/ (sessions)  backup/ (a backup folder)
//   lock
#pragma once

#include "core/account/secret_input.h"
#include "core/base/report.h"
#include "core/exporter/context.h"
#include "core/migrate/journal.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::migrate {

// Where the secrets come from that a move asks for, by the name of their flag.
struct SecretSources {
  account::SecretSource password;  // old host, main password
  account::SecretSource new_password;
  account::SecretSource auth_code;          // 2FA of the old host
  account::SecretSource plc_token;          // from the old host's e-mail
  account::SecretSource passphrase;         // for key files, and the secrets of the move
  account::SecretSource signer_passphrase;  // for the file of --signed-by
  account::SecretSource invite_code;        // only `environment` and prompt: the flag gives it as text
};

struct Options {
  std::string to;            // URL of the new host
  std::string from_host;     // --pds: instead of what the DID document says
  std::string from;          // --from: a backup, absolute; the old host is not asked for anything
  std::string rotation_key;  // --rotation-key: file of the user's key, absolute
  std::size_t rank = 0;      // --rank of `key enroll`, from 0
  std::string signed_by;     // --signed-by of `key enroll`: file of a key that is listed, absolute
  std::string handle;
  std::string email;
  std::string invite_code;
  std::vector<std::string> allowed_missing;  // CIDs, from --allow-missing-blobs
  std::string recovery_key_out;
  bool no_recovery_key = false;
  std::vector<std::string> keep_keys;  // rotation keys of unknown owner, decided beforehand
  std::vector<std::string> remove_keys;
  std::vector<std::string> undo_operations;  // CIDs: what was done against the user is undone by the move
  std::vector<std::string> keep_operations;  // … or was the user's own doing
  std::string signing_key;                   // --signing-key-file: the account's own, absolute
  bool hostile_host = false;                 // --hostile-host: its keys go with the first change already
  std::string confirm;                       // --confirm DID
  bool yes = false;         // --yes: begin without asking; about the identity it asks all the same
  bool bring_late = false;  // --bring-late-posts: what was written on the old host and did not come along
  bool wait = false;        // --wait: at a limit of a host, wait for its end and go on
  unsigned jobs = 4;        // uploads side by side
};

// What the move tells while it runs. Calls come from the moving thread.
struct StepEvent {
  std::size_t number = 0;  // 1…
  std::size_t of = 0;
  std::string_view name;
  std::string_view title;
  Phase phase = Phase::intended;
  std::string detail;  // may hold remote text
};
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void step(const StepEvent& event) = 0;
  // What an error is about, one by one: the blobs that are missing.
  virtual void finding(const Finding& finding) = 0;
  // The plan, or the operation as a diff: text the person must have seen before a question.
  virtual void say(std::string_view text) = 0;
};

struct Outcome {
  std::string did;
  std::string old_host;
  std::string new_host;
  std::string handle;
  std::string folder;      // of the move
  std::string backup;      // that the account was moved from; it stays
  std::string commit;      // the new host's head
  std::string data;        // the MST root that was moved
  bool same_tree = false;  // … and that the new host has now
  std::string operation;   // CID
  bool resumed = false;
  std::vector<std::string> notes;  // what could not be done, or wants a look; sentences
  Report report;
};

struct World {
  exporter::Context& context;
  account::Prompter& prompter;
  Watcher& watcher;
  std::string state_folder;  // <state>
  // What a person typed for a file, made absolute: a move may be gone on with from another folder.
  std::function<std::string(const std::string&)> absolute;
};

// Starts a move, or goes on with the one that is under way to the same host; with `from`, without the old
// host from then on. Ids (besides those of the
// steps): "move.other_target" (refused: a plan to move elsewhere was agreed to), "file.locked" (locked).
Result<Outcome> start(const World& world, const syntax::AtIdentifier& account, const Options& options,
                      const SecretSources& secrets);
// Goes on. `account` empty: the only unfinished move; "move.none" (not_found) or "move.several"
// (invalid_input) else. A finished one that is named: what it left open is looked at again (aftercare.h).
Result<Outcome> resume(const World& world, const std::optional<syntax::AtIdentifier>& account,
                       const Options& options, const SecretSources& secrets);

struct MoveStatus {
  std::string did;
  std::string account;
  std::string old_host;
  std::string new_host;
  std::string folder;
  std::string next_step;  // empty when finished
  std::string next_title;
  bool claimed = false;  // the identity names a temporary key of this move
  bool past_no_return = false;
  std::string finished;   // RFC 3339, or empty
  bool aborting = false;  // 'migrate abort' was begun
  std::string aborted;    // RFC 3339, or empty
  std::vector<JournalEvent> events;
  std::vector<std::string> notes;   // of a finished one: what it left open; sentences
  std::optional<Error> unreadable;  // the journal cannot be read: `folder` is all that is known
};
Result<std::vector<MoveStatus>> status(os::FileSystem& fs, os::Clock& clock, const std::string& state_folder);

}  // namespace atb::migrate
