#include "core/exporter/earlier.h"

#include "core/backup/folder.h"
#include "core/exporter/failures.h"
#include "core/verify/proof.h"

#include <fmt/format.h>

namespace atb::exporter {
namespace {

Result<Earlier> read_repository(const Context& context, backup::Repository& repository, Report& report) {
  if (repository.roots().empty()) return Earlier{.did = {}, .repository = {}, .damaged = true};
  verify::ProofOptions options;
  options.now_us = context.clock.wall_us();
  options.limits = context.limits;
  const ipld::Cid root = repository.roots().front();
  const verify::RepoProof proof = TRY(verify::prove_repository(repository.blocks(), root, options, nullptr,
                                                               report, context.progress, context.stop));
  TRY(repository.settle());
  Earlier earlier{.did = {}, .repository = {}, .damaged = !proof.tree_complete};
  if (!proof.commit) return earlier;
  earlier.did = proof.commit->did;
  earlier.repository =
      backup::RepositoryEntry{.file = {},
                              .commit = root,
                              .data = proof.commit->data,
                              .rev = proof.commit->rev ? proof.commit->rev->str() : std::string(),
                              .records = proof.records,
                              .blocks = repository.block_count()};
  return earlier;
}

}  // namespace

Result<std::optional<Earlier>> read_earlier(const Context& context, const std::string& car_path) {
  if (!os::exists(context.fs, car_path)) return std::optional<Earlier>{};
  const auto source = TRY(backup::open_backup(context.fs, car_path));
  Report report;
  const auto repository = source->open_repository(context.limits, report, context.progress, context.stop);
  if (repository) return std::optional(TRY(read_repository(context, **repository, report)));
  if (is_ours(repository.error())) return repository.error();
  return std::optional(Earlier{.did = {}, .repository = {}, .damaged = true});
}

Status check_same_account(const std::optional<syntax::Did>& earlier, const syntax::Did& did,
                          const std::string& path) {
  if (!earlier || *earlier == did) return {};
  return fail(ErrorKind::refused, "backup.other_account",
              fmt::format("{} holds the backup of {}, not of {}", path, earlier->str(), did.str()),
              "give each account a place of its own");
}

Status set_aside(const Context& context, const std::string& path, Report& report) {
  const std::string kept = path + ".rejected";
  TRY(context.fs.rename(path, kept));
  TRY(context.fs.sync_folder(os::parent_of(path)));
  report.add({"backup.older_damaged", Severity::warning, path,
              "what lay here was no whole repository; it is kept as " + kept + ", for a look"});
  return {};
}

}  // namespace atb::exporter
