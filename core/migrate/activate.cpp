#include "core/migrate/activate.h"

#include "core/base/text.h"
#include "core/migrate/machine.h"
#include "core/migrate/move.h"

namespace atb::migrate {
namespace {

MovePaths activation_paths(const std::string& state_folder, const syntax::Did& did) {
  MovePaths paths = paths_of(state_folder, did);
  return {os::join(os::join(state_folder, "activations"), paths.folder.substr(paths.folder.rfind('/') + 1))};
}

// Empty: active.
Result<std::string> why_inactive(Move& move) {
  const auto status = xrpc::get_repo_status(move.new_host.anonymous(), move.did, move.stop());
  if (status) return status->active ? std::string() : status->status;
  if (status.error().id == "xrpc.repo_deactivated") return std::string("deactivated");
  return status.error();
}

Result<Journal> begin(const World& world, const MovePaths& paths, const syntax::Did& did,
                      const std::string& origin) {
  Journal journal = TRY(Journal::open(paths.journal(), world.context.clock));
  if (journal.get(fact::kNewHost) == origin && !journal.has(fact::kFinished)) return journal;
  TRY(journal.forget_facts());
  TRY(journal.set(fact::kDid, did.str()));
  TRY(journal.set(fact::kOldHost, origin));
  TRY(journal.set(fact::kNewHost, origin));
  return journal;
}

}  // namespace

Result<Activated> activate(const World& world, const syntax::AtIdentifier& account, const Options& options,
                           const SecretSources& secrets) {
  exporter::Context& context = world.context;
  const identity::Identity identity = TRY(context.resolver.resolve(account, context.stop));
  const net::Url host = TRY(present_host(identity, options));
  const MovePaths paths = activation_paths(world.state_folder, identity.did());
  TRY(context.fs.make_folders(paths.folder));
  const auto lock =
      TRY_CONTEXT("another 'atbackup migrate activate' works on this account", context.fs.lock(paths.lock()));
  TRY(remove_leftovers(context.fs, paths));
  Journal journal = TRY(begin(world, paths, identity.did(), host.origin()));
  auto no_secrets = TRY(SecretsFile::open(context.fs, context.random, paths.secrets(), nullptr));
  SecretSources sources = secrets;
  sources.new_password = secrets.password;
  Move move(world, options, sources, paths, identity.did(), std::move(journal), std::move(no_secrets), host,
            host);
  const std::string why = TRY(why_inactive(move));
  if (!why.empty() && why != "deactivated") {
    return fail(ErrorKind::gone, "activate.shut",
                host.origin() + " keeps the account shut: " + printable(why, 200),
                "only its operator can open it; docs/leaving.md tells how to leave with it");
  }
  Activated result{.did = move.did.str(), .host = host.origin(), .was_active = why.empty()};
  std::vector<std::unique_ptr<Step>> steps;
  if (!result.was_active) TRY(move.journal.set(fact::kAgreed, "yes"));
  // A run that was killed after the activation has a commit to make still.
  if (move.journal.get(fact::kAgreed) == "yes") {
    steps.push_back(log_in_new_step());
    steps.push_back(activate_step());
    steps.push_back(fresh_commit_step());
  }
  steps.push_back(finish_step());
  TRY(run_all(move, steps));
  return result;
}

}  // namespace atb::migrate
