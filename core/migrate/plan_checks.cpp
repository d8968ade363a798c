// What stands against a move, besides the account's own state: clocks, the directory's patience, the content.
#include "core/base/text.h"
#include "core/migrate/plan_parts.h"
#include "core/os/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace atb::migrate {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
// A token of our own lives a minute; everything else takes minutes more or less.
constexpr std::int64_t kTokenToleranceUs = 30 * kSecondUs;
constexpr std::int64_t kToleranceUs = 300 * kSecondUs;

std::string apart(std::int64_t us) {
  const std::int64_t seconds = std::abs(us) / kSecondUs;
  if (seconds < 120) return fmt::format("{} seconds", seconds);
  if (seconds < 7200) return fmt::format("{} minutes", seconds / 60);
  return fmt::format("{} hours", seconds / 3600);
}

bool is_far(const ClockReading& reading) { return std::abs(reading.ahead_us) > kTokenToleranceUs; }

// Where all others agree against us, it is we who are wrong.
bool we_are_wrong(const std::vector<ClockReading>& clocks) {
  if (clocks.size() < 2 || !std::ranges::all_of(clocks, is_far)) return false;
  const auto [least, most] = std::ranges::minmax_element(clocks, {}, &ClockReading::ahead_us);
  return most->ahead_us - least->ahead_us < kTokenToleranceUs;
}

bool is_obstacle(const ClockReading& reading, const Observed& observed) {
  if (std::abs(reading.ahead_us) > kToleranceUs) return true;
  // Without the old host we make the token that lets the account in, and the new host may find it spent.
  return observed.leave && reading.origin == observed.new_host && reading.ahead_us > kTokenToleranceUs;
}

Error wrong_here(const ClockReading& reading) {
  return {ErrorKind::refused, "plan.clock",
          fmt::format("the clock of this machine is {} {}: all that were asked say so",
                      apart(reading.ahead_us), reading.ahead_us > 0 ? "slow" : "fast"),
          "set it ('timedatectl set-ntp true' keeps it right), then run the command again"};
}

Error wrong_there(const ClockReading& reading) {
  return {ErrorKind::refused, "plan.clock",
          fmt::format("the clock of {} ({}) is {} {} this machine's, and tokens and dates would not hold",
                      reading.who, reading.origin, apart(reading.ahead_us),
                      reading.ahead_us > 0 ? "ahead of" : "behind"),
          "look which of the two is wrong: set this machine's clock, or tell the operator there"};
}

struct Window {
  std::int64_t span_us;
  std::size_t limit;
  std::string_view words;
};
// Of the directory, for one DID (did-method-plc, packages/server); operations that nullify others do not
// count, and are rare: they are counted here all the same.
constexpr std::array<Window, 3> kWindows = {{{3600LL * kSecondUs, 10, "an hour"},
                                             {24LL * 3600LL * kSecondUs, 30, "a day"},
                                             {7LL * 24LL * 3600LL * kSecondUs, 100, "a week"}}};

}  // namespace

Status check_witnesses(const std::vector<Finding>& contradictions) {
  for (const Finding& one : contradictions) {
    if (one.severity != Severity::forged) continue;
    return fail(ErrorKind::refused, "plan.witness",
                "the directory contradicts what it has shown of this account before: " + one.detail,
                "do not go on: ask again in an hour, compare with another copy of the log, and tell the "
                "directory's operators. What was seen lies in " +
                    one.where + "; if it is that file which is wrong, remove it");
  }
  return {};
}

void check_history(const Observed& observed, Plan& plan) {
  if (const auto sound = check_witnesses(observed.contradictions); !sound)
    plan.obstacles.push_back(sound.error());
  for (const Finding& one : observed.contradictions) {
    if (one.severity == Severity::forged) continue;
    plan.warnings.push_back(one.detail +
                            "; until when something can be undone hangs on that. Seen before: " + one.where);
  }
}

