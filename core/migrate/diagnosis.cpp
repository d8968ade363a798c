#include "core/migrate/diagnosis.h"

#include "core/base/text.h"
#include "core/migrate/plan_facts.h"
#include "core/os/clock.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::migrate {
namespace {

constexpr std::int64_t kHourUs = 3600LL * 1'000'000;
constexpr std::int64_t kDayUs = 24 * kHourUs;
constexpr std::int64_t kOldBackupDays = 2;    // the nightly run has failed
constexpr std::int64_t kStaleBackupDays = 7;  // too much would be lost

Point good(std::string name, int of, std::string detail) {
  return {.name = std::move(name),
          .outcome = atb::Outcome::passed,
          .points = of,
          .of = of,
          .detail = std::move(detail),
          .next = {},
          .blocks = false};
}

Point poor(std::string name, int points, int of, std::string detail, std::string next) {
  return {.name = std::move(name),
          .outcome = atb::Outcome::failed,
          .points = points,
          .of = of,
          .detail = std::move(detail),
          .next = std::move(next),
          .blocks = false};
}

Point blocking(std::string name, int of, std::string detail, std::string next) {
  Point point = poor(std::move(name), 0, of, std::move(detail), std::move(next));
  point.blocks = true;
  return point;
}

Point unknown(std::string name, std::string detail) {
  Point point;
  point.name = std::move(name);
  point.detail = std::move(detail);
  return point;
}

std::string age_words(std::int64_t us) {
  if (us < 2 * kHourUs) return fmt::format("{} minutes", std::max<std::int64_t>(us, 0) / 60'000'000);
  if (us < 2 * kDayUs) return fmt::format("{} hours", us / kHourUs);
  return fmt::format("{} days", us / kDayUs);
}

const ServerHealth* host_of(const Symptoms& seen) {
  const auto found = std::ranges::find(seen.servers, seen.host, &ServerHealth::origin);
  return seen.host.empty() || found == seen.servers.end() ? nullptr : &*found;
}

bool host_fails(const Symptoms& seen) {
  const ServerHealth* host = host_of(seen);
  return host != nullptr && (!host->healthy || !seen.account_problem.empty());
}

Point judge_host(const Symptoms& seen, bool network) {
  constexpr int kWeight = 10;
  const ServerHealth* host = host_of(seen);
  if (host == nullptr) return unknown("host", "it is not known where the account lives");
  if (network)
    return unknown("host",
                   "nothing answers, neither the host nor the directory: it is the network here that fails");
  if (!host->reached) {
    return poor("host", 0, kWeight,
                seen.host + " does not answer, and others do: " + printable(host->problem, 200),
                "if it stays so, leave: atbackup migrate " + seen.did +
                    " --to URL --from BACKUP --rotation-key FILE");
  }
  if (!host->healthy) {
    return poor("host", kWeight / 2, kWeight, seen.host + " is not well: " + printable(host->problem, 200),
                "look again in an hour; make a backup while it answers");
  }
  if (seen.deactivated) {
    return poor(
        "host", 0, kWeight,
        seen.host + " holds the account as deactivated, although the account's record names this host",
        "if it was not you who deactivated it: atbackup migrate activate " + seen.did);
  }
  if (!seen.account_problem.empty()) {
    return poor("host", 0, kWeight,
                seen.host + " does not serve the account: " + printable(seen.account_problem, 200),
                "log in there and look why; a backup and a key of your own let you leave all the same");
  }
  return good("host", kWeight, fmt::format("{} is well, and answers in {} ms", seen.host, host->millis));
}

Point judge_key(const Symptoms& seen) {
  constexpr int kWeight = 35;
  const KeyHealth& key = seen.key;
  if (!seen.plc)
    return unknown("key", "a did:web has no rotation keys: whoever holds its domain holds the account");
  const std::string enroll = "atbackup key enroll " + seen.did + " --rotation-key FILE";
  if (!key.file.empty() && !key.opened) {
    return blocking("key", kWeight, "the key's file does not open: " + printable(key.problem, 200),
                    "find its passphrase or another copy; else, while the host lives, make another "
                    "('atbackup key new') and enroll it");
  }
  if (key.key.empty()) {
    return blocking("key", kWeight,
                    "no rotation key of yours is known: without one, only the host can move the account",
                    "atbackup key new FILE, then " + enroll);
  }
  if (!key.rank) {
    return blocking("key", kWeight, "the key is not in the account's record: " + key.key,
                    "while the host lives: " + enroll);
  }
  const std::string place = fmt::format("rank {} of {}", *key.rank + 1, key.keys);
  if (key.host_above) {
    return blocking(
        "key", kWeight,
        "the key has " + place + ", and the host's stands above it: a hostile host can undo what it signs",
        "while the host lives: " + enroll + " --rank 1");
  }
  if (!key.opened) {
    return poor("key", 25, kWeight,
                "a key that was enrolled from here has " + place + "; its file was not opened",
                "name it with --rotation-key, to see that it opens");
  }
  if (*key.rank != 0) {
    return poor("key", 30, kWeight,
                "the key opens, and has " + place + ": those above can undo what it signs",
                "if they are not yours: " + enroll + " --rank 1");
  }
  return good("key", kWeight, "the key opens, and has " + place + ", the highest");
}

Point judge_backup(const Symptoms& seen) {
  constexpr int kWeight = 35;
  const std::string make = "atbackup export " + (seen.did.empty() ? seen.account : seen.did) + " -o FOLDER/";
  if (!seen.backup) {
    return blocking("backup", kWeight, "no backup was named (--from)", make + ", then name it with --from");
  }
  const BackupHealth& backup = *seen.backup;
  if (!backup.problem.empty()) {
    return blocking("backup", kWeight, "the backup does not prove: " + printable(backup.problem, 300),
                    "'atbackup verify " + backup.path + "' tells more; " + make + " makes another");
  }
  if (backup.log_differs) {
    return blocking("backup", kWeight,
                    "the backup's history of keys is not the directory's: one of the two was changed",
                    "compare with another copy of the directory's log, before anything else");
  }
  if (!backup.has_blobs) {
    return poor("backup", 15, kWeight, "the backup is a lone CAR: pictures and films are not in it",
                "make a backup folder: " + make);
  }
  const std::int64_t age = seen.now_us - backup.created_us;
  const std::string what = fmt::format("the backup is sound: {} records, {} blobs, {} old", backup.records,
                                       backup.blobs, age_words(age));
  if (backup.missing_blobs != 0) {
    return poor("backup", 20, kWeight,
                fmt::format("{}, but {} blobs are missing in it", what, backup.missing_blobs),
                "export again while the host lives");
  }
  if (age > kStaleBackupDays * kDayUs) return blocking("backup", kWeight, what + ", which is too old", make);
  if (age > kOldBackupDays * kDayUs && backup.behind)
    return poor("backup", 25, kWeight, what + "; the host has more by now", make + ", each night");
  if (!backup.has_preferences) {
    return poor("backup", 32, kWeight, what + "; the private preferences are not in it",
                "atbackup login " + seen.did + " before the export");
  }
  return good("backup", kWeight, what);
}

Point judge_history(const Symptoms& seen) {
  constexpr int kWeight = 10;
  if (!seen.plc) return unknown("history", "a did:web has no history in the directory");
  if (const auto sound = check_witnesses(seen.contradictions); !sound) {
    return blocking("history", kWeight, printable(sound.error().message, 500),
                    printable(sound.error().hint, 800));
  }
  if (seen.foreign.empty()) {
    if (seen.contradictions.empty())
      return good("history", kWeight, "no change of the record that was not made from here");
    const Finding& first = seen.contradictions.front();
    return poor("history", 5, kWeight,
                "the directory tells another story than before: " + printable(first.detail, 300),
                "compare with another copy of the log; what was seen lies in " + printable(first.where, 300));
  }
  const auto urgent = std::ranges::max_element(
      seen.foreign, {}, [](const auto& one) { return std::pair(one.until_us != 0, one.created_us); });
  const std::string what = fmt::format(
      "{} changes of the record were not made from here, the last {}, signed by key {} ({})",
      seen.foreign.size(), os::rfc3339(urgent->created_us), urgent->rank + 1, printable(urgent->signer, 200));
  if (urgent->until_us == 0) {
    return blocking("history", kWeight, what + "; your key cannot undo them",
                    "if they were yours (a new handle, say), export again: that takes note of them");
  }
  return blocking("history", kWeight,
                  fmt::format("{}; {} hours are left to undo it", what,
                              std::max<std::int64_t>(urgent->until_us - seen.now_us, 0) / kHourUs),
                  "if it was not you: undo it with your key before " + os::rfc3339(urgent->until_us) +
                      "; if it was, export again: that takes note of it");
}

Point judge_handle(const Symptoms& seen) {
  constexpr int kWeight = 10;
  if (seen.handle.empty()) return poor("handle", 5, kWeight, "the account has no handle", "");
  if (seen.handle_of_host) {
    return poor("handle", 5, kWeight, printable(seen.handle, 200) + " belongs to the host, and dies with it",
                "a domain of your own as handle goes along anywhere");
  }
  if (!seen.handle_proven) {
    return poor("handle", 3, kWeight, printable(seen.handle, 200) + " does not lead to the account now",
                "repair its DNS record: _atproto." + printable(seen.handle, 200) + " = did=" + seen.did);
  }
  return good("handle", kWeight, printable(seen.handle, 200) + " does not depend on the host");
}

Point judge_target(const Symptoms& seen) {
  constexpr int kWeight = 10;
  if (seen.target_obstacles.empty()) return good("target", kWeight, seen.target + " would take the account");
  const Error& first = seen.target_obstacles.front();
  return blocking("target", kWeight, seen.target + ": " + printable(first.message, 300),
                  printable(first.hint, 300));
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ready:
      return "ready";
    case Verdict::leave_now:
      return "leave-now";
    case Verdict::not_ready:
      return "not-ready";
  }
  return "unknown";
}

