#include "cli/render/findings.h"

#include "core/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::cli {

std::string counted(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", counted(number), number == 1 ? one : many);
}

std::string words_for(verify::KeyProof proof) {
  switch (proof) {
    case verify::KeyProof::none:
      return "not proven: nothing here says which key is the account's";
    case verify::KeyProof::plc_log:
      return "proven by the account's PLC log";
    case verify::KeyProof::former_key:
      return "proven by a former key of the account; the revision is the signer's claim";
    case verify::KeyProof::web_document:
      return "signed by the key in the did:web document kept at export (the document itself is unproven)";
    case verify::KeyProof::given_key:
      return "signed by the key you gave";
  }
  return "unknown";
}

namespace {

void put(Shell& shell, std::string_view text, Beside beside) {
  if (beside == Beside::result) {
    shell.tell(text);
  } else {
    shell.text(text);
  }
}

void show_line(Shell& shell, const Finding& finding, Beside beside) {
  std::string line = fmt::format("  {}: {}", name_of(finding.severity), printable(finding.detail));
  if (!finding.where.empty()) line += " (" + printable(finding.where) + ")";
  if (shell.options().verbose > 0) line += " [" + printable(finding.id) + "]";
  put(shell, line + "\n", beside);
}

}  // namespace

data::Object finding_object(const Finding& finding) {
  return data::Object()
      .set("type", "finding")
      .set("id", finding.id)
      .set("severity", name_of(finding.severity))
      .set("where", finding.where)
      .set("detail", finding.detail);
}

void show_finding(Shell& shell, const Finding& finding, Beside beside) {
  shell.object(finding_object(finding));
  show_line(shell, finding, beside);
}

void show_report(Shell& shell, const Report& report, Beside beside) {
  for (const Check& check : report.checks()) {
    shell.object(data::Object()
                     .set("type", "check")
                     .set("name", check.name)
                     .set("outcome", name_of(check.outcome))
                     .set("detail", check.detail));
  }
  std::vector<const Finding*> ordered;
  for (const Finding& finding : report.findings()) ordered.push_back(&finding);
  std::ranges::stable_sort(ordered, std::greater(), [](const Finding* finding) { return finding->severity; });
  constexpr std::size_t kShown = 20;
  std::size_t shown = 0;
  std::size_t held_back = 0;
  for (const Finding* finding : ordered) {
    shell.object(finding_object(*finding));
    if (finding->severity == Severity::info && shell.options().verbose == 0) continue;
    if (shown == kShown && shell.options().verbose == 0) {
      ++held_back;
      continue;
    }
    show_line(shell, *finding, beside);
    ++shown;
  }
  if (held_back != 0) put(shell, fmt::format("  … and {} more; -v shows them all\n", held_back), beside);
}

}  // namespace atb::cli
