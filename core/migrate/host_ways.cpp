#include "core/migrate/host_ways.h"

#include "core/base/text.h"
#include "core/verify/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atb::migrate {
namespace {

// clang-format off
constexpr std::array<HostWay, 26> kHostWays = {{
    {"general-500", "cocoon, rsky",
     "it answers a procedure with a general 500",
     "what is true is looked at, and only what is not so is an error",
     "https://github.com/haileyok/cocoon/blob/main/internal/helpers/helpers.go"},
    {"unknown-account-500", "cocoon, rsky",
     "it answers getRepoStatus with a general 500, and describeRepo does not know the account",
     "the account is taken to be unknown there; where this move may have made it, a login decides",
     "https://github.com/haileyok/cocoon/blob/main/server/handle_sync_get_repo_status.go"},
    {"no-status-before-import", "cocoon",
     "it answers checkAccountStatus with a general 500",
     "the head of the repository is looked at instead; none is as good as another one",
     "https://github.com/haileyok/cocoon/blob/main/server/handle_server_check_account_status.go"},
    {"no-blocks", "cocoon",
     "it refuses getBlocks for the very commit that it names as its latest",
     "the commit is read out of getRepo",
     "https://github.com/haileyok/cocoon/blob/main/server/handle_sync_get_blocks.go"},
    {"signs-anew", "cocoon, tranquil",
     "after the import its commit is another than the imported one",
     "the tree that its commit signs is compared",
     "https://github.com/haileyok/cocoon/blob/main/server/handle_import_repo.go"},
    {"hides-while-inactive", "tranquil",
     "it gives nothing of an inactive account, not even to its owner",
     "the import counts when it was answered with yes and the records are as many; the tree is compared once the account is active",
     "https://github.com/Bogay/tranquil-pds/blob/main/crates/tranquil-sync/src/commit.rs"},
    {"active-from-the-start", "cocoon",
     "it never says that the account is inactive",
     "activateAccount is called all the same, once, for what it tells the relays",
     "https://github.com/haileyok/cocoon/blob/main/server/handle_server_check_account_status.go"},
    {"unknown-record-500", "cocoon",
     "it answers getRecord for a record that is not there with a general 500",
     "the record is taken not to be there",
     "https://github.com/haileyok/cocoon/blob/main/server/handle_repo_get_record.go"},
    {"preferences-object", "cocoon",
     "getPreferences answers {} in place of a list",
     "there are none",
     "https://github.com/haileyok/cocoon/blob/main/server/handle_actor_get_preferences.go"},
    {"preferences-differ", "cirrus, tranquil",
     "putPreferences is answered with yes, and getPreferences gives others",
     "told at the end; they stay in the backup",
     "https://github.com/ascorbic/cirrus/pull/29"},
    {"preferences-refused", "tranquil",
     "it refuses putPreferences, in two runs",
     "told at the end; they stay in the backup",
     "https://github.com/Bogay/tranquil-pds/blob/main/crates/tranquil-api/src/actor/preferences.rs"},
    {"bare-operation", "rsky",
     "signPlcOperation answers with the operation itself, not with an object that holds it",
     "it is taken so, and checked as any other",
     "https://github.com/blacksky-algorithms/rsky/blob/main/rsky-pds/src/apis/com/atproto/identity/sign_plc_operation.rs"},
    {"submit-refuses-its-own-keys", "rsky",
     "submitPlcOperation says that the host's rotation key is missing, and all keys it recommends are there",
     "the operation goes to the directory without it",
     "https://github.com/blacksky-algorithms/rsky/blob/main/rsky-pds/src/apis/com/atproto/identity/submit_plc_operation.rs"},
    {"no-submit", "cocoon, rsky",
     "submitPlcOperation is missing or answers with a general 500, and the directory does not have the operation",
     "the operation goes to the directory without it, whose answer tells the reason if there is one",
     "https://github.com/haileyok/cocoon/blob/main/server/handle_identity_submit_plc_operation.go"},
    {"size-is-400", "rsky, cirrus, tranquil",
     "what is too large is refused with 400, by a name or in words, not with 413",
     "as with 413: the repository goes over in pieces, the blob is named",
     "https://github.com/blacksky-algorithms/rsky/blob/main/rsky-pds/src/apis/com/atproto/repo/import_repo.rs"},
    {"whole-imports-only", "tranquil",
     "an import must hold every block of its tree, so a piece that builds upon the last one is refused",
     "said so, with what its operator can do; a repository under its limit goes over whole",
     "https://github.com/Bogay/tranquil-pds/blob/main/crates/tranquil-api/src/repo/import.rs"},
    {"no-missing-list", "cocoon",
     "it has no listMissingBlobs",
     "what the records refer to is compared with listBlobs, and with what it has said yes to",
     "https://github.com/haileyok/cocoon/blob/main/server/server.go"},
    {"leaves-out-legacy-blobs", "tranquil",
     "listMissingBlobs does not name blobs that records refer to in the old form",
     "they are uploaded all the same",
     "https://github.com/Bogay/tranquil-pds/blob/main/crates/tranquil-api/src/repo/blob.rs"},
    {"blob-500", "rsky",
     "it answers one uploadBlob with a general 500, and takes others",
     "that blob is named, the others go on; ten in a row end it",
     "https://github.com/blacksky-algorithms/rsky/blob/main/rsky-pds/src/apis/com/atproto/repo/upload_blob.rs"},
    {"keeps-blobs-to-itself", "cocoon",
     "it misses no blob, and gives them to nobody",
     "told at the end",
     "https://github.com/haileyok/cocoon/pull/157"},
    {"host-of-one", "cirrus",
     "the DID that describeServer tells is not of a host but the account's own",
     "no account is made: it is there by the host's configuration, and its password is the one set there",
     "https://github.com/ascorbic/cirrus/blob/main/packages/pds/src/xrpc/server.ts"},
    {"code-not-mailed", "cirrus",
     "the old host's own DID is the account's",
     "the question for the code says where it is had: 'pds migrate-token' there",
     "https://github.com/ascorbic/cirrus/blob/main/packages/pds/src/xrpc/identity.ts"},
    {"imports-while-inactive", "cirrus",
     "importRepo is refused with RepoAlreadyExists while the account is active there",
     "said so, with how to make it inactive",
     "https://github.com/ascorbic/cirrus/blob/main/packages/pds/src/xrpc/repo.ts"},
    {"null-counts", "cirrus",
     "checkAccountStatus names no commit and counts nothing",
     "the head of the repository is looked at instead",
     "https://github.com/ascorbic/cirrus/blob/main/packages/pds/src/xrpc/server.ts"},
    {"login-after-verification", "tranquil",
     "createSession is refused with account_not_verified",
     "said so, with the message to look for",
     "https://github.com/Bogay/tranquil-pds/blob/main/crates/tranquil-api/src/server/session.rs"},
    {"own-handles-only", "rsky",
     "createAccount refuses every handle that is not under its own domain",
     "said so; with --handle the same command goes on",
     "https://github.com/blacksky-algorithms/rsky/blob/main/rsky-pds/src/apis/com/atproto/server/mod.rs"},
}};
// clang-format on

const HostWay* way(std::string_view id) {
  const auto found = std::ranges::find(kHostWays, id, &HostWay::id);
  return found == kHostWays.end() ? nullptr : &*found;
}

class Nowhere final : public net::BodySink {
 public:
  Status begin(const net::Response&) override { return {}; }
  Status write(ByteView) override { return {}; }
};

bool is_refusal(const Error& error) { return error.http_status >= 400 && error.kind != ErrorKind::auth; }

}  // namespace