bool network_fails(const std::vector<Symptoms>& accounts) {
  std::size_t asked = 0;
  for (const Symptoms& one : accounts) {
    if (std::ranges::any_of(one.servers, &ServerHealth::reached)) return false;
    asked += one.servers.size();
  }
  return asked > 1;
}

Diagnosis diagnose(const Symptoms& seen, bool network) {
  Diagnosis result;
  std::vector<Point>& points = result.points;
  if (!seen.identity_problem.empty()) {
    points.push_back(blocking(
        "identity", 100, "the account's record could not be read: " + printable(seen.identity_problem, 300),
        network ? "mend the network here, then look again"
        : seen.identity_untrusted
            ? "do not trust what it says now; compare with a backup's log, tell the directory's operators"
            : "look again later"));
    points.push_back(judge_host(seen, network));
  } else {
    // In the order of what to mend first.
    points.push_back(judge_history(seen));
    points.push_back(judge_key(seen));
    points.push_back(judge_backup(seen));
    if (!seen.target.empty()) points.push_back(judge_target(seen));
    points.push_back(judge_host(seen, network));
    points.push_back(judge_handle(seen));
  }
  int got = 0;
  int of = 0;
  for (const Point& point : points) {
    got += point.points;
    of += point.of;
  }
  result.score = of == 0 ? 0 : got * 100 / of;
  const bool blocked = std::ranges::any_of(points, &Point::blocks);
  const bool failing = !network && host_fails(seen);
  result.verdict = blocked ? Verdict::not_ready : failing ? Verdict::leave_now : Verdict::ready;
  const auto first = [&](auto&& wanted) {
    const auto found = std::ranges::find_if(points, wanted);
    return found == points.end() ? std::string() : found->next;
  };
  if (blocked) {
    result.next = first([](const Point& one) { return one.blocks && !one.next.empty(); });
  } else if (failing) {
    result.next = first([](const Point& one) { return one.name == "host"; });
  } else {
    result.next = first([](const Point& one) { return !one.next.empty(); });
  }
  return result;
}

}  // namespace atb::migrate
