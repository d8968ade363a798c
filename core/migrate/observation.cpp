#include "core/migrate/observation.h"

#include "core/backup/folder.h"
#include "core/data/json.h"
#include "core/migrate/host_ways.h"
#include "core/migrate/identity_change.h"
#include "core/migrate/journal.h"
#include "core/migrate/move.h"
#include "core/migrate/probe.h"

#include <algorithm>

namespace atb::migrate {
namespace {

bool under_any(const syntax::Handle& handle, const std::vector<std::string>& domains) {
  return std::ranges::any_of(domains, [&](const std::string& domain) { return handle.is_under(domain); });
}

// Why an account is not active; some hosts say it by an error. Empty: it is, or nobody knows.
std::string status_word(const Result<xrpc::RepoStatus>& status) {
  if (status) return status->active ? std::string() : status->status;
  const std::string& id = status.error().id;
  if (id == "xrpc.repo_deactivated") return "deactivated";
  if (id == "xrpc.repo_takendown") return "takendown";
  if (id == "xrpc.repo_suspended") return "suspended";
  return {};
}

Status observe_old_host(const Looking& looking, Observed& seen) {
  const xrpc::Client host = stranger(looking, looking.old_host);
  const auto source = TRY_CONTEXT("while asking the old host about itself",
                                  xrpc::describe_server(host, looking.context.stop));
  seen.old_domains = source.user_domains;
  auto old_status = xrpc::get_repo_status(host, seen.did, looking.context.stop);
  if (!old_status && old_status.error().kind != ErrorKind::gone)
    return std::unexpected(std::move(old_status).error());
  seen.old_active = old_status && old_status->active;
  seen.old_status = status_word(old_status);
  seen.log = looking.identity.log;
  return {};
}

// What the old host says now: a commit, or nothing at all. Asked once: it may be dead, and is not needed.
std::optional<std::string> commit_of_old_host(const Looking& looking) {
  net::Request request;
  request.url = looking.old_host;
  request.url.path =
      "/xrpc/com.atproto.sync.getLatestCommit" + net::query_string({{"did", looking.identity.did().str()}});
  request.max_body = 1U << 16;
  request.stall_timeout = std::chrono::seconds(10);
  request.once = true;
  net::MemoryBody body;
  const auto response = looking.context.http.send(request, body, looking.context.stop);
  if (!response || response->status != 200) return std::nullopt;
  const auto json = data::parse_json(body.text(), looking.context.limits, data::Floats::allow);
  if (!json) return std::nullopt;
  const std::string cid = data::text_or(*json, "cid", "");
  return cid.empty() ? std::nullopt : std::optional(cid);
}

Status look_at_log(const Looking& looking, backup::BackupSource& source, LeaveFacts& facts) {
  const auto kept = TRY(source.plc_log());
  facts.backup_has_log = kept.has_value();
  if (!kept) return {};
  auto older = plc::parse_log(*kept, looking.context.limits);
  if (!older) {
    return fail(ErrorKind::refused, "leave.backup_damaged",
                "the history of keys in the backup cannot be read: " + older.error().message,
                "'atbackup verify' tells more; take another backup");
  }
  facts.log_breach = plc::first_difference(*older, facts.log.entries);
  return {};
}

Status look_at_blobs(const Looking& looking, backup::BackupSource& source, std::uint64_t limit,
                     LeaveFacts& facts) {
  if (!source.holds_blobs()) return {};
  facts.blob_limit = limit;
  for (const backup::BlobFile& blob : TRY(source.list_blobs())) {
    ++facts.blobs;
    facts.blob_bytes += blob.bytes;
    if (limit != 0 && blob.bytes > limit && !looking.allowed_missing.contains(blob.cid.str()))
      facts.oversized_blobs.push_back(blob.cid.str());
  }
  return {};
}

Result<LeaveFacts> observe_leave(const Looking& looking, std::uint64_t blob_limit) {
  LeaveFacts facts{.log = looking.identity.log
                              ? *looking.identity.log
                              : plc::AuditedLog{.did = looking.identity.did(), .entries = {}, .audit = {}},
                   .web = !looking.identity.log};
  if (!facts.web) facts.key = looking.key;
  facts.signing_key = looking.signing_key;
  if (looking.identity.document.signing_key)
    facts.present_signer = looking.identity.document.signing_key->did_key();
  facts.now_us = looking.context.clock.wall_us();
  const auto source = TRY(backup::open_backup(looking.context.fs, looking.backup));
  facts.backup = looking.backup;
  if (!facts.web) TRY(look_at_log(looking, *source, facts));
  TRY(look_at_blobs(looking, *source, blob_limit, facts));
  std::string commit;
  if (!source->manifests().empty()) {
    const backup::Manifest& manifest = source->manifests().front();
    facts.backup_host = manifest.host;
    facts.backup_time = manifest.created;
    facts.records = manifest.repository.records;
    facts.missing_blobs = manifest.missing_blobs.size();
    commit = manifest.repository.commit.str();
  }
  if (const auto theirs = commit_of_old_host(looking)) {
    facts.old_answers = true;
    facts.old_is_newer = !commit.empty() && *theirs != commit;
  }
  TRY(check_stop(looking.context.stop));
  return facts;
}

// What the old host cannot tell: which handles are its own. Those that lead nowhere now, and those under its
// own name, stay behind.
Status observe_without_old_host(const Looking& looking, Observed& seen) {
  seen.old_domains = {"." + looking.old_host.host};
  if (seen.old_domains.front().ends_with(".bsky.network")) seen.old_domains.emplace_back(".bsky.social");
  seen.handle_resolves = looking.identity.handle.has_value();
  seen.leave = TRY(observe_leave(looking, seen.blob_limit));
  return {};
}

// To whom does the new host say that a handle of its own belongs? Empty: to nobody, or it does not say.
std::string owner_by_new_host(const Looking& looking, const syntax::Handle& handle) {
  const auto answer =
      stranger(looking, looking.new_host)
          .query("com.atproto.identity.resolveHandle", {{"handle", handle.str()}}, looking.context.stop);
  return answer ? data::text_or(*answer, "did", "") : std::string();
}

Status observe_wish(const Looking& looking, Observed& seen) {
  const auto wish = syntax::Handle::parse(looking.wished_handle);
  if (!wish || (!looking.alone && !looking.thorough)) return {};
  std::string owner;
  if (under_any(*wish, seen.new_domains)) {
    if (looking.thorough) owner = owner_by_new_host(looking, *wish);
  } else {
    const auto leads_to = looking.context.resolver.resolve_handle(*wish, looking.context.stop);
    if (leads_to) owner = leads_to->str();
    seen.wish_resolves = owner == seen.did.str();
  }
  if (!owner.empty() && owner != seen.did.str()) seen.wish_taken_by = owner;
  return check_stop(looking.context.stop);
}

Status observe_clocks(const Looking& looking, Observed& seen) {
  const auto read = [&](std::string_view who, const net::Url& server, std::string_view path) -> Status {
    const Probe answer = TRY(probe(looking.context, who, server, path));
    if (answer.ahead_us) seen.clocks.push_back({answer.who, answer.origin, *answer.ahead_us});
    return {};
  };
  if (!looking.alone) TRY(read("the old host", looking.old_host, kHostHealth));
  TRY(read("the new host", looking.new_host, kHostHealth));
  return read("the directory", looking.context.resolver.directory(), kDirectoryHealth);
}

}  // namespace

xrpc::Client stranger(const Looking& looking, const net::Url& host) {
  return {looking.context.http, host, nullptr, looking.context.limits};
}

Result<Observed> observe(const Looking& looking, xrpc::ServerDescription& target) {
  const identity::Identity& identity = looking.identity;
  Observed seen{.did = identity.did(),
                .current_handle = {},
                .old_host = looking.old_host.origin(),
                .new_host = looking.new_host.origin()};
  if (identity.handle) {
    seen.current_handle = identity.handle->str();
  } else if (const auto named = identity.document.handle()) {
    seen.current_handle = named->str();
  }
  seen.plc = seen.did.is_plc();
  seen.contradictions = identity.contradictions;
  const xrpc::Client host = stranger(looking, looking.new_host);
  target = TRY_CONTEXT("while asking the new host about itself",
                       xrpc::describe_server(host, looking.context.stop));
  seen.new_domains = target.user_domains;
  seen.invite_required = target.invite_required;
  seen.phone_required = target.phone_required;
  if (target.blob_limit && *target.blob_limit > 0)
    seen.blob_limit = static_cast<std::uint64_t>(*target.blob_limit);
  seen.host_keys = looking.told_keys;
  plc::HostCredentials known;
  add_known_keys(known, looking.old_host);
  seen.host_keys.insert(seen.host_keys.end(), known.rotation_keys.begin(), known.rotation_keys.end());
  if (looking.alone) {
    TRY(observe_without_old_host(looking, seen));
  } else {
    TRY(observe_old_host(looking, seen));
  }
  TRY(observe_wish(looking, seen));
  const auto new_status = account_on(host, seen.did, looking.context.log, looking.context.stop);
  if (!new_status && new_status.error().kind != ErrorKind::gone) return std::unexpected(new_status.error());
  seen.new_knows_account = new_status || new_status.error().id != "xrpc.repo_not_found";
  seen.new_status = status_word(new_status);
  seen.new_account_ours = looking.account_ours;
  seen.new_host_did = target.did;
  if (target.did == seen.did.str()) seen.new_knows_account = seen.new_account_ours = true;
  TRY(observe_clocks(looking, seen));
  seen.now_us = looking.context.clock.wall_us();
  return seen;
}

std::vector<std::string> keys_told_at_enrolment(exporter::Context& context, const std::string& state_folder,
                                                const syntax::Did& did, const net::Url& old_host) {
  const std::string path = enrolment_paths(state_folder, did).journal();
  if (!os::exists(context.fs, path)) return {};
  const auto journal = Journal::open(path, context.clock);
  if (!journal || journal->get(fact::kOldHost) != old_host.origin()) return {};
  return lines_of(journal->get(fact::kOldKeys));
}

}  // namespace atb::migrate
