// One move while it runs: the journal, the secrets, both hosts, the backup. Private to this module; the steps
// share it.
#pragma once

#include "core/account/key_file.h"
#include "core/account/session_store.h"
#include "core/backup/folder.h"
#include "core/data/cbor.h"
#include "core/migrate/migrate.h"
#include "core/migrate/plan.h"
#include "core/migrate/secrets.h"
#include "core/repo/commit.h"
#include "core/xrpc/endpoints.h"

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace atb::migrate {

// Where the files of a move lie.
struct MovePaths {
  std::string folder;
  std::string journal() const { return os::join(folder, "journal.db"); }
  std::string secrets() const { return os::join(folder, "secrets"); }
  std::string old_sessions() const { return os::join(folder, "old"); }
  std::string new_sessions() const { return os::join(folder, "new"); }
  std::string backup() const { return os::join(folder, "backup"); }
  std::string lock() const { return os::join(folder, "lock"); }
};
std::string moves_folder(const std::string& state_folder);
MovePaths paths_of(const std::string& state_folder, const syntax::Did& did);
// Where the enrolment of a key lies, which uses the same machine.
MovePaths enrolment_paths(const std::string& state_folder, const syntax::Did& did);
// … and a single change of an identity (publish.h).
MovePaths operation_paths(const std::string& state_folder, const syntax::Did& did);

// A host as the account sees it: with a session once there is one.
class HostLogin {
 public:
  HostLogin(exporter::Context& context, std::string sessions_folder, net::Url host, syntax::Did did);
  const net::Url& host() const { return host_; }
  // Null: no session is kept.
  Result<account::Session*> session();
  Status keep(const xrpc::Tokens& tokens);
  // A session of its own over the same kept tokens, for those who want to own one.
  Result<std::unique_ptr<account::Session>> open_session();
  // Ends the session at the host, as far as that can be reached, and here.
  Status forget(const StopToken& stop);
  // With the session if there is one, else without login.
  Result<xrpc::Client> client();
  xrpc::Client anonymous() const;
  // The host has taken the account down: the session lets little through.
  Result<bool> is_shut();
  // True when the kept session works now (asks the host).
  Result<bool> works(const StopToken& stop);

 private:
  exporter::Context* context_;
  account::SessionStore store_;
  net::Url host_;
  syntax::Did did_;
  std::unique_ptr<account::Session> session_;
};

// Head of a repository as a host serves it.
struct Head {
  ipld::Cid cid;
  repo::Commit commit;
};

// Blobs that the records of a commit refer to.
struct References {
  ipld::Cid commit;
  std::vector<data::BlobRef> blobs;
};

class Move {
 public:
  Move(const World& world, const Options& options, const SecretSources& sources, MovePaths paths,
       const syntax::Did& did, Journal journal, SecretsFile secrets, net::Url old_host, net::Url new_host);

  const World& world;
  exporter::Context& context;
  const Options& options;
  const SecretSources& sources;
  MovePaths paths;
  syntax::Did did;
  Journal journal;
  SecretsFile secrets;
  HostLogin old_host;
  HostLogin new_host;
  std::optional<Secret> old_password;  // as typed in this run: the new one must differ
  Report report;
  std::optional<References> references;  // those of the backup, once they were read; see host_ways.h

  const StopToken& stop() const { return context.stop; }
  // A sentence to be told at the end; kept in the journal so that a resumed move tells it too. Said once.
  Status note(std::string_view sentence);
  // What was noted for a step that is done now.
  Status forget_notes(std::string_view beginning);
  std::vector<std::string> notes() const;
  std::set<std::string> allowed_missing() const;
  // The commit and MST root of the proven backup. "move.no_backup" (internal) before there is one.
  Result<ipld::Cid> backup_commit() const;
  Result<ipld::Cid> backup_data() const;
  Result<Secret> ask(const account::SecretSource& source, const std::string& name,
                     const std::string& question);
  // Where the backup lies: the user's, or the one that the move has made.
  std::string backup_path() const;
  // The user's own key, opened when it is first needed and kept for this run; its public half goes to the
  // journal. "leave.no_key" (refused) when no file was named, "leave.other_key" (refused) when the file holds
  // another key than the one this move began with.
  Result<const crypto::PrivateKey*> rotation_key();

 private:
  std::optional<crypto::PrivateKey> rotation_key_;
};

std::vector<std::string> lines_of(std::string_view text);
std::string join_lines(const std::vector<std::string>& lines);

// "https://host" or "host" to a URL without a path; "move.url" (invalid_input).
Result<net::Url> host_url(const std::string& text);
// Where the account lives: --pds, or what the DID document names; "did.no_host" (not_found).
Result<net::Url> present_host(const identity::Identity& identity, const Options& options);

// The identity with the log fetched now.
Result<identity::Identity> fetch_identity(Move& move);
// Latest commit of a host, decoded; its signature is not checked here.
Result<Head> read_head(Move& move, HostLogin& host);
// Blocks by their CIDs, hashed; at most those asked for. The host refuses all when it lacks one.
Result<std::vector<std::pair<ipld::Cid, Bytes>>> read_blocks(Move& move, HostLogin& host,
                                                             std::span<const ipld::Cid> wanted);
// The CIDs that the new host misses, without those the user allowed.
Result<std::vector<xrpc::MissingBlob>> missing_on_new(Move& move);
// Brings the backup folder up to date from the old host and proves it; journals its commit and root.
// "move.blobs_missing" (incomplete) names blobs the old host cannot give and the user did not allow.
Status back_up_now(Move& move);
Status import_now(Move& move);
Status upload_missing_now(Move& move);
// True when the new host's repository is the backup's.
Result<bool> new_host_has_backup(Move& move, std::string& detail);

// The steps, one maker each; see machine.h.
class Step;
std::unique_ptr<Step> log_in_old_step();
std::unique_ptr<Step> back_up_step();
std::unique_ptr<Step> create_account_step();
std::unique_ptr<Step> log_in_new_step();
std::unique_ptr<Step> import_step();
std::unique_ptr<Step> blobs_step();
std::unique_ptr<Step> preferences_step();
std::unique_ptr<Step> catch_up_step();
std::unique_ptr<Step> recovery_key_step();
std::unique_ptr<Step> sign_step();
std::unique_ptr<Step> submit_step();
std::unique_ptr<Step> activate_step();
std::unique_ptr<Step> deactivate_old_step();
std::unique_ptr<Step> fresh_commit_step();
std::unique_ptr<Step> proof_step();
std::unique_ptr<Step> finish_step();

// Observes, plans, shows the plan, asks for what is missing (handle, e-mail, invite) and for agreement.
// Journals the answers.
Status observe_and_plan(Move& move);
// A path, and not "none" (a script that named no flag) or "declined" (the person said no).
bool wants_recovery_key(const Journal& journal);
// True once the operation was seen in the directory.
Result<bool> past_no_return(Journal& journal);
// True once nothing is left to do, not even to tidy up.
Result<bool> all_done(Journal& journal);
// A run that was killed while it wrote a file leaves a temporary one, which may hold a password or a token.
// To be called under the lock of the move.
Status remove_leftovers(os::FileSystem& fs, const MovePaths& paths);
// Runs all steps that are not done. See machine.h.
Status run_steps(Move& move, const std::vector<std::unique_ptr<Step>>& steps);
// … and all of these, whatever the state of the move is.
Status run_all(Move& move, const std::vector<std::unique_ptr<Step>>& steps);

}  // namespace atb::migrate
