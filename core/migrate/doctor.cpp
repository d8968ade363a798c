#include "core/migrate/doctor.h"

#include "core/backup/folder.h"
#include "core/migrate/backup_proof.h"
#include "core/migrate/leave.h"
#include "core/migrate/observation.h"
#include "core/migrate/probe.h"
#include "core/os/clock.h"
#include "core/syntax/datetime.h"

#include <algorithm>
#include <set>

namespace atb::migrate {
namespace {

// A key file of the user's, opened once for all accounts.
struct OwnKey {
  std::string file;
  std::string key;
  std::string problem;
};

bool stopped(const Error& error) { return error.kind == ErrorKind::cancelled; }

Result<std::vector<OwnKey>> open_keys(const World& world, const DoctorOptions& options,
                                      const SecretSources& secrets) {
  std::vector<OwnKey> keys;
  for (const std::string& file : options.rotation_keys) {
    const auto opened = account::open_key_file(world.context.fs, file, secrets.passphrase, world.prompter,
                                               world.context.limits, world.context.stop);
    if (!opened && stopped(opened.error())) return opened.error();
    keys.push_back({.file = file,
                    .key = opened ? opened->key.public_key().did_key() : std::string(),
                    .problem = opened ? std::string() : opened.error().message});
  }
  return keys;
}

ServerHealth health_of(const Probe& probe) {
  return {.who = probe.who,
          .origin = probe.origin,
          .reached = probe.reached,
          .healthy = probe.healthy,
          .problem = probe.problem,
          .millis = probe.millis};
}

class Examination {
 public:
  Examination(const World& world, const DoctorOptions& options, const std::vector<OwnKey>& keys,
              const syntax::AtIdentifier& account)
      : world_(world), context_(world.context), options_(options), keys_(keys), account_(account) {}

  Result<Symptoms> run() {
    seen_.account = account_.str();
    seen_.now_us = context_.clock.wall_us();
    TRY(find_identity());
    TRY(look_at_servers());
    if (!identity_) return std::move(seen_);
    TRY(look_at_account());
    TRY(look_at_backup());
    look_at_key();
    TRY(look_at_history());
    TRY(look_at_target());
    return std::move(seen_);
  }

 private:
  // The handle may have died with the host: a backup knows whose it is.
  Status find_identity() {
    auto found = context_.resolver.resolve(account_, context_.stop);
    if (!found && stopped(found.error())) return found.error();
    for (const std::string& path : options_.backups) {
      if (found) break;
      auto by_backup = identity_of_backup(context_, account_, path);
      if (!by_backup && stopped(by_backup.error())) return by_backup.error();
      if (by_backup) found = std::move(by_backup);
    }
    if (!found) {
      seen_.identity_problem = found.error().message;
      seen_.identity_untrusted = found.error().kind == ErrorKind::untrusted;
      if (account_.did() != nullptr) seen_.did = account_.did()->str();
      if (!options_.from_host.empty()) seen_.host = TRY(host_url(options_.from_host)).origin();
      return {};
    }
    identity_ = *std::move(found);
    seen_.did = identity_->did().str();
    seen_.plc = identity_->did().is_plc();
    seen_.contradictions = identity_->contradictions;
    seen_.handle_proven = identity_->handle.has_value();
    if (const auto named = identity_->document.handle()) seen_.handle = named->str();
    Options move_options;
    move_options.from_host = options_.from_host;
    const auto host = present_host(*identity_, move_options);
    if (host) seen_.host = host->origin();
    return {};
  }

  Status look_at_servers() {
    if (!seen_.host.empty()) {
      const net::Url host = TRY(net::Url::parse(seen_.host));
      seen_.servers.push_back(health_of(TRY(probe(context_, "the account's host", host, kHostHealth))));
    }
    if (seen_.plc) {
      const net::Url& directory = context_.resolver.directory();
      seen_.servers.push_back(health_of(TRY(probe(context_, "the directory", directory, kDirectoryHealth))));
    }
    if (!options_.to.empty()) {
      const net::Url target = TRY(host_url(options_.to));
      seen_.target = target.origin();
      seen_.servers.push_back(health_of(TRY(probe(context_, "the new host", target, kHostHealth))));
    }
    return {};
  }

  bool host_answers() const { return !seen_.host.empty() && seen_.servers.front().reached; }

