#include "cli/render/plan_view.h"

#include "cli/render/findings.h"
#include "core/base/text.h"
#include "core/os/clock.h"

#include <fmt/format.h>

#include <array>

namespace atb::cli {
namespace {

constexpr std::array<std::string_view, 4> kMarks = {"+", "-", "~", " "};
constexpr std::array<std::string_view, 4> kTypes = {"added", "removed", "changed", "kept"};
constexpr std::array<std::string_view, 3> kAnswers = {"open", "undo", "keep"};

std::string words_of(const migrate::PlannedChange& change) {
  std::string text = change.title + ":\n";
  for (const plc::Change& one : change.changes)
    text += fmt::format("  {} {}\n", kMarks.at(static_cast<std::size_t>(one.type)), one.words);
  text += fmt::format("  ({} of 4000 bytes, {} of 10 keys)\n", change.bytes, change.keys);
  return text + change.undo;
}

std::string words_of(const migrate::PlannedStep& step, std::size_t number) {
  std::string text =
      fmt::format("{:>3}. {} ({})\n", number, step.title, migrate::duration_words(step.seconds));
  if (!step.needs.empty()) text += "       needs: " + step.needs + "\n";
  if (!step.can_fail.empty()) text += "       can go wrong: " + step.can_fail + "\n";
  if (step.no_return) text += "       after this there is no way back\n";
  return text;
}

std::string words_of_content(const migrate::DryRun& run) {
  if (!run.observed.content || run.observed.content->flaw) return {};
  const migrate::ContentFacts& content = *run.observed.content;
  return fmt::format("There are {} records ({}) and {} blobs ({}) to carry.\n", counted(content.records),
                     human_bytes(content.car_bytes), counted(content.blobs), human_bytes(content.blob_bytes));
}

data::Array strings(const std::vector<std::string>& texts) {
  data::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

data::Object object_of(const migrate::PlannedStep& step, std::size_t number) {
  return data::Object()
      .set("type", "planned_step")
      .set("number", static_cast<std::int64_t>(number))
      .set("step", step.name)
      .set("title", step.title)
      .set("needs", step.needs)
      .set("can_fail", step.can_fail)
      .set("seconds", step.seconds)
      .set("no_return", step.no_return);
}

data::Array differences_of(const std::vector<plc::Change>& changes) {
  data::Array differences;
  for (const plc::Change& one : changes) {
    differences.emplace_back(data::Object()
                                 .set("change", kTypes.at(static_cast<std::size_t>(one.type)))
                                 .set("what", one.what)
                                 .set("before", one.before)
                                 .set("after", one.after)
                                 .set("words", one.words));
  }
  return differences;
}

data::Object object_of(const migrate::Contestable& one) {
  return data::Object()
      .set("type", "contestable_operation")
      .set("cid", one.cid)
      .set("number", static_cast<std::int64_t>(one.reversal.entry + 1))
      .set("created", os::rfc3339(one.created_us))
      .set("signer", one.signer)
      .set("rank", static_cast<std::int64_t>(one.signer_rank + 1))
      .set("undo_until", os::rfc3339(one.reversal.until_us))
      .set("takes_key", one.takes_key)
      .set("gives_up", one.gives_up)
      .set("answer", kAnswers.at(static_cast<std::size_t>(one.answer)))
      .set("differences", differences_of(one.changes));
}

data::Object object_of(const migrate::PlannedChange& change) {
  return data::Object()
      .set("type", "planned_change")
      .set("title", change.title)
      .set("differences", differences_of(change.changes))
      .set("undo", change.undo)
      .set("bytes", static_cast<std::int64_t>(change.bytes))
      .set("keys", static_cast<std::int64_t>(change.keys));
}

data::Object object_of(const migrate::DryRun& run) {
  const migrate::Observed& seen = run.observed;
  data::Object object;
  object.set("type", "plan")
      .set("did", seen.did.str())
      .set("old_host", seen.old_host)
      .set("new_host", seen.new_host)
      .set("handle", run.plan.handle)
      .set("handle_changes", run.plan.handle_changes)
      .set("needs_invite", run.plan.needs_invite)
      .set("warnings", strings(run.plan.warnings));
  if (run.plan.estimate.known) {
    object.set("seconds", run.plan.estimate.seconds)
        .set("upload_days", static_cast<std::int64_t>(run.plan.estimate.upload_days))
        .set("day", run.plan.estimate.day);
  }
  if (seen.content) {
    const migrate::ContentFacts& content = *seen.content;
    object.set("records", static_cast<std::int64_t>(content.records))
        .set("repository_bytes", static_cast<std::int64_t>(content.car_bytes))
        .set("blobs", static_cast<std::int64_t>(content.blobs))
        .set("blob_bytes", static_cast<std::int64_t>(content.blob_bytes))
        .set("missing_blobs", strings(content.missing));
  }
  data::Array clocks;
  for (const migrate::ClockReading& clock : seen.clocks) {
    clocks.emplace_back(
        data::Object().set("origin", clock.origin).set("ahead_seconds", clock.ahead_us / 1'000'000));
  }
  return object.set("clocks", std::move(clocks)).set("words", run.words);
}

}  // namespace

void show_plan(Shell& shell, const migrate::DryRun& run) {
  shell.object(object_of(run));
  shell.text(run.words + "\n" + words_of_content(run));
  shell.text("\nStep by step:\n");
  for (std::size_t i = 0; i < run.plan.steps.size(); ++i) {
    shell.object(object_of(run.plan.steps[i], i + 1));
    shell.text(words_of(run.plan.steps[i], i + 1));
  }
  for (const migrate::Contestable& one : run.plan.contestable) shell.object(object_of(one));
  for (const migrate::PlannedChange& change : run.plan.changes) {
    shell.object(object_of(change));
    shell.text("\n" + words_of(change));
  }
  if (!run.plan.obstacles.empty())
    shell.text(
        fmt::format("\n{}What stands against it:{}\n", shell.out_style().red, shell.out_style().plain));
  for (const Error& obstacle : run.plan.obstacles) {
    shell.object(data::Object()
                     .set("type", "obstacle")
                     .set("id", obstacle.id)
                     .set("message", obstacle.message)
                     .set("hint", obstacle.hint));
    shell.text(fmt::format("  * {} [{}]\n", printable(obstacle.message), obstacle.id));
    if (!obstacle.hint.empty()) shell.text("    " + printable(obstacle.hint) + "\n");
  }
}

}  // namespace atb::cli
