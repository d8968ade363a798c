// A log that keeps everything, at the highest verbosity.
#pragma once

#include "core/base/log.h"

#include <mutex>
#include <string>
#include <vector>

namespace atb::test {

class CaptureLog final : public Log {
 public:
  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel level, std::string_view component, std::string_view message) override {
    const std::scoped_lock lock(mutex_);
    lines_.push_back({level, std::string(component), std::string(message)});
  }

  struct Line {
    LogLevel level = LogLevel::info;
    std::string component;
    std::string message;
  };
  std::vector<Line> lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }
  // All messages, a line each.
  std::string text() const {
    const std::scoped_lock lock(mutex_);
    std::string all;
    for (const auto& line : lines_) all += line.component + ": " + line.message + "\n";
    return all;
  }
  bool contains(std::string_view part) const { return text().find(part) != std::string::npos; }

 private:
  mutable std::mutex mutex_;
  std::vector<Line> lines_;
};

}  // namespace atb::test
