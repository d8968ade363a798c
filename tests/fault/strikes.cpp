#include "tests/fault/strikes.h"

#include "core/base/text.h"
#include "tests/support/catch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace atb::test {
namespace {

// Thousands of small files are synced: in memory, where that is free.
const bool kInMemory = [] {
  std::error_code ignored;
  if (std::filesystem::is_directory("/dev/shm", ignored)) ::setenv("TMPDIR", "/dev/shm", 1);
  return true;
}();

// ATB_STRIKE_EVERY=4 strikes at every fourth call only, each kind of blow beginning at another: for runs that
// are slow and look for something else.
std::size_t stride() {
  const char* every = std::getenv("ATB_STRIKE_EVERY");
  return every == nullptr ? 1 : std::max<std::size_t>(1, parse_decimal(every).value_or(1));
}

struct Tally {
  std::size_t points = 0;
  std::size_t resumed = 0;
  std::string complaints;
};

bool left_open(const MoveBench::Run& run) {
  return !run.result || std::ranges::any_of(run.result->notes, [](const std::string& note) {
    return note.find("tries again") != std::string::npos;
  });
}

Tally strike_everywhere(const Scenario& scenario, Seam seam, Blow blow, bool patient) {
  Tally tally;
  const std::size_t every = stride();
  for (std::size_t at = 1 + static_cast<std::size_t>(blow) % every;; at += every) {
    MoveBench bench(12, scenario.method);
    if (scenario.prepare) scenario.prepare(bench);
    bench.patient = patient;
    auto run = bench.start({.seam = seam, .blow = blow, .at = at});
    if (!run.struck) {
      if (!run.result) tally.complaints += "a run that was not struck fails: " + words_of(run.result) + "\n";
      break;
    }
    ++tally.points;
    const std::string victim = run.victim;
    const std::string first = words_of(run.result);
    std::string wrong = scenario.underway(bench);
    if (!run.result) ++tally.resumed;
    wrong += go_on(bench, run);
    for (int again = 0; scenario.aftercare && again < 3 && left_open(run); ++again) run = bench.look_again();
    if (run.result) wrong += bench.complaints();
    if (run.result && scenario.at_the_end) wrong += scenario.at_the_end(bench, *run.result);
    if (!wrong.empty())
      tally.complaints +=
          fmt::format("{} {} ({}), then \"{}\":\n{}\n", name_of(blow), at, victim, first, wrong);
  }
  std::printf("  %-4s %-13s %s: struck at %zu points, resumed %zu times\n",
              std::string(name_of(seam)).c_str(), std::string(name_of(blow)).c_str(),
              patient ? "with retries   " : "without retries", tally.points, tally.resumed);
  std::fflush(stdout);
  return tally;
}

}  // namespace

std::string words_of(const Result<migrate::Outcome>& result) {
  return result ? "done" : result.error().id + ": " + result.error().message;
}

std::string go_on(MoveBench& bench, MoveBench::Run& run) {
  for (int again = 0; again < 4 && !run.result; ++again) {
    run = bench.resume();
    // Killed before the move was in its journal: the same command is given again.
    if (!run.result && run.result.error().id == "move.none") run = bench.start();
  }
  return run.result ? "" : "it does not end: " + words_of(run.result);
}

void check_everywhere(const Scenario& scenario, Seam seam, Blow blow, bool patient, std::size_t at_least) {
  const Tally tally = strike_everywhere(scenario, seam, blow, patient);
  CHECK(tally.complaints == "");
  CHECK(tally.points >= at_least / stride());
}

void check_requests(const Scenario& scenario, std::size_t at_least) {
  for (const Blow blow : {Blow::unreached, Blow::reply_lost, Blow::killed_after})
    check_everywhere(scenario, Seam::http, blow, false, at_least);
}

}  // namespace atb::test
