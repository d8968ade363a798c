#include "cli/commands/plc_input.h"

#include "cli/commands/key_files.h"
#include "core/backup/folder.h"
#include "core/base/text.h"
#include "core/data/json.h"
#include "core/os/atomic_file.h"

namespace atb::cli {
namespace {

Result<std::vector<Finding>> hear_witnesses(Shell& shell, const plc::AuditedLog& log) {
  return TRY(shell.witnesses())->look(log);
}

Result<GivenLog> audited(Shell& shell, const std::string& from, std::string_view json) {
  auto entries = TRY_CONTEXT("in " + from, plc::parse_log(json, Limits{}));
  if (entries.empty()) return fail(ErrorKind::untrusted, "plc.empty", "the log in " + from + " is empty");
  const syntax::Did did = entries.front().did;
  auto log = TRY_CONTEXT("in " + from, plc::audit_log(did, std::move(entries)));
  auto contradictions = TRY(hear_witnesses(shell, log));
  return GivenLog{from, std::move(log), false, std::move(contradictions)};
}

Failure no_log(const std::string& from) {
  return fail(ErrorKind::not_found, "plc.no_log", from + " holds no log of an identity",
              "a backup of a did:plc account has one as plc-log.json; 'atbackup plc log ACCOUNT' asks the "
              "directory");
}

bool is_backup(Shell& shell, const std::string& path) {
  if (path.ends_with(".car")) return true;
  const auto info = shell.world().fs.stat(path);
  return info && info->type == os::FileInfo::Type::folder;
}

Result<GivenLog> log_of_backup(Shell& shell, const std::string& path) {
  const auto source = TRY(backup::open_backup(shell.world().fs, path));
  const auto json = TRY(source->plc_log());
  if (!json) return no_log(path);
  return audited(shell, path, *json);
}

Result<GivenLog> log_of_account(Shell& shell, const std::string& account) {
  const syntax::Did did = TRY(did_of(shell, account));
  exporter::Context& context = *TRY(shell.context());
  auto fetched = TRY(context.resolver.fetch_log(did, context.stop));
  return GivenLog{context.resolver.directory().origin(), std::move(fetched.log), true,
                  std::move(fetched.contradictions)};
}

Result<std::string> text_of_file(Shell& shell, const std::string& path) {
  const Bytes raw = TRY(os::read_file(shell.world().fs, path, Limits{}.json_bytes));
  return std::string(as_text(raw));
}

}  // namespace

bool names_file(const std::string& what) {
  if (what.starts_with("at://")) return false;
  return what.find('/') != std::string::npos || what.ends_with(".json") || what.ends_with(".car");
}

Result<syntax::Did> did_of(Shell& shell, const std::string& account) {
  const syntax::AtIdentifier who = TRY(account_argument(account));
  if (who.did() != nullptr) return *who.did();
  exporter::Context& context = *TRY(shell.context());
  return context.resolver.resolve_handle(*who.handle(), context.stop);
}

Result<GivenLog> read_log(Shell& shell, const std::string& what) {
  if (!names_file(what)) return log_of_account(shell, what);
  const std::string path = shell.absolute(what);
  if (is_backup(shell, path)) return log_of_backup(shell, path);
  const std::string text = TRY(text_of_file(shell, path));
  if (!trim(text).starts_with('{')) return audited(shell, path, text);
  // The file of an operation may carry the log that it builds on.
  auto file = TRY_CONTEXT("in " + path, plc::parse_operation_file(text, Limits{}));
  if (!file.log) return no_log(path);
  auto contradictions = TRY(hear_witnesses(shell, *file.log));
  return GivenLog{path, *std::move(file.log), false, std::move(contradictions)};
}

std::vector<Finding> held_against(const GivenLog& given) {
  std::vector<Finding> findings = given.contradictions;
  if (!given.from_directory)
    std::erase_if(findings, [](const Finding& one) { return one.id == identity::kShortened; });
  return findings;
}

Result<Side> read_side(Shell& shell, const std::string& what) {
  Side side;
  side.from = what;
  const std::string path = shell.absolute(what);
  if (!names_file(what) || is_backup(shell, path)) {
    side.log = TRY(read_log(shell, what));
    return side;
  }
  const std::string text = TRY(text_of_file(shell, path));
  const data::Value json = TRY_CONTEXT("in " + path, data::parse_json(text, Limits{}, data::Floats::allow));
  if (json.array() != nullptr) {
    side.log = TRY(read_log(shell, what));
  } else if (json.find("type") != nullptr) {
    side.operation = TRY_CONTEXT("in " + path, plc::parse_operation_file(text, Limits{}));
  } else {
    const syntax::Did did = TRY_CONTEXT("in " + path, syntax::Did::parse(data::text_or(json, "id", "")));
    side.document = TRY_CONTEXT("in " + path, did::parse_document(text, did, Limits{}));
  }
  return side;
}

OwnKeys::OwnKeys(Shell& shell) {
  auto known = known_keys(shell);
  if (!known) return;
  const auto list = known->list();
  if (!list) return;
  for (const account::KnownKey& key : *list) files_.emplace(key.did_key, key.path);
}

std::string OwnKeys::file_of(const std::string& did_key) const {
  const auto found = files_.find(did_key);
  return found == files_.end() ? "" : found->second;
}

std::string OwnKeys::mark(const std::string& did_key) const {
  const std::string file = file_of(did_key);
  return file.empty() ? "" : " (yours: " + printable(file) + ")";
}

}  // namespace atb::cli
