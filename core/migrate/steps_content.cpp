// What is moved: repository, blobs, preferences; and what was written meanwhile.
#include "core/base/text.h"
#include "core/data/json.h"
#include "core/exporter/exporter.h"
#include "core/migrate/host_ways.h"
#include "core/migrate/machine.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::migrate {

Status back_up_now(Move& move) {
  auto identity = TRY(fetch_identity(move));
  auto session = TRY(move.old_host.open_session());
  exporter::Origin origin{std::move(identity), move.old_host.host(), std::move(session)};
  exporter::Options options;
  options.host = move.old_host.host().origin();
  options.jobs = move.options.jobs;
  exporter::Exported exported =
      TRY(exporter::export_folder_from(move.context, origin, move.paths.backup(), options));
  for (const Severity grave : {Severity::forged, Severity::damage, Severity::alarm}) {
    if (!exported.report.has(grave)) continue;
    const auto found = std::ranges::find(exported.report.findings(), grave, &Finding::severity);
    return fail(ErrorKind::refused, "move.backup_alarm",
                "the old host's repository is not what it was: " + found->detail,
                "look at " + exported.path + " with 'atbackup verify'; nothing was moved");
  }
  const std::set<std::string> allowed = move.allowed_missing();
  std::size_t lost = 0;
  for (const Finding& finding : exported.report.findings()) {
    if (finding.severity != Severity::missing) continue;
    if (finding.id != "blob.missing") {
      move.world.watcher.finding(finding);
      return fail(ErrorKind::incomplete, "move.preferences_missing",
                  "the old host does not give the preferences: " + finding.detail,
                  "try again later; nothing has changed for the account");
    }
    if (allowed.contains(finding.where)) continue;
    move.world.watcher.finding(finding);
    ++lost;
  }
  move.report.merge(exported.report);
  if (lost != 0) {
    return fail(ErrorKind::incomplete, "move.blobs_missing",
                fmt::format("the old host cannot give {} of the account's blobs, named above", lost),
                "try again later, or list those you can do without in a file for --allow-missing-blobs (" +
                    move.paths.backup() +
                    "/backup.json names them too); nothing has changed for the account");
  }
  TRY(move.journal.set(fact::kBackupData, exported.proof.commit->data.str()));
  return move.journal.set(fact::kBackupCommit, exported.proof.commit_cid.str());
}

namespace {

class BackUp final : public Step {
 public:
  std::string_view name() const override { return "back-up"; }
  std::string_view title() const override {
    return "Back up the account from the old host, and prove the backup";
  }

  Result<Observation> observe(Move& move) override {
    if (!move.journal.has(fact::kBackupCommit)) return Observation{false, "no backup yet"};
    auto backup = backup::open_backup(move.context.fs, move.backup_path());
    if (!backup) return Observation{false, backup.error().message};
    for (const backup::Manifest& manifest : (*backup)->manifests()) {
      if (manifest.repository.commit.str() == move.journal.get(fact::kBackupCommit))
        return Observation{true, "commit " + manifest.repository.commit.str()};
    }
    return Observation{false, "the backup folder holds another commit"};
  }
  Status act(Move& move) override { return back_up_now(move); }
};

class ImportRepo final : public Step {
 public:
  std::string_view name() const override { return "import"; }
  std::string_view title() const override { return "Import the repository into the new host"; }
  Result<Observation> observe(Move& move) override {
    Observation seen;
    seen.satisfied = TRY(new_host_has_backup(move, seen.detail));
    return seen;
  }
  Status act(Move& move) override { return import_now(move); }
};

class UploadBlobs final : public Step {
 public:
  std::string_view name() const override { return "blobs"; }
  std::string_view title() const override { return "Upload pictures, videos and other blobs"; }
  Result<Observation> observe(Move& move) override {
    const auto missing = TRY(missing_on_new(move));
    return Observation{missing.empty(), fmt::format("the new host misses {} blobs", missing.size())};
  }
  Status act(Move& move) override { return upload_missing_now(move); }
};

// The host keeps this one to itself and drops it without a word.
bool is_read_only(const data::Value& preference) {
  return data::text_or(preference, "$type", "") == "app.bsky.actor.defs#declaredAgePref";
}

data::Array writable(const data::Value& preferences) {
  data::Array kept;
  if (const data::Array* all = preferences.array()) {
    std::ranges::copy_if(*all, std::back_inserter(kept),
                         [](const data::Value& one) { return !is_read_only(one); });
  }
  return kept;
}

class PutPreferences final : public Step {
 public:
  std::string_view name() const override { return "preferences"; }
  std::string_view title() const override { return "Copy the private preferences"; }

