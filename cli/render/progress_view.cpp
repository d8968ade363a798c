#include "cli/render/progress_view.h"

#include "core/base/text.h"
#include "core/data/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>

namespace atb::cli {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLiveInterval{100};
constexpr seconds kPlainInterval{15};

std::string time_left(double remaining_seconds) {
  const auto whole = static_cast<std::int64_t>(remaining_seconds);
  if (whole < 60) return fmt::format("{} s left", whole);
  if (whole < 3600) return fmt::format("{} min left", whole / 60);
  return fmt::format("{} h {} min left", whole / 3600, whole % 3600 / 60);
}

class ProgressView final : public Progress {
 public:
  explicit ProgressView(const ProgressViewOptions& options) : options_(options) {}
  ~ProgressView() override {
    if (live_line_) (void)options_.streams->err.write(as_bytes("\r\x1b[K"));
  }

  void report(const ProgressEvent& event) override {
    if (!options_.shown) return;
    const std::lock_guard lock(mutex_);
    const microseconds now = options_.clock->monotonic();
    if (event.phase != phase_) {
      phase_ = event.phase;
      started_ = now;
      last_ = microseconds(0);
      said_ = false;
    }
    const bool live = options_.streams->err_is_terminal && !options_.json;
    const microseconds interval = live ? microseconds(kLiveInterval) : microseconds(kPlainInterval);
    const bool first_live = live && last_ == microseconds(0);
    if (!event.done && !first_live && now - std::max(last_, started_) < interval) return;
    // Off a terminal a short phase is not worth a line.
    if (event.done && !live && !said_ && now - started_ < seconds(2) && !options_.json) return;
    last_ = now;
    said_ = true;
    if (options_.json) return write_json(event);
    write_text(event, live, now);
  }

 private:
  void write_json(const ProgressEvent& event) const {
    data::Object object;
    object.set("type", "progress")
        .set("phase", event.phase)
        .set("bytes", static_cast<std::int64_t>(event.bytes));
    if (event.bytes_total != 0) object.set("bytes_total", static_cast<std::int64_t>(event.bytes_total));
    object.set("items", static_cast<std::int64_t>(event.items));
    if (event.items_total != 0) object.set("items_total", static_cast<std::int64_t>(event.items_total));
    object.set("done", event.done);
    const std::string line = data::to_json(data::Value(std::move(object))) + "\n";
    (void)options_.streams->out.write(as_bytes(line));
  }

  void write_text(const ProgressEvent& event, bool live, microseconds now) {
    std::string line = std::string(event.phase) + ":";
    if (event.items != 0 || event.items_total != 0) {
      line += fmt::format(" {}", event.items);
      if (event.items_total != 0) line += fmt::format(" of {}", event.items_total);
    }
    if (event.bytes != 0) {
      line += (line.ends_with(':') ? " " : ", ") + human_bytes(event.bytes);
      if (event.bytes_total != 0) line += " of " + human_bytes(event.bytes_total);
      const double spent = static_cast<double>((now - started_).count()) / 1e6;
      if (spent > 0.5)
        line += fmt::format(
            ", {}/s", human_bytes(static_cast<std::uint64_t>(static_cast<double>(event.bytes) / spent)));
    }
    if (!event.done) line += estimate(event, now);
    if (event.done) line += " done";
    if (live) {
      line.resize(std::min<std::size_t>(line.size(), std::max(20U, options_.streams->width) - 1));
      line = "\r\x1b[K" + line + (event.done ? "\n" : "");
      live_line_ = !event.done;
    } else {
      line += "\n";
    }
    (void)options_.streams->err.write(as_bytes(line));
  }

  std::string estimate(const ProgressEvent& event, microseconds now) const {
    const bool by_items = event.items_total != 0;
    const auto done = static_cast<double>(by_items ? event.items : event.bytes);
    const auto total = static_cast<double>(by_items ? event.items_total : event.bytes_total);
    const double spent = static_cast<double>((now - started_).count()) / 1e6;
    if (done <= 0 || total <= done || spent < 2) return "";
    return ", " + time_left(spent * (total - done) / done);
  }

  ProgressViewOptions options_;
  std::mutex mutex_;
  std::string phase_;
  microseconds started_{0};
  microseconds last_{0};
  bool said_ = false;
  bool live_line_ = false;
};

}  // namespace

std::unique_ptr<Progress> make_progress_view(const ProgressViewOptions& options) {
  return std::make_unique<ProgressView>(options);
}

}  // namespace atb::cli
