// After the point of no return: activation, the old host, a fresh commit, the last proof.
#include "core/exporter/fetch_repo.h"
#include "core/migrate/asking.h"
#include "core/migrate/compare_trees.h"
#include "core/migrate/host_ways.h"
#include "core/migrate/late.h"
#include "core/migrate/machine.h"
#include "core/os/atomic_file.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::migrate {
namespace {

class Activate final : public Step {
 public:
  std::string_view name() const override { return "activate"; }
  std::string_view title() const override { return "Activate the account on the new host"; }

  Result<Observation> observe(Move& move) override {
    const xrpc::AccountStatus status =
        TRY(xrpc::check_account_status(TRY(move.new_host.client()), move.stop()));
    if (!status.activated) {
      TRY(move.journal.set(fact::kInactive, "yes"));
      return Observation{false, "not active"};
    }
    if (!move.journal.has(fact::kInactive)) {
      TRY(met(move, "active-from-the-start"));
      return Observation{false, "the new host called it active before it was told to activate it"};
    }
    if (!status.valid_did)
      return Observation{false, "active, but the new host does not find its keys in the identity"};
    auto seen = xrpc::get_repo_status(move.new_host.anonymous(), move.did, move.stop());
    return Observation{seen && seen->active, seen ? "the new host serves the account" : seen.error().message};
  }
  Status act(Move& move) override {
    TRY(xrpc::activate_account(TRY(move.new_host.client()), move.stop()));
    return move.journal.set(fact::kInactive, "yes");
  }
};

class DeactivateOld final : public Step {
 public:
  std::string_view name() const override { return "deactivate-old"; }
  std::string_view title() const override { return "Deactivate the account on the old host"; }
  bool must_hold() const override { return false; }

  Result<Observation> observe(Move& move) override {
    auto status = xrpc::get_repo_status(move.old_host.anonymous(), move.did, move.stop());
    if (status)
      return Observation{!status->active,
                         status->active ? "still active there" : "the old host says: " + status->status};
    if (status.error().kind == ErrorKind::gone) return Observation{true, status.error().message};
    return std::unexpected(std::move(status).error());
  }

  // What was written there since the last catch-up is looked for afterwards, when nobody can post there any
  // more: with our session the host still answers (late.h).
  Status act(Move& move) override {
    if (!TRY(move.old_host.works(move.stop()))) TRY(move.old_host.keep(TRY(log_in_on_old_host(move))));
    return xrpc::deactivate_account(TRY(move.old_host.client()), move.stop());
  }
};

// The imported commit bears the old key's signature, and relays refuse it. Two commits under the new key, one
// that makes an inert record and one that deletes it, leave the tree as it was and a head that everyone
// accepts.
class MakeFreshCommit final : public Step {
 public:
  std::string_view name() const override { return "fresh-commit"; }
  std::string_view title() const override {
    return "Make a fresh commit under the new key, which relays accept";
  }

  Result<Observation> observe(Move& move) override {
    const identity::Identity identity = TRY(fetch_identity(move));
    if (!identity.document.signing_key)
      return fail(ErrorKind::corrupt, "did.no_key",
                  "the identity names no signing key: " + identity.document.signing_key_problem);
    const Head head = TRY(read_head(move, move.new_host));
    if (auto valid = repo::check_signature(head.commit, *identity.document.signing_key); !valid) {
      return Observation{false, "the head is not signed by the new key"};
    }
    if (TRY(inert_record_is_there(move))) return Observation{false, "the inert record is still there"};
    return Observation{true, "head " + head.cid.str() + " is signed by the new key"};
  }

  Status act(Move& move) override {
    const xrpc::Client client = TRY(move.new_host.client());
    if (!move.journal.has(fact::kInertKey)) {
      const auto key = syntax::Tid::from(move.context.clock.wall_us(),
                                         static_cast<unsigned>(move.context.random.uint64() % 1024));
      TRY(move.journal.set(fact::kInertKey, key.str()));
    }
    const syntax::RepoPath path = TRY(inert_path(move));
    if (!TRY(inert_record_is_there(move))) {
      data::Object record;
      record.set("$type", kCollection)
          .set("purpose", "app.bsky.graph.defs#referencelist")
          .set("name", "moved")
          .set("createdAt", os::rfc3339(move.context.clock.wall_us()));
      TRY(xrpc::create_record(client, move.did, path, data::Value(std::move(record)), move.stop()));
    }
    return xrpc::delete_record(client, move.did, path, move.stop());
  }

 private:
  static constexpr const char* kCollection = "app.bsky.graph.list";

  static Result<syntax::RepoPath> inert_path(Move& move) {
    return syntax::RepoPath::parse(std::string(kCollection) + "/" + move.journal.get(fact::kInertKey));
  }

  static Result<bool> inert_record_is_there(Move& move) {
    if (!move.journal.has(fact::kInertKey)) return false;
    const syntax::RepoPath path = TRY(inert_path(move));
    auto record = xrpc::get_record(TRY(move.new_host.client()), move.did, path, move.stop());
    if (record) return true;
    if (record.error().kind == ErrorKind::not_found) return false;
    if (says_nothing(record.error())) {
      TRY(met(move, "unknown-record-500"));
      return false;
    }
    return std::unexpected(std::move(record).error());
  }
};

class LastProof final : public Step {
 public:
  std::string_view name() const override { return "proof"; }
  std::string_view title() const override { return "Fetch the account from the new host, and prove it"; }

