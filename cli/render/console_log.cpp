#include "cli/render/console_log.h"

#include "core/base/text.h"

#include <mutex>
#include <string>

namespace atb::cli {
namespace {

class ConsoleLog final : public Log {
 public:
  ConsoleLog(ByteSink& err, int verbosity) : err_(err), verbosity_(verbosity) {}

  bool enabled(LogLevel level) const override { return static_cast<int>(level) <= verbosity_; }

  void write(LogLevel level, std::string_view component, std::string_view message) override {
    if (!enabled(level)) return;
    const std::string line = (level == LogLevel::warning ? "warning: " : "") + std::string(component) + ": " +
                             printable(message) + "\n";
    const std::lock_guard lock(mutex_);
    (void)err_.write(as_bytes(line));
  }

 private:
  ByteSink& err_;
  int verbosity_;
  std::mutex mutex_;
};

}  // namespace

std::unique_ptr<Log> make_console_log(ByteSink& err, int verbosity) {
  return std::make_unique<ConsoleLog>(err, verbosity);
}

}  // namespace atb::cli
