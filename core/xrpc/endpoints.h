// The endpoints we use, typed. Answers are checked for the fields we need; everything else in them is
// ignored. Errors: those of Client, and "xrpc.answer" (kind remote) when an answer lacks what its lexicon
// promises.
#pragma once

#include "core/ipld/cid.h"
#include "core/syntax/did.h"
#include "core/syntax/handle.h"
#include "core/syntax/repo_path.h"
#include "core/xrpc/client.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atb::xrpc {

// --- com.atproto.server
// -------------------------------------------------------------------------------------

struct ServerDescription {
  std::string did;  // audience of service tokens; not always did:web:<host>
  std::vector<std::string> user_domains;
  bool invite_required = false;
  bool phone_required = false;
  std::optional<std::int64_t> blob_limit;  // only newer hosts say
};
Result<ServerDescription> describe_server(const Client& client, const StopToken& stop);

struct Tokens {
  syntax::Did did;
  std::string handle;  // as the host says; may be "handle.invalid"
  Secret access;
  Secret refresh;
  std::string email;  // may be empty
  bool active = true;
  std::string status;  // why not active: "takendown", "suspended", "deactivated"
};
struct Login {
  std::string identifier = {};  // handle, DID or e-mail
  const Secret* password = nullptr;
  std::string auth_factor_token = {};  // code from the host's e-mail; empty at first
  bool allow_takendown = false;
};
// "xrpc.auth_factor_token_required" (auth) asks for the code.
Result<Tokens> create_session(const Client& client, const Login& login, const StopToken& stop);
// The bearer of `client` must be the refresh token.
Result<Tokens> refresh_session(const Client& client, const StopToken& stop);
Status delete_session(const Client& client, const StopToken& stop);

struct SessionInfo {
  syntax::Did did;
  std::string handle;
  std::string email;
  bool email_confirmed = false;
  bool active = true;
  std::string status;
};
Result<SessionInfo> get_session(const Client& client, const StopToken& stop);

// A token that lets this account call `method` on the service `audience`.
Result<Secret> get_service_auth(const Client& client, std::string_view audience, std::string_view method,
                                const StopToken& stop);

struct NewAccount {
  syntax::Did did;
  std::string handle;
  std::string email;
  const Secret* password = nullptr;
  std::string invite_code = {};
  std::string verification_code = {};
};
// Not repeatable. The bearer of `client` must be a service token of the DID.
Result<Tokens> create_account(const Client& client, const NewAccount& account, const StopToken& stop);

struct AccountStatus {
  bool activated = false;
  bool valid_did = false;
  std::string repo_commit;  // CID text; empty, and the counts 0, on hosts that do not say
  std::string repo_rev;
  std::int64_t repo_blocks = 0;
  std::int64_t indexed_records = 0;
  std::int64_t expected_blobs = 0;
  std::int64_t imported_blobs = 0;
};
Result<AccountStatus> check_account_status(const Client& client, const StopToken& stop);
Status activate_account(const Client& client, const StopToken& stop);
Status deactivate_account(const Client& client, const StopToken& stop);

// --- com.atproto.identity
// -----------------------------------------------------------------------------------

struct RecommendedCredentials {
  std::vector<std::string> rotation_keys;
  std::vector<std::string> also_known_as;
  std::string signing_key;  // verificationMethods.atproto
  std::string service_type;
  std::string endpoint;
};
Result<RecommendedCredentials> get_recommended_credentials(const Client& client, const StopToken& stop);
Status request_plc_signature(const Client& client, const StopToken& stop);
// Gives the signed operation as the host returned it. "xrpc.plc_token" (auth) when the code of the e-mail is
// wrong or too old.
Result<data::Value> sign_plc_operation(const Client& client, std::string_view email_token,
                                       const data::Object& wanted, const StopToken& stop);
Status submit_plc_operation(const Client& client, const data::Value& operation, const StopToken& stop);
Status update_handle(const Client& client, const syntax::Handle& handle, const StopToken& stop);

// --- com.atproto.sync
// ---------------------------------------------------------------------------------------

struct RepoStatus {
  bool active = true;
  std::string status;
  std::string rev;
};
// "xrpc.repo_not_found" (kind gone) when the host does not know the account.
Result<RepoStatus> get_repo_status(const Client& client, const syntax::Did& did, const StopToken& stop);
struct LatestCommit {
  ipld::Cid cid;
  std::string rev;
};
Result<LatestCommit> get_latest_commit(const Client& client, const syntax::Did& did, const StopToken& stop);
// `since` empty: everything.
Status get_repo(const Client& client, const syntax::Did& did, std::string_view since, std::uint64_t max_bytes,
                net::BodySink& body, const StopToken& stop);
// Fails as a whole when the host lacks one of them: "xrpc.block_not_found" (not_found), from hosts that say
// so.
Status get_blocks(const Client& client, const syntax::Did& did, std::span<const ipld::Cid> cids,
                  std::uint64_t max_bytes, net::BodySink& body, const StopToken& stop);
// "xrpc.blob_not_found" (kind not_found), whatever words the host has for it.
Status get_blob(const Client& client, const syntax::Did& did, const ipld::Cid& cid, std::uint64_t max_bytes,
                net::BodySink& body, const StopToken& stop);
// All pages, sorted, each once; a cursor that repeats ends it with "xrpc.cursor_loop" (remote), an endless
// list with "xrpc.list_too_long" (limit_exceeded).
Result<std::vector<ipld::Cid>> list_blobs(const Client& client, const syntax::Did& did,
                                          const StopToken& stop);

// --- com.atproto.repo
// ---------------------------------------------------------------------------------------

Status import_repo(const Client& client, const RandomAccess& car, const StopToken& stop);
struct MissingBlob {
  ipld::Cid cid;
  std::string record_uri;
};
// One page after `cursor` (empty: the first), of at most 500; `cursor` becomes the next page's, or empty at
// the end. Uploading shrinks the list: begin anew then. "xrpc.cursor_loop" when the host gives the same
// cursor again.
Result<std::vector<MissingBlob>> list_missing_blobs(const Client& client, unsigned limit, std::string& cursor,
                                                    const StopToken& stop);
// The CID the host gave it.
Result<ipld::Cid> upload_blob(const Client& client, const RandomAccess& blob, std::string_view mime_type,
                              const StopToken& stop);
// "xrpc.record_not_found" (kind not_found). The record's CID text.
Result<std::string> get_record(const Client& client, const syntax::Did& did, const syntax::RepoPath& path,
                               const StopToken& stop);
Status create_record(const Client& client, const syntax::Did& did, const syntax::RepoPath& path,
                     const data::Value& record, const StopToken& stop);
// Only while the record that is there has the CID `instead_of`; "xrpc.invalid_swap" (conflict) else.
Status put_record(const Client& client, const syntax::Did& did, const syntax::RepoPath& path,
                  const data::Value& record, std::string_view instead_of, const StopToken& stop);
Status delete_record(const Client& client, const syntax::Did& did, const syntax::RepoPath& path,
                     const StopToken& stop);

// --- app.bsky.actor
// -----------------------------------------------------------------------------------------

// The array "preferences", as it came.
Result<data::Value> get_preferences(const Client& client, const StopToken& stop);
Status put_preferences(const Client& client, const data::Value& preferences, const StopToken& stop);

}  // namespace atb::xrpc