  Status look_at_account() {
    std::vector<std::string> domains;
    if (!seen_.host.empty()) domains.push_back("." + TRY(net::Url::parse(seen_.host)).host);
    if (!domains.empty() && domains.front().ends_with(".bsky.network")) domains.emplace_back(".bsky.social");
    if (host_answers()) {
      const net::Url url = TRY(net::Url::parse(seen_.host));
      const xrpc::Client host(context_.http, url, nullptr, context_.limits);
      const auto described = xrpc::describe_server(host, context_.stop);
      if (described)
        domains.insert(domains.end(), described->user_domains.begin(), described->user_domains.end());
      const auto latest = xrpc::get_latest_commit(host, identity_->did(), context_.stop);
      if (latest) {
        head_ = latest->cid.str();
      } else {
        seen_.account_problem = latest.error().message;
        seen_.deactivated = latest.error().id == "xrpc.repo_deactivated";
      }
    }
    const auto handle = syntax::Handle::parse(seen_.handle);
    seen_.handle_of_host = handle && std::ranges::any_of(domains, [&](const std::string& domain) {
                             return handle->is_under(domain);
                           });
    return check_stop(context_.stop);
  }

  Status look_at_backup() {
    for (const std::string& path : options_.backups) {
      auto source = backup::open_backup(context_.fs, path);
      // Of another account; where only one account and one backup are named, it is taken by its word.
      const bool other =
          source && !(*source)->manifests().empty() && (*source)->manifests().front().did != identity_->did();
      if (other || (!source && options_.backups.size() > 1)) continue;
      backup_path_ = path;
      seen_.backup = BackupHealth{.path = path, .problem = {}};
      if (!source) {
        seen_.backup->problem = source.error().message;
        return {};
      }
      return examine_backup(**source, *seen_.backup);
    }
    return {};
  }

  Status examine_backup(backup::BackupSource& source, BackupHealth& health) {
    const verify::Options options{
        .expected_did = identity_->did(), .key = {}, .now_us = seen_.now_us, .limits = context_.limits};
    auto verdict = verify::verify_backup(source, options, context_.progress, context_.stop);
    if (!verdict && stopped(verdict.error())) return verdict.error();
    if (!verdict) {
      health.problem = verdict.error().message;
      return {};
    }
    health.records = verdict->proof.records;
    health.blobs = verdict->blobs_present;
    health.missing_blobs = verdict->report.count("blob.missing");
    health.has_blobs = source.holds_blobs();
    health.has_preferences = TRY(source.preferences()).has_value();
    if (!source.manifests().empty()) {
      if (const auto created = syntax::Datetime::parse(source.manifests().front().created))
        health.created_us = created->unix_us();
    }
    health.behind = !head_.empty() && verdict->proof.commit_cid.str() != head_;
    std::set<std::string> missing;
    for (const Finding& finding : verdict->report.findings()) {
      if (finding.id == "blob.missing") missing.insert(finding.where);
    }
    Status sound = check_findings(verdict->report, missing, health.path, [](const Finding&) {});
    if (sound && identity_->log) sound = check_key(verdict->proof, &*identity_->log, health.path);
    if (!sound) health.problem = sound.error().message;
    const auto kept = TRY(source.plc_log());
    if (!kept || !identity_->log) return {};
    if (auto older = plc::parse_log(*kept, context_.limits)) {
      health.log_differs = plc::first_difference(*older, identity_->log->entries).has_value();
      for (const plc::LogEntry& entry : *older) known_.insert(entry.cid.str());
      has_witness_ = true;
    }
    return {};
  }

  // What this machine's own journals say of operations and keys.
  void read_journal(const std::string& path, std::string& enrolled) {
    if (!os::exists(context_.fs, path)) return;
    const auto journal = Journal::open(path, context_.clock);
    if (!journal) return;
    if (journal->has(fact::kOperation)) known_.insert(journal->get(fact::kOperation));
    for (const std::string_view name : {fact::kRotationKey, fact::kRecoveryKey}) {
      if (enrolled.empty()) enrolled = journal->get(name);
    }
  }