void check_clocks(const Observed& observed, Plan& plan) {
  if (observed.clocks.empty()) return;
  if (we_are_wrong(observed.clocks)) {
    const ClockReading& first = observed.clocks.front();
    const bool stops =
        std::ranges::any_of(observed.clocks, [&](const auto& one) { return is_obstacle(one, observed); });
    if (stops) {
      plan.obstacles.push_back(wrong_here(first));
    } else {
      plan.warnings.push_back(fmt::format("The clock of this machine is {} {}.", apart(first.ahead_us),
                                          first.ahead_us > 0 ? "slow" : "fast"));
    }
    return;
  }
  for (const ClockReading& reading : observed.clocks) {
    if (is_obstacle(reading, observed)) {
      plan.obstacles.push_back(wrong_there(reading));
    } else if (is_far(reading)) {
      plan.warnings.push_back(fmt::format("The clock of {} is {} {} this machine's.", reading.who,
                                          apart(reading.ahead_us),
                                          reading.ahead_us > 0 ? "ahead of" : "behind"));
    }
  }
}

void check_directory_rate(const Observed& observed, Plan& plan) {
  const plc::AuditedLog* log = log_of(observed);
  if (log == nullptr) return;
  const std::size_t needed = observed.leave ? 2 : 1;
  for (const Window& window : kWindows) {
    std::vector<std::int64_t> recent;
    for (const plc::LogEntry& entry : log->entries) {
      if (entry.created_us > observed.now_us - window.span_us) recent.push_back(entry.created_us);
    }
    if (recent.size() + needed <= window.limit) continue;
    std::ranges::sort(recent);
    // So many must have left the window before there is room.
    const std::size_t leave = std::min(recent.size(), recent.size() + needed - window.limit);
    const std::int64_t free_us = recent[leave - 1] + window.span_us;
    plan.obstacles.emplace_back(
        ErrorKind::refused, "plan.directory_limit",
        fmt::format(
            "the record was changed {} times within {}, and the directory takes {}; the move needs {}",
            recent.size(), window.words, window.limit, needed),
        "wait until " + os::rfc3339(free_us) +
            "; if these changes are not yours, look at the record's history");
    return;
  }
}

bool import_refuses(const std::string& rule) {
  static constexpr std::array<std::string_view, 10> kRefused = {
      "cbor.non_minimal_int", "cbor.indefinite", "cbor.duplicate_key",
      "cbor.key_type",        "cbor.tag",        "cbor.link",
      "cbor.trailing",        "cbor.cut",        "cbor.malformed",
      "data.top_level"};
  return std::ranges::find(kRefused, rule) != kRefused.end();
}

void check_content(const Observed& observed, Plan& plan) {
  if (!observed.content) return;
  const ContentFacts& content = *observed.content;
  if (content.flaw) {
    Error flaw = *content.flaw;
    flaw.kind = ErrorKind::refused;
    plan.obstacles.push_back(std::move(flaw));
    return;
  }
  if (!content.refused.empty()) {
    const OddRecord& first = content.refused.front();
    plan.obstacles.emplace_back(
        ErrorKind::refused, "plan.records",
        fmt::format("{} of the records are written in a way that a host's import refuses, and it refuses all "
                    "then, such as {} ({})",
                    content.refused.size(), printable(first.path, 200), first.rule),
        "delete them on the old host, or write them anew; 'atbackup cat' shows them from a backup, which "
        "keeps "
        "them");
  }
  if (!content.missing.empty()) {
    plan.obstacles.emplace_back(ErrorKind::refused, "move.blobs_missing",
                                fmt::format("{} of the account's blobs are not to be had, such as {}",
                                            content.missing.size(), content.missing.front()),
                                "list those you can do without in a file for --allow-missing-blobs");
  }
  if (!observed.leave && !content.oversized.empty()) {
    plan.obstacles.emplace_back(
        ErrorKind::refused, "plan.blob_limit",
        fmt::format("{} of the blobs are larger than the {} that {} takes, such as {}",
                    content.oversized.size(), human_bytes(observed.blob_limit), observed.new_host,
                    content.oversized.front()),
        "choose another host, ask its operator to raise PDS_BLOB_UPLOAD_LIMIT, or list those you can do "
        "without in a file for --allow-missing-blobs");
  }
  if (observed.blob_limit != 0 && content.car_bytes > observed.blob_limit) {
    plan.warnings.push_back(fmt::format(
        "The repository has {}, and {} says that it takes files of {}: if its import takes no more, the "
        "repository goes over in pieces.",
        human_bytes(content.car_bytes), observed.new_host, human_bytes(observed.blob_limit)));
  }
}

}  // namespace atb::migrate
