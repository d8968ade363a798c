#include "core/base/report.h"

#include <algorithm>

namespace atb {
namespace {

std::uint8_t bit_of(Severity severity) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(severity));
}

int badness(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return 0;
    case Outcome::not_checked:
      return 1;
    case Outcome::failed:
      return 2;
  }
  return 2;
}

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warning";
    case Severity::alarm:
      return "alarm";
    case Severity::missing:
      return "missing";
    case Severity::damage:
      return "damage";
    case Severity::forged:
      return "forged";
  }
  return "forged";
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return "passed";
    case Outcome::failed:
      return "failed";
    case Outcome::not_checked:
      return "not_checked";
  }
  return "failed";
}

// Ids are few, tens at most: a list is enough.
Report::Count& Report::count_of(std::string_view id) {
  const auto found = std::ranges::find(counts_, id, &Count::id);
  if (found != counts_.end()) return *found;
  return counts_.emplace_back(Count{std::string(id), 0, 0});
}

void Report::keep(Count& count, Finding finding) {
  severities_ |= bit_of(finding.severity);
  if (count.kept >= kept_per_id_) return;
  ++count.kept;
  findings_.push_back(std::move(finding));
}

void Report::add(Finding finding) {
  Count& count = count_of(finding.id);
  ++count.number;
  keep(count, std::move(finding));
}

void Report::add_check(std::string name, Outcome outcome, std::string detail) {
  checks_.push_back({std::move(name), outcome, std::move(detail)});
}

const Check* Report::check(std::string_view name) const {
  const Check* worst = nullptr;
  for (const Check& check : checks_) {
    if (check.name != name) continue;
    if (worst == nullptr || badness(check.outcome) > badness(worst->outcome)) worst = &check;
  }
  return worst;
}

std::uint64_t Report::count(std::string_view id) const {
  const auto found = std::ranges::find(counts_, id, &Count::id);
  return found == counts_.end() ? 0 : found->number;
}

bool Report::has(Severity severity) const { return (severities_ & bit_of(severity)) != 0; }

void Report::merge(const Report& other) {
  if (&other == this) return;
  for (const Finding& finding : other.findings_) keep(count_of(finding.id), finding);
  for (const Count& count : other.counts_) count_of(count.id).number += count.number;
  checks_.insert(checks_.end(), other.checks_.begin(), other.checks_.end());
  severities_ |= other.severities_;
}

}  // namespace atb