  void look_at_key() {
    std::string enrolled;
    read_journal(enrolment_paths(world_.state_folder, identity_->did()).journal(), enrolled);
    read_journal(paths_of(world_.state_folder, identity_->did()).journal(), enrolled);
    if (!identity_->log || identity_->log->tombstoned) return;
    const plc::State& state = identity_->log->state();
    KeyHealth& key = seen_.key;
    key.keys = state.rotation_keys.size();
    // The one that the record lists, of several.
    const OwnKey* own = keys_.empty() ? nullptr : &keys_.front();
    for (const OwnKey& one : keys_) {
      if (!one.key.empty() && rank_of(state, one.key)) own = &one;
    }
    if (own != nullptr) {
      key.file = own->file;
      key.key = own->key;
      key.opened = own->problem.empty();
      key.problem = own->problem;
    } else {
      key.key = enrolled;
    }
    if (key.key.empty()) return;
    key.rank = rank_of(state, key.key);
    std::vector<std::string> hosts = {likely_host_key(*identity_->log)};
    if (const auto url = net::Url::parse(seen_.host)) {
      const auto told = keys_told_at_enrolment(context_, world_.state_folder, identity_->did(), *url);
      hosts.insert(hosts.end(), told.begin(), told.end());
    }
    for (std::size_t i = 0; key.rank && i < *key.rank; ++i)
      key.host_above = key.host_above || std::ranges::find(hosts, state.rotation_keys[i]) != hosts.end();
  }

  // An operation is ours when a journal of this machine, or the backup's log, has it, or our key signed it.
  // Without a backup only those count that could still be undone.
  Status look_at_history() {
    if (!identity_->log) return {};
    const plc::AuditedLog& log = *identity_->log;
    const std::int64_t window = seen_.now_us - plc::kRecoveryWindowUs;
    std::optional<std::size_t> before;
    for (std::size_t i = 0; i < log.entries.size(); ++i) {
      if (log.audit[i].nullified) continue;
      const auto previous = std::exchange(before, i);
      if (!previous || known_.contains(log.entries[i].cid.str())) continue;
      const plc::AuditedEntry& entry = log.audit[i];
      if (!seen_.key.key.empty() && entry.signer == seen_.key.key) continue;
      if (!has_witness_ && entry.created_us < window) continue;
      ForeignOperation foreign{.cid = log.entries[i].cid.str(),
                               .created_us = entry.created_us,
                               .signer = entry.signer,
                               .rank = entry.signer_rank};
      const auto mine = rank_of(log.entries[*previous].operation.state(), seen_.key.key);
      if (mine && *mine < entry.signer_rank && entry.created_us >= window)
        foreign.until_us = entry.created_us + plc::kRecoveryWindowUs;
      seen_.foreign.push_back(std::move(foreign));
    }
    return {};
  }

  Status look_at_target() {
    if (seen_.target.empty()) return {};
    const net::Url target = TRY(net::Url::parse(seen_.target));
    const bool alone = !backup_path_.empty() && !seen_.key.key.empty();
    if (!alone && !host_answers()) {
      seen_.target_obstacles.emplace_back(ErrorKind::refused, "leave.no_key",
                                          "without backup and key nothing can be brought there", "");
      return {};
    }
    const net::Url present = TRY(net::Url::parse(seen_.host));
    Looking looking{.context = context_,
                    .identity = *identity_,
                    .old_host = present,
                    .new_host = target,
                    .alone = alone,
                    .backup = backup_path_,
                    .key = seen_.key.key};
    xrpc::ServerDescription described;
    const auto observed = observe(looking, described);
    if (!observed) {
      if (stopped(observed.error())) return observed.error();
      seen_.target_obstacles.push_back(observed.error());
      return {};
    }
    const Plan plan = draft_plan(*observed, {});
    for (const Error& one : plan.obstacles) {
      // A name is chosen on the day.
      if (!one.id.starts_with("move.handle")) seen_.target_obstacles.push_back(one);
    }
    return {};
  }

  const World& world_;
  exporter::Context& context_;
  const DoctorOptions& options_;
  const std::vector<OwnKey>& keys_;
  const syntax::AtIdentifier& account_;
  Symptoms seen_;
  std::optional<identity::Identity> identity_;
  std::string head_;         // the host's latest commit
  std::string backup_path_;  // that is this account's
  std::set<std::string> known_;
  bool has_witness_ = false;  // the backup has a log
};

}  // namespace

Result<std::vector<Examined>> examine(const World& world, const std::vector<syntax::AtIdentifier>& accounts,
                                      const DoctorOptions& options, const SecretSources& secrets) {
  const std::vector<OwnKey> keys = TRY(open_keys(world, options, secrets));
  std::vector<Symptoms> all;
  all.reserve(accounts.size());
  for (const syntax::AtIdentifier& account : accounts)
    all.push_back(TRY(Examination(world, options, keys, account).run()));
  const bool network = network_fails(all);
  std::vector<Examined> examined;
  for (Symptoms& one : all) {
    Diagnosis diagnosis = diagnose(one, network);
    examined.push_back({std::move(one), std::move(diagnosis)});
  }
  return examined;
}

}  // namespace atb::migrate