  Result<Observation> observe(Move& move) override {
    const identity::Identity identity = TRY(fetch_identity(move));
    TRY(check_identity(move, identity));
    auto scratch = TRY(os::AtomicFile::create(move.context.fs, move.context.random,
                                              os::join(move.paths.folder, "proof.car")));
    car::Spool spool(scratch, scratch.content());
    verify::KeyEvidence evidence{
        .log = identity.log ? &*identity.log : nullptr, .document = &identity.document, .given = {}};
    const auto fetched =
        TRY(exporter::fetch_repo(move.context, TRY(move.new_host.client()), move.did, evidence, spool));
    // A did:web has no log: its document, fetched just now, is all there is.
    const auto by = identity.log ? verify::KeyProof::plc_log : verify::KeyProof::web_document;
    if (fetched.proof.key_proof != by) {
      return fail(ErrorKind::untrusted, "move.proof_key",
                  "the new host's repository is not signed by the key that the identity names");
    }
    const ipld::Cid wanted = TRY(move.backup_data());
    if (fetched.proof.commit->data != wanted) {
      TRY(judge_difference(move, wanted, {spool, fetched.proof.commit->data}));
    }
    const auto missing = TRY(missing_on_new(move));
    if (!missing.empty())
      return fail(ErrorKind::alarm, "move.proof_blobs",
                  fmt::format("the new host misses {} blobs", missing.size()));
    TRY(look_at_served_blobs(move));
    move.report.merge(fetched.report);
    return Observation{true, fmt::format("{} records proven, MST root {}", fetched.proof.records,
                                         fetched.proof.commit->data.str())};
  }

  Status act(Move&) override { return {}; }

 private:
  // Before the point of no return both trees were equal, and a person may have used the new host since. What
  // they wrote is told; many records gone is not what people do in the minutes after a move.
  static Status judge_difference(Move& move, const ipld::Cid& wanted, Tree after) {
    auto backup = TRY(backup::open_backup(move.context.fs, move.backup_path()));
    auto repository =
        TRY(backup->open_repository(move.context.limits, move.report, no_progress(), move.stop()));
    TreeDifference difference =
        TRY(compare_trees({repository->blocks(), wanted}, after, move.context.limits, move.stop()));
    // What was brought over from the old host was told before.
    const std::vector<LateRecord> late = TRY(late_records(move));
    std::erase_if(difference.records, [&](const ChangedRecord& one) {
      const auto known = std::ranges::lower_bound(late, one.path, {}, &LateRecord::path);
      return known != late.end() && known->path == one.path && known->now == one.after;
    });
    if (difference.records.empty()) return {};
    const DifferenceCounts counts = counts_of(difference.records);
    const std::uint64_t lost = counts.gone + counts.changed;
    if (lost * 5 > difference.before && (lost >= 100 || lost == difference.before)) {
      return fail(
          ErrorKind::alarm, "move.proof_root",
          fmt::format("{} of {} records of the backup are not on the new host", lost, difference.before),
          "the backup is in " + move.backup_path() + "; do not delete it, and ask the host's operator");
    }
    return move.note(
        fmt::format("The account has been used on the new host since it was moved: {} records written, {} "
                    "changed, {} deleted.",
                    counts.added, counts.changed, counts.gone));
  }

  static Status check_identity(Move& move, const identity::Identity& identity) {
    if (identity.document.host != move.new_host.host().origin()) {
      return fail(ErrorKind::alarm, "move.proof_identity",
                  "the identity names another host: " + identity.document.host.value_or("none"));
    }
    if (!identity.log) return {};
    const std::string own_key = move.journal.get(fact::kRotationKey);
    if (!own_key.empty() && !rank_of(identity.log->state(), own_key)) {
      return fail(ErrorKind::alarm, "move.proof_own_key",
                  "your own rotation key is not in the identity any more: " + own_key,
                  "somebody else has changed it since; look at the directory's log at once");
    }
    for (const std::string& key : lines_of(move.journal.get(fact::kOldKeys))) {
      const auto& keys = identity.log->state().rotation_keys;
      if (std::ranges::find(keys, key) != keys.end()) {
        return fail(ErrorKind::alarm, "move.proof_old_key",
                    "a key of the old host can still sign for the account: " + key);
      }
    }
    return {};
  }
};

class Finish final : public Step {
 public:
  std::string_view name() const override { return "finish"; }
  std::string_view title() const override { return "Remove the secrets of the move"; }

  Result<Observation> observe(Move& move) override {
    const bool tidy = !os::exists(move.context.fs, move.paths.secrets()) &&
                      TRY(move.old_host.session()) == nullptr && TRY(move.new_host.session()) == nullptr;
    return Observation{move.journal.has(fact::kFinished) && tidy,
                       tidy ? "no secrets are left" : "secrets are still there"};
  }

  // "Finished" comes first: a run killed in the midst of tidying only tidies, and needs no login for it.
  Status act(Move& move) override {
    if (!move.journal.has(fact::kFinished))
      TRY(move.journal.set(fact::kFinished, os::rfc3339(move.context.clock.wall_us())));
    TRY(move.secrets.erase());
    TRY(remove_leftovers(move.context.fs, move.paths));
    TRY(move.old_host.forget(move.stop()));
    return move.new_host.forget(move.stop());
  }
};

}  // namespace

std::unique_ptr<Step> activate_step() { return std::make_unique<Activate>(); }
std::unique_ptr<Step> deactivate_old_step() { return std::make_unique<DeactivateOld>(); }
std::unique_ptr<Step> fresh_commit_step() { return std::make_unique<MakeFreshCommit>(); }
std::unique_ptr<Step> proof_step() { return std::make_unique<LastProof>(); }
std::unique_ptr<Step> finish_step() { return std::make_unique<Finish>(); }

}  // namespace atb::migrate
