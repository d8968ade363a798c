#include "core/exporter/history.h"

#include "core/backup/folder.h"
#include "core/plc/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace atb::exporter {
namespace {

constexpr std::uint64_t kManyRecords = 100;

}  // namespace

std::optional<Finding> compare_repositories(const backup::RepositoryEntry& before,
                                            const verify::RepoProof& now) {
  const std::string rev = now.commit->rev ? now.commit->rev->str() : std::string();
  const std::string where = now.commit_cid.str();
  if (now.commit_cid == before.commit) return std::nullopt;
  if (rev < before.rev) {  // revs sort as text
    return Finding{
        "repo.rolled_back", Severity::forged, where,
        fmt::format("the host went back from rev {} to {}", before.rev, rev.empty() ? "none" : rev)};
  }
  if (rev == before.rev) {
    return Finding{"repo.forked", Severity::forged, where,
                   fmt::format("the host has another commit for the same rev {}; the one backed up is {}",
                               rev, before.commit.str())};
  }
  const std::uint64_t gone = before.records > now.records ? before.records - now.records : 0;
  if (gone >= kManyRecords && gone > before.records / 5) {
    return Finding{"repo.emptied", Severity::alarm, where,
                   fmt::format("{} of {} records are gone since the last export", gone, before.records)};
  }
  return std::nullopt;
}

bool tell_alarm(Finding alarm, const std::string& kept_as, bool accept_change, Report& report) {
  if (accept_change) {
    report.add({"repo.change_accepted", Severity::info, alarm.where, alarm.detail});
    return false;
  }
  alarm.detail += fmt::format("; the new one is kept as {}, the older one stays (--accept-change adopts it)",
                              os::base_name(kept_as));
  report.add(std::move(alarm));
  return true;
}

Status forget_suspect(const Context& context, const std::string& car_path) {
  const std::string path = backup::suspect_path(car_path);
  if (!os::exists(context.fs, path)) return {};
  return context.fs.remove(path);
}

std::optional<Finding> compare_logs(std::string_view before, std::string_view now, const Limits& limits) {
  const auto older = plc::parse_log(before, limits);
  const auto newer = plc::parse_log(now, limits);
  if (!older || !newer) return std::nullopt;  // a damaged older one is simply replaced
  std::vector<ipld::Cid> known;
  for (const plc::LogEntry& entry : *newer) known.push_back(entry.cid);
  std::ranges::sort(known);
  for (const plc::LogEntry& entry : *older) {
    if (std::ranges::binary_search(known, entry.cid)) continue;
    return Finding{"plc.rewritten", Severity::warning, entry.cid.str(),
                   fmt::format("the PLC directory no longer shows an operation of {} that the backup holds",
                               entry.created_at)};
  }
  return std::nullopt;
}

}  // namespace atb::exporter
