#include "core/migrate/leave.h"

#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/data/json.h"
#include "core/migrate/fight.h"

#include <algorithm>

namespace atb::migrate {
namespace {

Failure other_account(const std::string& backup, const std::string& whose,
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

}  // namespace

bool without_old_host(const Journal& journal) { return journal.has(fact::kFrom); }

Status check_leaving_options(const Options& options, bool alone) {
  if (alone || (!options.hostile_host && options.signing_key.empty())) return {};
  return fail(ErrorKind::invalid_input, "move.needs_from",
              "--hostile-host and --signing-key-file are for leaving without the old host's help",
              "give --from and --rotation-key too");
}

bool claim_is_needless(const Move& move, const plc::AuditedLog& log) {
  if (!move.journal.has(fact::kHeldSigner) || move.journal.has(fact::kHostile)) return false;
  const std::string key = move.journal.get(fact::kRotationKey);
  const auto list =
      contestable(log, key, move.context.clock.wall_us(), answers_so_far(move.journal, move.options));
  if (std::ranges::any_of(list, [](const Contestable& one) { return one.answer != Answer::keep; }))
    return false;
  const std::string* signer = log.state().verification_method("atproto");
  return signer != nullptr && *signer == move.journal.get(fact::kTemporaryKey);
}

Result<identity::Identity> identity_to_leave(exporter::Context& context, const syntax::Did& did) {
  const auto account = TRY(syntax::AtIdentifier::parse(did.str()));
  auto identity = context.resolver.resolve(account, context.stop);
  if (identity || identity.error().id != "did.tombstoned") return identity;
  return context.resolver.resolve_given_up(did, context.stop);
}

Result<identity::Identity> identity_of_backup(exporter::Context& context, const syntax::AtIdentifier& account,
                                              const std::string& backup) {
  const auto source = TRY(backup::open_backup(context.fs, backup));
  const syntax::Did did = TRY(claimed_did(*source, account));
  if (account.did() != nullptr && *account.did() != did) return other_account(backup, did.str(), account);
  auto identity = TRY(identity_to_leave(context, did));
  if (account.handle() == nullptr) return identity;
  const std::string given = account.handle()->str();
  const auto& manifests = source->manifests();
  if (!manifests.empty() && manifests.front().handle == given) return identity;
  if (const auto claimed = identity.document.handle(); claimed && claimed->str() == given) return identity;
  const auto resolved = context.resolver.resolve_handle(*account.handle(), context.stop);
  if (resolved && *resolved == did) return identity;
  return other_account(backup, did.str(), account);
}

Result<crypto::PrivateKey> temporary_key(const Move& move) {
  const Secret* kept = move.secrets.get(SecretsFile::kTemporaryKey);
  Bytes scalar = TRY(hex_decode(kept == nullptr ? std::string_view() : kept->reveal()));
  auto key = crypto::PrivateKey::from_scalar(crypto::Curve::k256, scalar);
  wipe(scalar.data(), scalar.size());
  return key;
}

}  // namespace atb::migrate
