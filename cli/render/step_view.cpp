#include "cli/render/step_view.h"

#include "cli/render/findings.h"
#include "core/base/text.h"

#include <fmt/format.h>

namespace atb::cli {

void StepView::step(const migrate::StepEvent& event) {
  shell_.object(data::Object()
                    .set("type", "step")
                    .set("step", event.name)
                    .set("number", static_cast<std::int64_t>(event.number))
                    .set("of", static_cast<std::int64_t>(event.of))
                    .set("phase", migrate::name_of(event.phase))
                    .set("detail", event.detail));
  const std::string head = fmt::format("[{}/{}] {}", event.number, event.of, event.title);
  switch (event.phase) {
    case migrate::Phase::intended:
      shell_.tell(head + " …\n");
      break;
    case migrate::Phase::skipped:
      shell_.tell(fmt::format("{}: so already{}\n", head,
                              event.detail.empty() ? "" : " (" + printable(event.detail) + ")"));
      break;
    case migrate::Phase::observed:
      shell_.tell(fmt::format("        {}done{}\n", shell_.err_style().green, shell_.err_style().plain));
      break;
    case migrate::Phase::tried:
      break;
    case migrate::Phase::failed:
      shell_.tell("        not done: " + printable(event.detail) + "\n");
      break;
  }
  if (shell_.options().verbose > 0 && !event.detail.empty() && event.phase != migrate::Phase::failed &&
      event.phase != migrate::Phase::skipped)
    shell_.tell("        " + printable(event.detail) + "\n");
}

void StepView::finding(const Finding& finding) { show_finding(shell_, finding, Beside::result); }

void StepView::say(std::string_view text) {
  shell_.object(data::Object().set("type", "notice").set("text", text));
  shell_.tell("\n" + std::string(text) + "\n");
}

}  // namespace atb::cli