std::span<const HostWay> host_ways() { return kHostWays; }

void met(Log& log, const net::Url& host, std::string_view id) {
  if (const HostWay* found = way(id); found != nullptr && log.enabled(LogLevel::info)) {
    log.write(
        LogLevel::info, "migrate",
        fmt::format("{} has a way of its own ({}): {}; {}", host.origin(), id, found->seen, found->done));
  }
}

Status met(Move& move, std::string_view id) {
  std::vector<std::string> known = ways_met(move.journal);
  if (std::ranges::find(known, id) != known.end()) return {};
  met(move.context.log, move.new_host.host(), id);
  known.emplace_back(id);
  return move.journal.set(fact::kWays, join_lines(known));
}

std::vector<std::string> ways_met(const Journal& journal) { return lines_of(journal.get(fact::kWays)); }

bool says_nothing(const Error& error) { return error.http_status == 500; }

bool not_offered(const Error& error) {
  return error.kind == ErrorKind::unsupported || error.kind == ErrorKind::not_found ||
         error.http_status == 501 || error.http_status == 404;
}

bool too_large(const Error& error) {
  return error.http_status == 413 || (error.http_status == 400 && error.kind == ErrorKind::limit_exceeded);
}

Result<xrpc::RepoStatus> account_on(const xrpc::Client& host, const syntax::Did& did, Log& log,
                                    const StopToken& stop, bool* guessed) {
  auto status = xrpc::get_repo_status(host, did, stop);
  // Once may be an accident of the moment; who never tells, says so again.
  if (!status && says_nothing(status.error())) status = xrpc::get_repo_status(host, did, stop);
  if (status || !says_nothing(status.error())) return status;
  const auto described = host.query("com.atproto.repo.describeRepo", {{"repo", did.str()}}, stop);
  if (described) return xrpc::RepoStatus{.active = true, .status = {}, .rev = {}};
  const Error& error = described.error();
  const bool says_no =
      is_refusal(error) && (error.kind != ErrorKind::gone || error.id == "xrpc.repo_not_found");
  if (!says_no) return error;
  met(log, host.host(), "unknown-account-500");
  if (guessed != nullptr) *guessed = true;
  Error unknown = std::move(status).error();
  unknown.kind = ErrorKind::gone;
  unknown.id = "xrpc.repo_not_found";
  return unknown;
}

bool is_host_of_one(const Journal& journal) {
  return journal.has(fact::kDid) && journal.get(fact::kNewDid) == journal.get(fact::kDid);
}

