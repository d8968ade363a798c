// Progress, reports and the log as they are written for people and for programs.
#include "cli/render/console_log.h"
#include "cli/render/findings.h"
#include "cli/render/progress_view.h"
#include "core/base/text.h"
#include "tests/support/catch.h"
#include "tests/unit/cli/cli_bench.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;
using std::chrono::seconds;

namespace {

struct Watching {
  explicit Watching(bool terminal = false, bool json = false, unsigned width = 80)
      : streams{.out = out,
                .err = err,
                .out_is_terminal = false,
                .err_is_terminal = terminal,
                .width = width},
        view(cli::make_progress_view({.streams = &streams, .clock = &clock, .json = json, .shown = true})) {}

  std::string after(seconds passed, const ProgressEvent& event) {
    clock.advance(passed);
    view->report(event);
    return err.take();
  }

  TextSink out;
  TextSink err;
  ManualClock clock;
  cli::Streams streams;
  std::unique_ptr<Progress> view;
};

ProgressEvent blobs(std::uint64_t items, std::uint64_t bytes, bool done = false) {
  return {.phase = "blobs", .bytes = bytes, .items = items, .items_total = 400, .done = done};
}

}  // namespace

TEST_CASE("progress: on a terminal one line lives, with items, bytes, rate and the time left", "[cli]") {
  Watching watching(true);
  CHECK(watching.after(seconds(0), blobs(0, 0)) == "\r\x1b[Kblobs: 0 of 400");
  CHECK(watching.after(seconds(0), blobs(1, 10)) == "");  // not ten times a millisecond
  CHECK(watching.after(seconds(10), blobs(100, 20'000'000)) ==
        "\r\x1b[Kblobs: 100 of 400, 20 MB, 2.0 MB/s, 30 s left");
  CHECK(watching.after(seconds(90), blobs(200, 40'000'000)).ends_with(", 1 min left"));
  CHECK(watching.after(seconds(9900), blobs(201, 40'000'000)).ends_with(", 2 h 45 min left"));
  CHECK(watching.after(seconds(1), blobs(400, 80'000'000, true)).ends_with(" done\n"));
}

TEST_CASE("progress: a line is never wider than the terminal, and is wiped when the work ends", "[cli]") {
  Watching watching(true, false, 24);
  const std::string line = watching.after(seconds(0), blobs(123, 123'456'789));
  CHECK(line.size() == std::string("\r\x1b[K").size() + 23);
  watching.view.reset();
  CHECK(watching.err.take() == "\r\x1b[K");
}

TEST_CASE("progress: elsewhere a plain line now and then, and none for what is short", "[cli]") {
  Watching watching;
  CHECK(watching.after(seconds(0), blobs(0, 0)) == "");
  CHECK(watching.after(seconds(1), blobs(400, 4000, true)) == "");
  Watching slow;
  CHECK(slow.after(seconds(0), blobs(0, 0)) == "");
  CHECK(slow.after(seconds(14), blobs(100, 1000)) == "");
  CHECK(slow.after(seconds(1), blobs(101, 1010)) == "blobs: 101 of 400, 1.0 kB, 67 bytes/s, 44 s left\n");
}

TEST_CASE("progress: as JSON it goes to standard output, and the end of each phase is told", "[cli]") {
  Watching watching(true, true);
  CHECK(watching.after(seconds(0), blobs(1, 10)) == "");
  CHECK(watching.after(seconds(0), blobs(400, 4000, true)) == "");
  CliBench::Run run;
  run.out = watching.out.take();
  REQUIRE(run.lines().size() == 1);
  CHECK(run.last("phase") == "blobs");
  CHECK(data::require_integer(run.lines().front(), "items_total").value() == 400);
  CHECK(data::require_boolean(run.lines().front(), "done").value());
}

TEST_CASE("findings: gravest first, twenty are shown, and -v shows them all", "[cli]") {
  CHECK(cli::counted(0) == "0");
  CHECK(cli::counted(999) == "999");
  CHECK(cli::counted(1000) == "1,000");
  CHECK(cli::counted(1'234'567) == "1,234,567");

  CliBench bench(300);
  bench.have_backup("/backups/alice");
  // Every blob is gone: there are more than twenty of them.
  std::ptrdiff_t gone = 0;
  for (const std::string& path : bench.memory.files()) {
    if (path.find("/blobs/") == std::string::npos) continue;
    REQUIRE(bench.memory.remove(path));
    ++gone;
  }
  REQUIRE(gone > 20);
  bench.memory.put("/backups/alice/did.json", "{}");
  const auto lines_with = [](const std::string& text, std::string_view part) {
    return std::ranges::count_if(
        split(text, '\n'), [&](std::string_view line) { return line.find(part) != std::string_view::npos; });
  };
  const auto some = bench.run({"verify", "/backups/alice"});
  CHECK(some.exit == 20);
  CHECK(lines_with(some.out, "  damage: ") == 20);
  CHECK(lines_with(some.out, " more; -v shows them all") == 1);
  const auto all = bench.run({"-v", "verify", "/backups/alice"});
  CHECK(lines_with(all.out, "  damage: ") >= gone);
  CHECK(lines_with(all.out, "-v shows them all") == 0);
  CHECK(bench.run({"--json", "verify", "/backups/alice"}).of_type("finding").size() > 20);
}

TEST_CASE("log: warnings always, more with each -v, and nothing raw", "[cli]") {
  for (int verbosity = 0; verbosity <= 3; ++verbosity) {
    TextSink err;
    const auto log = cli::make_console_log(err, verbosity);
    std::size_t written = 0;
    for (const LogLevel level : {LogLevel::warning, LogLevel::info, LogLevel::detail, LogLevel::trace}) {
      log->write(level, "http", "say \x1b[2J");
      const std::string line = err.take();
      CHECK(line.empty() != log->enabled(level));
      CHECK_FALSE(has_raw_controls(line));
      if (!line.empty()) ++written;
    }
    CHECK(written == static_cast<std::size_t>(verbosity) + 1);
  }
}
