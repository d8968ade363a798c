// What each step of the machine needs, what can go wrong in it, and how long it takes.
#include "core/migrate/machine.h"
#include "core/migrate/plan_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace atb::migrate {
namespace {

struct StepWords {
  std::string_view name;
  std::string_view needs;
  std::string_view can_fail;
};

constexpr std::string_view kTryAgain = "the host does not answer: nothing has changed, go on later";

constexpr std::array<StepWords, 23> kWords = {{
    {"log-in-old", "your main password on the old host, perhaps a login code from an e-mail; a new password",
     "a wrong password, or one for apps: nothing has changed, try again"},
    {"recovery-key", "a passphrase for the recovery key's file, and a place to print its sheet",
     "the file cannot be written: nothing has changed"},
    {"back-up", "room on this disk for the repository and the blobs",
     "the old host cannot give a blob: it is named, and you decide whether to go without it"},
    {"new-credentials", "an e-mail address and a new password for the new host", ""},
    {"prove-backup", "the backup",
     "a damaged or incomplete backup: what is wrong is named, nothing has changed"},
    {"temporary-key", "", "the disk is full: nothing has changed"},
    {"claim-sign", "your rotation key and its passphrase; you see the first change and agree",
     "you do not agree: nothing has changed"},
    {"claim", "", "the directory refuses or does not answer: go on, it is looked at again"},
    {"create-account", "a handle, and an invite code where the new host wants one",
     "the new host refuses the handle, the address or the code: give another and go on"},
    {"log-in-new", "", kTryAgain},
    {"import", "",
     "a repository larger than the new host takes at once goes over in pieces: that takes longer"},
    {"blobs", "",
     "a daily limit of the new host: --wait waits for its end, or go on later; only the rest is sent"},
    {"preferences", "", "a host that keeps none: they stay in the backup, and that is told"},
    {"catch-up", "that nobody posts meanwhile", "somebody posts all the time: stop that, then go on"},
    {"sign", "you see the change and agree; the code from the old host's second e-mail, or your rotation key",
     "you do not agree, or the code is too old: the account is where it was"},
    {"submit", "", "the answer is lost: go on, the directory is looked at"},
    {"activate", "", "the new host does not see the change yet: go on, it can be repeated"},
    {"deactivate-old", "", "the old host refuses: it is told, and does no harm"},
    {"late-posts", "", "the old host does not answer: it is told, and can be looked at later"},
    {"fresh-commit", "", "go on, it can be repeated"},
    {"proof", "", "what the new host gives is not what was moved: it is told, and the backup is kept"},
    {"finish", "", ""},
    {"", "", ""},
}};

// What is otherwise for a did:web.
constexpr std::array<StepWords, 4> kWebWords = {{
    {"claim-sign", "you see the first document and agree", "you do not agree: nothing has changed"},
    {"claim", "you publish the file on your domain",
     "it is not there yet: the program waits for it, and looks again when it is started again"},
    {"sign", "you see the document and agree", "you do not agree: the account is where it was"},
    {"submit", "you publish the file on your domain",
     "it is not there yet: the program waits for it, and looks again when it is started again"},
}};

// … and for an account that is on the new host already.
constexpr std::string_view kItsPassword = "the password of the account that is on the new host already";
constexpr std::string_view kItIsLost =
    "it is forgotten: that host mails a code for a new one; nothing has changed";
constexpr std::array<StepWords, 3> kReturnWords = {{
    {"log-in-old", "your main password on the old host, and the one of the account on the new host",
     kItIsLost},
    {"new-credentials", kItsPassword, kItIsLost},
    {"import", "", "a host that does not take the difference gets the whole"},
}};

// Steps that there is nothing to do in then.
bool is_spared(std::string_view name, const Plan& plan) {
  static constexpr std::array<std::string_view, 4> kSpared = {"temporary-key", "claim-sign", "claim",
                                                              "create-account"};
  return plan.returns && std::ranges::find(kSpared, name) != kSpared.end();
}

const StepWords& words_of(std::string_view name, bool web, bool returns) {
  const auto* there = std::ranges::find(kReturnWords, name, &StepWords::name);
  if (returns && there != kReturnWords.end()) return *there;
  const auto* otherwise = std::ranges::find(kWebWords, name, &StepWords::name);
  if (web && otherwise != kWebWords.end()) return *otherwise;
  const auto* found = std::ranges::find(kWords, name, &StepWords::name);
  return found == kWords.end() ? kWords.back() : *found;
}

constexpr std::uint64_t kUploadsADay = 1000;  // of the reference server, for each address
// Seen on the reference servers, rounded down; a far host is slower, and its own rate counts where it is
// known.
constexpr double kBytesASecond = 1e6;
constexpr double kRecordsASecond = 2000;
constexpr double kBlobsASecond = 10;

double rate_of(const ContentFacts& content) {
  if (content.read_us <= 0 || content.car_bytes < 100'000) return kBytesASecond;
  return std::clamp(static_cast<double>(content.car_bytes) * 1e6 / static_cast<double>(content.read_us), 5e4,
                    5e7);
}

struct Load {
  double bytes = 0;
  double blob_bytes = 0;
  double records = 0;
  std::uint64_t blobs = 0;
  double rate = kBytesASecond;
  bool known = false;
};

Load load_of(const Observed& observed) {
  Load load;
  if (observed.content && !observed.content->flaw) {
    const ContentFacts& content = *observed.content;
    load = {static_cast<double>(content.car_bytes),
            static_cast<double>(content.blob_bytes),
            static_cast<double>(content.records),
            content.blobs,
            rate_of(content),
            true};
  } else if (observed.leave) {
    const LeaveFacts& leave = *observed.leave;
    load.records = static_cast<double>(leave.records);
    load.bytes = load.records * 300;
    load.blob_bytes = static_cast<double>(leave.blob_bytes);
    load.blobs = leave.blobs;
    load.known = true;
  }
  return load;
}

std::uint64_t upload_days(std::uint64_t blobs) { return blobs == 0 ? 0 : (blobs - 1) / kUploadsADay; }

std::int64_t seconds_of(std::string_view step, const Load& load) {
  const auto whole = [](double seconds) { return static_cast<std::int64_t>(seconds) + 1; };
  const double copying = load.bytes / load.rate + load.records / kRecordsASecond;
  const double blobs = load.blob_bytes / load.rate + static_cast<double>(load.blobs) / kBlobsASecond;
  if (step == "back-up") return whole(load.bytes / load.rate + blobs);
  if (step == "prove-backup") return whole((load.bytes + load.blob_bytes) / 5e7);
  if (step == "import") return whole(copying);
  if (step == "blobs") return whole(blobs) + static_cast<std::int64_t>(upload_days(load.blobs)) * 86'400;
  if (step == "proof") return whole(load.bytes / load.rate);
  return 1;
}

std::string day_words(std::int64_t at_us) {
  static constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                            "Thursday", "Friday", "Saturday"};
  static constexpr std::array<std::string_view, 12> kMonths = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  const std::chrono::sys_days day{std::chrono::days(at_us / 86'400'000'000LL)};
  const std::chrono::year_month_day date(day);
  return fmt::format("{}, {} {} {}", kDays.at(std::chrono::weekday(day).c_encoding()),
                     static_cast<unsigned>(date.day()), kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()));
}

}  // namespace

std::string duration_words(std::int64_t seconds) {
  if (seconds < 20) return "a few seconds";
  if (seconds < 90) return "about a minute";
  if (seconds < 5400) return fmt::format("about {} minutes", (seconds + 30) / 60);
  if (seconds < 36 * 3600LL) return fmt::format("about {} hours", (seconds + 1800) / 3600);
  return fmt::format("about {} days", (seconds + 43'200) / 86'400);
}

Estimate estimate(const Observed& observed) {
  const Load load = load_of(observed);
  Estimate sum;
  sum.upload_days = upload_days(load.blobs);
  sum.known = load.known;
  if (!load.known) return sum;
  for (const auto& step : steps_of(observed.leave.has_value(), !observed.plc))
    sum.seconds += seconds_of(step->name(), load);
  sum.day = day_words(observed.now_us + sum.seconds * 1'000'000);
  return sum;
}

void plan_steps(const Observed& observed, const Wishes& wishes, Plan& plan) {
  const Load load = load_of(observed);
  for (const auto& step : steps_of(observed.leave.has_value(), !observed.plc)) {
    if (step->name() == "recovery-key" && !wishes.recovery_key) continue;
    if (is_spared(step->name(), plan)) continue;
    const bool claim = step->name() == "claim-sign" || step->name() == "claim";
    if (claim && !needs_claim(observed, plan)) continue;
    const StepWords& words = words_of(step->name(), !observed.plc, plan.returns);
    plan.steps.push_back({.name = std::string(step->name()),
                          .title = std::string(step->title()),
                          .needs = std::string(words.needs),
                          .can_fail = std::string(words.can_fail),
                          .seconds = seconds_of(step->name(), load),
                          .no_return = step->name() == kPointOfNoReturn});
  }
}

}  // namespace atb::migrate