Result<const std::vector<data::BlobRef>*> backup_references(Move& move) {
  const ipld::Cid commit = TRY(move.backup_commit());
  if (move.references && move.references->commit == commit) return &move.references->blobs;
  auto backup = TRY(backup::open_backup(move.context.fs, move.backup_path()));
  Report ignored;
  auto repository = TRY(backup->open_repository(move.context.limits, ignored, no_progress(), move.stop()));
  verify::ProofOptions options{.expected_did = move.did,
                               .evidence = {},
                               .now_us = move.context.clock.wall_us(),
                               .limits = move.context.limits};
  auto proof = TRY(verify::prove_repository(repository->blocks(), commit, options, nullptr, ignored,
                                            no_progress(), move.stop()));
  move.references = References{commit, std::move(proof.blobs)};
  return &move.references->blobs;
}

Result<std::vector<xrpc::MissingBlob>> unlisted_on_new(Move& move, bool all) {
  const std::vector<data::BlobRef>& references = *TRY(backup_references(move));
  std::vector<ipld::Cid> wanted;
  for (const data::BlobRef& blob : references) {
    if (all || blob.legacy) wanted.push_back(blob.cid);
  }
  std::vector<xrpc::MissingBlob> missing;
  if (wanted.empty()) return missing;
  const std::vector<std::string> taken = lines_of(move.journal.get(fact::kUnlistedBlobs));
  const std::set<std::string> allowed = move.allowed_missing();
  std::erase_if(wanted, [&](const ipld::Cid& cid) {
    return allowed.contains(cid.str()) || std::ranges::find(taken, cid.str()) != taken.end();
  });
  if (wanted.empty()) return missing;
  auto listed = xrpc::list_blobs(TRY(move.new_host.client()), move.did, move.stop());
  if (!listed && !is_refusal(listed.error()) && listed.error().kind != ErrorKind::gone)
    return std::unexpected(std::move(listed).error());
  for (const ipld::Cid& cid : wanted) {
    if (!listed || !std::ranges::binary_search(*listed, cid))
      missing.push_back({.cid = cid, .record_uri = {}});
  }
  if (!missing.empty()) TRY(met(move, all ? "no-missing-list" : "leaves-out-legacy-blobs"));
  return missing;
}

Status note_unlisted(Move& move, const std::vector<ipld::Cid>& taken) {
  if (taken.empty()) return {};
  std::vector<std::string> known = lines_of(move.journal.get(fact::kUnlistedBlobs));
  for (const ipld::Cid& cid : taken) known.push_back(cid.str());
  return move.journal.set(fact::kUnlistedBlobs, join_lines(known));
}

Status submit_after_all(Move& move, const plc::Operation& operation, const Error& refused) {
  const auto asks_for_keys = [&]() -> Result<bool> {
    if (refused.http_status != 400 || !refused.message.contains("otation key")) return false;
    const auto wanted = TRY(xrpc::get_recommended_credentials(TRY(move.new_host.client()), move.stop()));
    const std::vector<std::string>& there = operation.state().rotation_keys;
    return std::ranges::all_of(wanted.rotation_keys, [&](const std::string& key) {
      return std::ranges::find(there, key) != there.end();
    });
  };
  const bool cannot = says_nothing(refused) || not_offered(refused);
  if (!cannot && !TRY(asks_for_keys())) return refused;
  const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
  const auto& entries = directory.log.entries;
  if (std::ranges::any_of(entries, [&](const plc::LogEntry& one) { return one.cid == operation.cid(); }))
    return {};
  TRY(met(move, cannot ? "no-submit" : "submit-refuses-its-own-keys"));
  return move.context.resolver.submit(move.did, operation, move.stop());
}

Result<bool> gives_blob(const xrpc::Client& host, const syntax::Did& did, const ipld::Cid& cid,
                        const exporter::Context& context) {
  Nowhere body;
  const Status given = xrpc::get_blob(host, did, cid, context.limits.blob_bytes, body, context.stop);
  if (given) return true;
  if (is_refusal(given.error())) return false;
  return given.error();
}

Status look_at_served_blobs(Move& move) {
  constexpr std::size_t kFew = 3;
  const std::vector<data::BlobRef>& references = *TRY(backup_references(move));
  const std::set<std::string> allowed = move.allowed_missing();
  std::size_t asked = 0;
  std::string kept;
  for (std::size_t i = 0; i < references.size() && asked < kFew; i += 1 + references.size() / kFew) {
    const ipld::Cid& cid = references[i].cid;
    if (allowed.contains(cid.str())) continue;
    ++asked;
    const auto given = gives_blob(move.new_host.anonymous(), move.did, cid, move.context);
    if (!given && given.error().kind == ErrorKind::cancelled) return given.error();
    if (!given || *given) return {};
    kept = cid.str();
  }
  if (asked == 0) return {};
  TRY(met(move, "keeps-blobs-to-itself"));
  return move.note("The new host says that it has all pictures and videos, but did not give the " +
                   fmt::format("{}", asked) + " that were asked for, such as " + kept +
                   ". Others may not see them: tell its operator. The backup in " + move.backup_path() +
                   " has them.");
}

}  // namespace atb::migrate
