// The steps of a move, or of an enrolment, as they happen: for people on standard error, as JSON lines.
#pragma once

#include "cli/shell.h"
#include "core/migrate/migrate.h"

#include <string_view>

namespace atb::cli {

class StepView final : public migrate::Watcher {
 public:
  explicit StepView(Shell& shell) : shell_(shell) {}
  void step(const migrate::StepEvent& event) override;
  void finding(const Finding& finding) override;
  void say(std::string_view text) override;

 private:
  Shell& shell_;
};

}  // namespace atb::cli
