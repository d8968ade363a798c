#include "core/migrate/dry_run.h"

#include "core/car/spool.h"
#include "core/exporter/fetch_repo.h"
#include "core/migrate/backup_proof.h"
#include "core/migrate/host_ways.h"
#include "core/migrate/leave.h"
#include "core/migrate/observation.h"
#include "core/os/atomic_file.h"

#include <algorithm>

namespace atb::migrate {
namespace {

Result<identity::Identity> identity_of(exporter::Context& context, const syntax::AtIdentifier& account,
                                       const Options& options) {
  auto identity = options.from.empty() ? context.resolver.resolve(account, context.stop)
                                       : identity_of_backup(context, account, options.from);
  if (identity || identity.error().kind != ErrorKind::untrusted) return identity;
  const Error& error = identity.error();
  if (!error.id.starts_with("plc.") && error.id != "did.document_differs") return identity;
  return fail(
      ErrorKind::refused, "plan.log",
      "the directory's history of this account does not hold: " + error.message + " [" + error.id + "]",
      "do not move on such a record; ask again later, and if it stays so tell the directory's operators");
}

// Opened as the move would open it, so that a forgotten passphrase shows now.
Result<std::string> key_of(const World& world, const syntax::Did& did, const Options& options,
                           const SecretSources& secrets) {
  if (options.rotation_key.empty()) return std::string();
  const account::RotationKey opened =
      TRY(account::open_key_file(world.context.fs, options.rotation_key, secrets.passphrase, world.prompter,
                                 world.context.limits, world.context.stop));
  if (!opened.did.empty() && opened.did != did.str()) {
    return fail(ErrorKind::refused, "leave.other_key",
                options.rotation_key + " was made for another account, " + opened.did,
                "give the file of this account's key");
  }
  return opened.key.public_key().did_key();
}

void note_proof(const verify::RepoProof& proof, const Report& report, const Observed& observed,
                const std::set<std::string>& allowed, ContentFacts& content) {
  content.records = proof.records;
  content.blobs = proof.blobs.size();
  for (const data::BlobRef& blob : proof.blobs) {
    if (blob.size <= 0) continue;
    const auto bytes = static_cast<std::uint64_t>(blob.size);
    content.blob_bytes += bytes;
    if (observed.blob_limit != 0 && bytes > observed.blob_limit && !allowed.contains(blob.cid.str()))
      content.oversized.push_back(blob.cid.str());
  }
  for (const Finding& finding : report.findings()) {
    if (import_refuses(finding.id) && finding.severity == Severity::info)
      content.refused.push_back({finding.where, finding.id});
  }
}

// A list of blobs may be cut short: some of those that are not on it are asked for. A host that gives them
// all has them.
Status ask_for_unlisted(const Looking& looking, const syntax::Did& did, std::vector<std::string>& missing) {
  constexpr std::size_t kFew = 20;
  const xrpc::Client host = stranger(looking, looking.old_host);
  for (std::size_t i = 0; i < std::min(kFew, missing.size()); ++i) {
    const ipld::Cid cid = TRY(ipld::Cid::parse(missing[i]));
    if (!TRY(gives_blob(host, did, cid, looking.context))) return {};
  }
  missing.clear();
  return {};
}

// The repository as the old host gives it now, into a file that has no name and leaves nothing behind.
Result<ContentFacts> read_from_host(const World& world, const Looking& looking, const Observed& observed) {
  exporter::Context& context = world.context;
  ContentFacts content;
  TRY(context.fs.make_folders(world.state_folder));
  auto scratch =
      TRY(os::AtomicFile::create(context.fs, context.random, os::join(world.state_folder, "dry-run")));
  TRY(scratch.make_nameless());
  car::Spool spool(scratch, scratch.content());
  const verify::KeyEvidence evidence{.log = looking.identity.log ? &*looking.identity.log : nullptr,
                                     .document = &looking.identity.document,
                                     .given = {}};
  const auto began = context.clock.monotonic();
  auto fetched = exporter::fetch_repo(context, stranger(looking, looking.old_host), observed.did, evidence,
                                      spool, {.room = {.folder = world.state_folder, .copies = 1}});
  content.read_us = (context.clock.monotonic() - began).count();
  if (!fetched) {
    const ErrorKind kind = fetched.error().kind;
    if (kind != ErrorKind::untrusted && kind != ErrorKind::corrupt && kind != ErrorKind::incomplete)
      return std::unexpected(std::move(fetched).error());
    content.flaw = std::move(fetched).error();
    return content;
  }
  content.car_bytes = spool.bytes();
  note_proof(fetched->proof, fetched->report, observed, looking.allowed_missing, content);
  const auto there = TRY(xrpc::list_blobs(stranger(looking, looking.old_host), observed.did, context.stop));
  for (const data::BlobRef& blob : fetched->proof.blobs) {
    if (!std::ranges::binary_search(there, blob.cid) && !looking.allowed_missing.contains(blob.cid.str()))
      content.missing.push_back(blob.cid.str());
  }
  TRY(ask_for_unlisted(looking, observed.did, content.missing));
  return content;
}

Result<ContentFacts> read_from_backup(const World& world, const Looking& looking, const Observed& observed) {
  exporter::Context& context = world.context;
  ContentFacts content;
  auto source = TRY(backup::open_backup(context.fs, looking.backup));
  const verify::Options options{
      .expected_did = observed.did, .key = {}, .now_us = observed.now_us, .limits = context.limits};
  verify::Verdict verdict = TRY(verify::verify_backup(*source, options, context.progress, context.stop));
  content.car_bytes = TRY(source->open_car())->size();
  note_proof(verdict.proof, verdict.report, observed, looking.allowed_missing, content);
  content.blobs = verdict.blobs_present;
  content.blob_bytes = verdict.blob_bytes;
  Status sound = check_findings(verdict.report, looking.allowed_missing, looking.backup,
                                [&](const Finding& finding) { world.watcher.finding(finding); });
  if (sound)
    sound = check_key(verdict.proof, looking.identity.log ? &*looking.identity.log : nullptr, looking.backup);
  if (!sound) content.flaw = std::move(sound).error();
  return content;
}

Status look_at_moves(const World& world, Observed& observed) {
  for (const MoveStatus& one : TRY(status(world.context.fs, world.context.clock, world.state_folder))) {
    if (one.did != observed.did.str() || !one.finished.empty() || one.unreadable) continue;
    if (!one.aborted.empty()) continue;
    observed.under_way_to = one.new_host;
    const auto made = [](const JournalEvent& event) { return event.step == "create-account"; };
    if (one.new_host == observed.new_host && std::ranges::any_of(one.events, made))
      observed.new_account_ours = true;
  }
  return {};
}

}  // namespace

Result<DryRun> dry_run(const World& world, const syntax::AtIdentifier& account, const Options& options,
                       const SecretSources& secrets) {
  exporter::Context& context = world.context;
  const net::Url target = TRY(host_url(options.to));
  TRY(check_leaving_options(options, !options.from.empty()));
  const identity::Identity identity = TRY(identity_of(context, account, options));
  const net::Url source = TRY(present_host(identity, options));
  Looking looking{.context = context,
                  .identity = identity,
                  .old_host = source,
                  .new_host = target,
                  .alone = !options.from.empty(),
                  .backup = options.from,
                  .wished_handle = options.handle,
                  .allowed_missing = {options.allowed_missing.begin(), options.allowed_missing.end()},
                  .told_keys = keys_told_at_enrolment(context, world.state_folder, identity.did(), source),
                  .thorough = true};
  looking.key = TRY(key_of(world, identity.did(), options, secrets));
  if (!options.signing_key.empty())
    looking.signing_key =
        TRY(account::read_signing_key(context.fs, options.signing_key)).public_key().did_key();
  xrpc::ServerDescription described;
  Observed seen = TRY(observe(looking, described));
  DryRun result{.observed = std::move(seen), .plan = {}, .words = {}};
  Observed& observed = result.observed;
  TRY(look_at_moves(world, observed));
  const bool readable = looking.alone || (observed.old_active && observed.old_host != observed.new_host);
  if (readable) {
    observed.content = looking.alone ? TRY(read_from_backup(world, looking, observed))
                                     : TRY(read_from_host(world, looking, observed));
  }
  const Wishes wishes{.handle = options.handle,
                      .has_invite = !options.invite_code.empty() || account::is_set(secrets.invite_code),
                      .remove_keys = options.remove_keys,
                      .keep_keys = options.keep_keys,
                      .recovery_key = (!looking.alone || !observed.plc) && !options.recovery_key_out.empty(),
                      .hostile_host = options.hostile_host,
                      .answers = {.undo = options.undo_operations, .keep = options.keep_operations}};
  result.plan = draft_plan(observed, wishes);
  // Without steps there is no way at all, and nothing to ask for.
  if (!result.plan.steps.empty() && std::ranges::none_of(result.plan.obstacles, [](const Error& one) {
        return one.id.starts_with("move.handle");
      })) {
    for (Error& open : unanswered(result.plan, observed)) result.plan.obstacles.push_back(std::move(open));
  }
  for (Error& open : unanswered_operations(result.plan)) result.plan.obstacles.push_back(std::move(open));
  result.words = describe(result.plan, observed, wishes.recovery_key);
  return result;
}

}  // namespace atb::migrate