  Result<Observation> observe(Move& move) override {
    const auto wanted = TRY(from_backup(move));
    if (!wanted || wanted->empty()) return Observation{true, "the backup has none"};
    const xrpc::Client client = TRY(move.new_host.client());
    auto there = xrpc::get_preferences(client, move.stop());
    if (!there) {
      if (!not_offered(there.error())) return std::unexpected(std::move(there).error());
      TRY(move.note("The new host keeps no preferences; they stay in the backup."));
      return Observation{true, "the new host keeps no preferences"};
    }
    const data::Array present = writable(*there);
    const std::string count = fmt::format("{} of {} there", present.size(), wanted->size());
    if (present.size() == wanted->size() && std::ranges::is_permutation(present, *wanted))
      return Observation{true, count};
    return left_behind(move, count);
  }

  Status act(Move& move) override {
    const auto wanted = TRY(from_backup(move));
    if (!wanted) return {};
    const xrpc::Client client = TRY(move.new_host.client());
    Status put = xrpc::put_preferences(client, data::Value(*wanted), move.stop());
    if (put) return move.journal.set(fact::kPreferences, kGiven);
    const Error& error = put.error();
    const bool refused = says_nothing(error) || error.kind == ErrorKind::remote;
    if (!refused) return put;
    // Once it may be a bad day, and somebody can look.
    const std::string before = move.journal.get(fact::kPreferences);
    TRY(move.journal.set(fact::kPreferences, before == kRefused ? kRefusedAgain : kRefused));
    return put;
  }

 private:
  static constexpr const char* kGiven = "given";
  static constexpr const char* kRefused = "refused";
  static constexpr const char* kRefusedAgain = "refused again";

  // A host that says yes and keeps others, or that does not want them: they are not worth the move.
  static Result<Observation> left_behind(Move& move, const std::string& count) {
    const std::string put = move.journal.get(fact::kPreferences);
    if (put != kGiven && put != kRefusedAgain) return Observation{false, count};
    TRY(met(move, put == kGiven ? "preferences-differ" : "preferences-refused"));
    TRY(move.note(put == kGiven ? "The new host does not keep the preferences as they were (" + count +
                                      "); the backup in " + move.backup_path() + " has them all."
                                : "The new host refuses the preferences; they stay in the backup, " +
                                      move.backup_path() + "."));
    return Observation{true, count};
  }

  static Result<std::optional<data::Array>> from_backup(Move& move) {
    auto backup = TRY(backup::open_backup(move.context.fs, move.backup_path()));
    auto text = TRY(backup->preferences());
    if (!text) return std::optional<data::Array>();
    const data::Value json = TRY(data::parse_json(*text, move.context.limits, data::Floats::allow));
    const data::Value* list = json.find("preferences");
    return std::optional(writable(list == nullptr ? json : *list));
  }
};

class CatchUp final : public Step {
 public:
  std::string_view name() const override { return "catch-up"; }
  std::string_view title() const override { return "Catch up with what was written meanwhile"; }

  Result<Observation> observe(Move& move) override {
    const ipld::Cid commit = TRY(move.backup_commit());
    const xrpc::Client old_client = TRY(move.old_host.client());
    const xrpc::LatestCommit latest = TRY(xrpc::get_latest_commit(old_client, move.did, move.stop()));
    if (latest.cid != commit)
      return Observation{false, "the old host has a newer commit: " + latest.cid.str()};
    Observation seen;
    if (!TRY(new_host_has_backup(move, seen.detail))) return seen;
    const auto missing = TRY(missing_on_new(move));
    if (!missing.empty())
      return Observation{false, fmt::format("the new host misses {} blobs", missing.size())};
    return Observation{true, "both hosts have commit " + commit.str()};
  }

  Status act(Move& move) override {
    constexpr int kRounds = 5;
    for (int round = 0; round < kRounds; ++round) {
      TRY(back_up_now(move));
      std::string detail;
      if (!TRY(new_host_has_backup(move, detail))) TRY(import_now(move));
      TRY(upload_missing_now(move));
      if (TRY(observe(move)).satisfied) return {};
    }
    return fail(ErrorKind::conflict, "move.still_writing",
                "the account is being written to on the old host all the time",
                "stop posting (and any program that posts), then run 'atbackup migrate resume'");
  }
};

}  // namespace

std::unique_ptr<Step> back_up_step() { return std::make_unique<BackUp>(); }
std::unique_ptr<Step> import_step() { return std::make_unique<ImportRepo>(); }
std::unique_ptr<Step> blobs_step() { return std::make_unique<UploadBlobs>(); }
std::unique_ptr<Step> preferences_step() { return std::make_unique<PutPreferences>(); }
std::unique_ptr<Step> catch_up_step() { return std::make_unique<CatchUp>(); }

}  // namespace atb::migrate
