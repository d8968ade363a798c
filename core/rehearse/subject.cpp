#include "core/rehearse/subject.h"

#include "core/backup/folder.h"
#include "core/base/text.h"
#include "core/data/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::rehearse {
namespace {

// For the server's own databases.
constexpr std::uint64_t kSpareBytes = 64U << 20;

// What a host derives by itself and never takes.
bool is_derived(const data::Value& preference) {
  return data::text_or(preference, "$type", "").ends_with("#declaredAgePref");
}

Result<std::optional<std::uint64_t>> count_preferences(backup::BackupSource& source, const Limits& limits) {
  const auto text = TRY(source.preferences());
  if (!text) return std::optional<std::uint64_t>();
  const data::Value json = TRY(data::parse_json(*text, limits, data::Floats::allow));
  const data::Value* list = json.find("preferences");
  const data::Array* all = (list == nullptr ? json : *list).array();
  if (all == nullptr) return std::optional<std::uint64_t>(0);
  const auto derived = std::ranges::count_if(*all, is_derived);
  return std::optional<std::uint64_t>(all->size() - static_cast<std::size_t>(derived));
}

Result<Subject> by_log(const std::string& json, const Limits& limits) {
  std::vector<plc::LogEntry> entries =
      TRY_CONTEXT("while reading the history of keys in the backup", plc::parse_log(json, limits));
  if (entries.empty()) return fail(ErrorKind::untrusted, "plc.empty", "the backup's PLC log is empty");
  const syntax::Did did = entries.front().did;
  plc::AuditedLog log = TRY(plc::audit_log(did, std::move(entries)));
  if (log.tombstoned) {
    return fail(ErrorKind::gone, "did.tombstoned", did.str() + " was deleted for good",
                "the backup can still be verified and read");
  }
  return Subject{.did = did, .log = std::move(log)};
}

Result<Subject> whose(backup::BackupSource& source, const Limits& limits) {
  if (const auto log = TRY(source.plc_log())) return by_log(*log, limits);
  if (auto document = TRY(source.did_document())) {
    const auto json = data::parse_json(*document, limits, data::Floats::allow);
    const auto did = syntax::Did::parse(json ? data::text_or(*json, "id", "") : "");
    if (did && did->is_web()) return Subject{.did = *did, .document = *std::move(document)};
  }
  return fail(ErrorKind::refused, "rehearse.no_log",
              source.name() + " holds no history of the account's identity, without which nothing moves",
              "make another backup with 'atbackup export', which keeps it");
}

}  // namespace

Result<Subject> look_at_backup(os::FileSystem& fs, const std::string& path, const Limits& limits) {
  const auto source = TRY(backup::open_backup(fs, path));
  Subject subject = TRY(whose(*source, limits));
  subject.preferences = TRY(count_preferences(*source, limits));
  subject.bytes = TRY(source->open_car())->size();
  if (source->holds_blobs()) {
    for (const backup::BlobFile& blob : TRY(source->list_blobs())) subject.bytes += blob.bytes;
  }
  return subject;
}

Status check_space(os::FileSystem& fs, const std::string& folder, const Subject& subject) {
  const std::uint64_t needed = 2 * subject.bytes + kSpareBytes;
  const std::uint64_t free = TRY(fs.free_space(folder));
  if (free >= needed) return {};
  return fail(ErrorKind::no_space, "rehearse.space",
              fmt::format("the rehearsal needs some {} in {}, where {} are free", human_bytes(needed), folder,
                          human_bytes(free)),
              "name another place with TMPDIR");
}

}  // namespace atb::rehearse
