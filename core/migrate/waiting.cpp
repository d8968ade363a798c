#include "core/migrate/waiting.h"

#include <algorithm>
#include <chrono>

namespace atb::migrate {
namespace {

// For a host that does not say when.
constexpr std::int64_t kUnsaidMs = 5LL * 60 * 1000;
// Past the moment itself: clocks differ, and others wait for it too.
constexpr std::int64_t kMarginMs = 2'000;
constexpr std::int64_t kTickMs = 5'000;

std::int64_t now_ms(const Move& move) { return move.context.clock.wall_us() / 1000; }

}  // namespace

Status wait_out(Move& move, const Error& limited) {
  const std::int64_t begin = now_ms(move);
  const std::int64_t until = limited.retry_at_ms.value_or(begin + kUnsaidMs) + kMarginMs;
  const auto total = static_cast<std::uint64_t>(std::max<std::int64_t>(until - begin, 0) / 1000);
  move.world.watcher.say(
      "A limit of the host is reached (" + limited.message + ").\nWaiting until " +
      os::rfc3339(until * 1000) +
      ", then it goes on by itself. Ctrl-C is safe: 'atbackup migrate resume' goes on too.");
  // By the wall clock in short naps: a laptop that slept meanwhile is not late.
  for (std::int64_t now = begin; now < until; now = now_ms(move)) {
    move.context.progress.report(
        {.phase = "waiting",
         .items = static_cast<std::uint64_t>(std::max<std::int64_t>(now - begin, 0) / 1000),
         .items_total = total});
    TRY(move.context.clock.sleep(std::chrono::milliseconds(std::min(until - now, kTickMs)), move.stop()));
  }
  move.context.progress.report({.phase = "waiting", .items = total, .items_total = total, .done = true});
  return {};
}

Error come_back_later(const Move& move, Error limited) {
  const std::string when =
      limited.retry_at_ms ? "after " + os::rfc3339(*limited.retry_at_ms * 1000) : "later";
  limited.hint = "nothing is lost: run 'atbackup migrate resume " + move.did.str() + "' " + when +
                 "; with --wait it waits and goes on by itself";
  return limited;
}

}  // namespace atb::migrate
