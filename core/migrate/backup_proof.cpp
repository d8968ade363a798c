#include "core/migrate/backup_proof.h"

#include "core/verify/key_proof.h"

#include <fmt/format.h>

namespace atb::migrate {
namespace {

bool is_flaw(const Finding& finding) {
  // The key is proven by the directory's log, which is newer than the backup's.
  if (finding.id == "key.no_source") return false;
  return finding.severity == Severity::damage || finding.severity == Severity::forged;
}

}  // namespace

Status check_findings(const Report& report, const std::set<std::string>& allowed, const std::string& backup,
                      const std::function<void(const Finding&)>& tell) {
  std::size_t lost = 0;
  std::size_t flaws = 0;
  std::string first;
  for (const Finding& finding : report.findings()) {
    const bool blob = finding.id.starts_with("blob.");
    if (blob && allowed.contains(finding.where)) continue;
    const bool missing = finding.id == "blob.missing";
    if (!missing && !is_flaw(finding)) continue;
    tell(finding);
    ++(missing ? lost : flaws);
    if (!missing && first.empty()) first = finding.detail;
  }
  if (flaws != 0) {
    return fail(ErrorKind::refused, "leave.backup_damaged",
                "the backup " + backup + " is not sound: " + first,
                "nothing has changed; take another copy of it, or list blobs that you can do without in a "
                "file for --allow-missing-blobs");
  }
  if (lost != 0) {
    return fail(ErrorKind::incomplete, "move.blobs_missing",
                fmt::format("the backup lacks {} of the account's blobs, named above", lost),
                "nothing has changed; list those you can do without in a file for --allow-missing-blobs (" +
                    backup + "/backup.json names them too)");
  }
  return {};
}

Status check_key(verify::RepoProof& proof, const plc::AuditedLog* log, const std::string& backup) {
  if (log != nullptr) {
    Report ignored;
    proof.authentic = false;
    proof.key_proof = verify::KeyProof::none;
    if (proof.commit) verify::prove_key({log, nullptr, {}}, proof, ignored);
  }
  if (proof.sound()) return {};
  return fail(ErrorKind::refused, "leave.backup_unproven",
              "the backup's repository is not signed by a key that is known as the account's",
              "'atbackup verify " + backup + "' tells more; take another backup");
}

}  // namespace atb::migrate
