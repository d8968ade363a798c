#include "core/migrate/leave.h"

#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/data/json.h"

namespace atb::migrate {
namespace {

std::unexpected<Error> other_account(const std::string& backup, const std::string& whose,
                                     const syntax::AtIdentifier& account) {
  return fail(ErrorKind::refused, "leave.other_account",
              backup + " is a backup of " + whose + ", not of " + account.str(),
              "name the account of the backup, or another backup");
}

// From the manifest, or from the DID document beside a lone CAR. Claims only: the proof comes later.
Result<syntax::Did> claimed_did(backup::BackupSource& source, const syntax::AtIdentifier& account) {
  if (!source.manifests().empty()) return source.manifests().front().did;
  if (const auto text = TRY(source.did_document())) {
    if (const auto json = data::parse_json(*text, Limits{}, data::Floats::allow)) {
      if (auto did = syntax::Did::parse(data::text_or(*json, "id", ""))) return did;
    }
  }
  if (account.did() != nullptr) return *account.did();
  return fail(ErrorKind::invalid_input, "leave.whose_backup",
              source.name() + " does not say whose backup it is",
              "give the account's DID instead of its handle");
}

// What the old host says now: a commit, or nothing at all. Asked once: it may be dead, and is not needed.
std::optional<std::string> commit_of_old_host(Move& move) {
  net::Request request;
  request.url = move.old_host.host();
  request.url.path = "/xrpc/com.atproto.sync.getLatestCommit" + net::query_string({{"did", move.did.str()}});
  request.max_body = 1U << 16;
  request.stall_timeout = std::chrono::seconds(10);
  request.once = true;
  net::MemoryBody body;
  const auto response = move.context.http.send(request, body, move.stop());
  if (!response || response->status != 200) return std::nullopt;
  const auto json = data::parse_json(body.text(), move.context.limits, data::Floats::allow);
  if (!json) return std::nullopt;
  const std::string cid = data::text_or(*json, "cid", "");
  return cid.empty() ? std::nullopt : std::optional(cid);
}

Status look_at_log(Move& move, backup::BackupSource& source, LeaveFacts& facts) {
  const auto kept = TRY(source.plc_log());
  facts.backup_has_log = kept.has_value();
  if (!kept) return {};
  auto older = plc::parse_log(*kept, move.context.limits);
  if (!older) {
    return fail(ErrorKind::refused, "leave.backup_damaged",
                "the history of keys in the backup cannot be read: " + older.error().message,
                "'atbackup verify' tells more; take another backup");
  }
  facts.log_breach = plc::first_difference(*older, facts.log.entries);
  return {};
}

Status look_at_blobs(Move& move, backup::BackupSource& source, const xrpc::ServerDescription& target,
                     LeaveFacts& facts) {
  if (!source.holds_blobs()) return {};
  const std::set<std::string> allowed = move.allowed_missing();
  if (target.blob_limit && *target.blob_limit > 0)
    facts.blob_limit = static_cast<std::uint64_t>(*target.blob_limit);
  for (const backup::BlobFile& blob : TRY(source.list_blobs())) {
    ++facts.blobs;
    facts.blob_bytes += blob.bytes;
    if (facts.blob_limit != 0 && blob.bytes > facts.blob_limit && !allowed.contains(blob.cid.str()))
      facts.oversized_blobs.push_back(blob.cid.str());
  }
  return {};
}

}  // namespace

bool without_old_host(const Journal& journal) { return journal.has(fact::kFrom); }

Result<identity::Identity> identity_of_backup(exporter::Context& context, const syntax::AtIdentifier& account,
                                              const std::string& backup) {
  const auto source = TRY(backup::open_backup(context.fs, backup));
  const syntax::Did did = TRY(claimed_did(*source, account));
  if (account.did() != nullptr && *account.did() != did) return other_account(backup, did.str(), account);
  if (did.is_web()) return did_web_without_host(did);
  auto identity = TRY(context.resolver.resolve(TRY(syntax::AtIdentifier::parse(did.str())), context.stop));
  if (account.handle() == nullptr) return identity;
  const std::string given = account.handle()->str();
  const auto& manifests = source->manifests();
  if (!manifests.empty() && manifests.front().handle == given) return identity;
  if (const auto claimed = identity.document.handle(); claimed && claimed->str() == given) return identity;
  const auto resolved = context.resolver.resolve_handle(*account.handle(), context.stop);
  if (resolved && *resolved == did) return identity;
  return other_account(backup, did.str(), account);
}

Result<LeaveFacts> observe_leave(Move& move, const identity::Identity& identity,
                                 const xrpc::ServerDescription& target) {
  if (!identity.log) return did_web_without_host(move.did);
  LeaveFacts facts{.log = *identity.log};
  facts.now_us = move.context.clock.wall_us();
  const auto source = TRY(backup::open_backup(move.context.fs, move.backup_path()));
  facts.backup = move.backup_path();
  TRY(look_at_log(move, *source, facts));
  TRY(look_at_blobs(move, *source, target, facts));
  std::string commit;
  if (!source->manifests().empty()) {
    const backup::Manifest& manifest = source->manifests().front();
    facts.backup_host = manifest.host;
    facts.backup_time = manifest.created;
    facts.records = manifest.repository.records;
    facts.missing_blobs = manifest.missing_blobs.size();
    commit = manifest.repository.commit.str();
  }
  if (const auto theirs = commit_of_old_host(move)) {
    facts.old_answers = true;
    facts.old_is_newer = !commit.empty() && *theirs != commit;
  }
  TRY(check_stop(move.stop()));
  if (move.journal.has(fact::kRotationFile)) facts.key = TRY(move.rotation_key())->public_key().did_key();
  return facts;
}

Result<crypto::PrivateKey> temporary_key(const Move& move) {
  const Secret* kept = move.secrets.get(SecretsFile::kTemporaryKey);
  Bytes scalar = TRY(hex_decode(kept == nullptr ? std::string_view() : kept->reveal()));
  auto key = crypto::PrivateKey::from_scalar(crypto::Curve::k256, scalar);
  wipe(scalar.data(), scalar.size());
  return key;
}

std::vector<std::string> keys_told_at_enrolment(Move& move) {
  const std::string path = enrolment_paths(move.world.state_folder, move.did).journal();
  if (!os::exists(move.context.fs, path)) return {};
  const auto journal = Journal::open(path, move.context.clock);
  if (!journal || journal->get(fact::kOldHost) != move.old_host.host().origin()) return {};
  return lines_of(journal->get(fact::kOldKeys));
}

}  // namespace atb::migrate
