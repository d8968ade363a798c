// plc log, plc verify, plc diff: the history of an identity, looked at.
#include "cli/commands/commands.h"
#include "cli/commands/plc_input.h"
#include "cli/render/findings.h"
#include "core/base/text.h"
#include "core/plc/forks.h"
#include "core/plc/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atb::cli {
namespace {

std::string times(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

char mark_of(plc::Change::Type type) {
  static constexpr std::string_view kMarks = "+-~ ";
  return kMarks.at(static_cast<std::size_t>(type));
}

std::string_view word_for(plc::Change::Type type) {
  static constexpr std::array<std::string_view, 4> kWords = {"added", "removed", "changed", "kept"};
  return kWords.at(static_cast<std::size_t>(type));
}

data::Object object_of(const plc::Change& change) {
  return data::Object()
      .set("change", word_for(change.type))
      .set("what", change.what)
      .set("before", change.before)
      .set("after", change.after)
      .set("words", change.words);
}

std::vector<plc::Change> changes_between(const plc::State& before, const plc::State& after) {
  auto changes = plc::diff(before, after);
  std::erase_if(changes, [](const plc::Change& change) { return change.type == plc::Change::Type::kept; });
  return changes;
}

std::string lines_of(const std::vector<plc::Change>& changes, std::string_view indent) {
  std::string text;
  for (const plc::Change& change : changes)
    text += fmt::format("{}{} {}\n", indent, mark_of(change.type), change.words);
  return text;
}

const plc::State& state_before(const plc::AuditedLog& log, std::size_t entry) {
  static const plc::State kNothing;
  const auto prev = plc::previous_of(log, entry);
  return prev ? log.entries[*prev].operation.state() : kNothing;
}

std::size_t keys_that_could_sign(const plc::AuditedLog& log, std::size_t entry) {
  const auto prev = plc::previous_of(log, entry);
  return log.entries[prev.value_or(entry)].operation.state().rotation_keys.size();
}

std::string_view kind_of(const plc::AuditedLog& log, std::size_t entry) {
  switch (log.entries[entry].operation.kind()) {
    case plc::Kind::tombstone:
      return "tombstone";
    case plc::Kind::legacy_create:
      return "legacy_create";
    case plc::Kind::operation:
      break;
  }
  return entry == 0 ? "create" : "update";
}

std::string standing(const plc::AuditedLog& log, std::size_t entry) {
  if (const auto by = plc::undone_by(log, entry)) return fmt::format("UNDONE by operation {}", *by + 1);
  return entry == log.head ? "in force" : "";
}

// One operation for people.
std::string words_of(const plc::AuditedLog& log, std::size_t entry, const OwnKeys& own, std::int64_t now_us) {
  const plc::AuditedEntry& audit = log.audit[entry];
  std::string text =
      fmt::format("{:>3}  {}  {}\n", entry + 1, os::rfc3339(audit.created_us), standing(log, entry));
  text += fmt::format("     {}\n", log.entries[entry].cid.str());
  text += fmt::format("     signed by {}{}, rank {} of {}\n", printable(audit.signer, 300),
                      own.mark(audit.signer), audit.signer_rank + 1, keys_that_could_sign(log, entry));
  if (log.entries[entry].operation.kind() == plc::Kind::tombstone) {
    text += "     - The identity is given up for good.\n";
  } else {
    text +=
        lines_of(changes_between(state_before(log, entry), log.entries[entry].operation.state()), "     ");
  }
  if (const auto undoing = plc::undoing_of(log, entry, now_us)) {
    text += fmt::format("     can be undone until {} by:\n", os::rfc3339(undoing->until_us));
    for (const std::string& key : undoing->keys)
      text += fmt::format("       {}{}\n", printable(key, 300), own.mark(key));
  }
  return text;
}

data::Object object_of(const plc::AuditedLog& log, std::size_t entry, const OwnKeys& own,
                       std::int64_t now_us) {
  const plc::AuditedEntry& audit = log.audit[entry];
  data::Object object;
  object.set("type", "operation")
      .set("number", static_cast<std::int64_t>(entry + 1))
      .set("cid", log.entries[entry].cid.str())
      .set("created", log.entries[entry].created_at)
      .set("kind", kind_of(log, entry))
      .set("nullified", audit.nullified)
      .set("signer", audit.signer)
      .set("rank", static_cast<std::int64_t>(audit.signer_rank + 1))
      .set("of", static_cast<std::int64_t>(keys_that_could_sign(log, entry)));
  if (const auto prev = plc::previous_of(log, entry)) object.set("prev", log.entries[*prev].cid.str());
  if (const auto by = plc::undone_by(log, entry)) object.set("undone_by", log.entries[*by].cid.str());
  if (const std::string file = own.file_of(audit.signer); !file.empty()) object.set("signer_file", file);
  if (const auto undoing = plc::undoing_of(log, entry, now_us)) {
    data::Array keys(undoing->keys.begin(), undoing->keys.end());
    object.set("undo_until", os::rfc3339(undoing->until_us)).set("undo_by", std::move(keys));
  }
  data::Array changes;
  for (const plc::Change& change :
       changes_between(state_before(log, entry), log.entries[entry].operation.state()))
    changes.emplace_back(object_of(change));
  return object.set("changes", std::move(changes));
}

std::size_t undone_in(const plc::AuditedLog& log) {
  return static_cast<std::size_t>(std::ranges::count_if(log.audit, &plc::AuditedEntry::nullified));
}

data::Object summary_of(const GivenLog& given) {
  const plc::AuditedLog& log = given.log;
  const auto& keys = log.state().rotation_keys;
  return data::Object()
      .set("did", log.did.str())
      .set("from", given.from)
      .set("handle", log.state().handle())
      .set("entries", static_cast<std::int64_t>(log.entries.size()))
      .set("undone", static_cast<std::int64_t>(undone_in(log)))
      .set("head", log.head_cid().str())
      .set("tombstoned", log.tombstoned)
      .set("rotation_keys", data::Array(keys.begin(), keys.end()));
}

std::string head_of(const GivenLog& given) {
  const std::string handle = given.log.state().handle();
  return given.log.did.str() + (handle.empty() ? "" : " (" + printable(handle) + ")");
}

Report report_of(const GivenLog& given) {
  Report report;
  for (const Finding& finding : given.contradictions) report.add(finding);
  return report;
}

// The document that the directory gives out must be what its log says.
Status check_document(Shell& shell, const GivenLog& given) {
  if (!given.from_directory || given.log.tombstoned) return {};
  exporter::Context& context = *TRY(shell.context());
  TRY(context.resolver.resolve_plc(given.log.did, context.stop));
  return {};
}

Result<GivenLog> verified(Shell& shell, const PlcOptions& options) {
  auto given = TRY(read_log(shell, options.what));
  if (!options.did.empty() && given.log.did.str() != options.did) {
    return fail(ErrorKind::untrusted, "plc.other_did",
                given.from + " is the log of " + given.log.did.str() + ", not of " + printable(options.did));
  }
  TRY(check_document(shell, given));
  return given;
}

}  // namespace

ExitCode run_plc_log(Shell& shell, const PlcOptions& options) {
  const auto given = read_log(shell, options.what);
  if (!given) return shell.error(given.error());
  const plc::AuditedLog& log = given->log;
  const OwnKeys own(shell);
  const std::int64_t now_us = shell.world().clock.wall_us();
  shell.text(fmt::format("{}: {}, {} of them undone\n  from {}\n", head_of(*given),
                         times(log.entries.size(), "operation", "operations"), undone_in(log),
                         printable(given->from)));
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    shell.object(object_of(log, i, own, now_us));
    shell.text("\n" + words_of(log, i, own, now_us));
  }
  const Report report = report_of(*given);
  show_report(shell, report);
  return shell.summary("plc log", exit_code_of(report), summary_of(*given));
}

ExitCode run_plc_verify(Shell& shell, const PlcOptions& options) {
  const auto given = verified(shell, options);
  if (!given) return shell.error(given.error());
  const plc::AuditedLog& log = given->log;
  const OwnKeys own(shell);
  const Report report = report_of(*given);
  const ExitCode code = exit_code_of(report);
  shell.text(fmt::format("{}: {}\n", head_of(*given),
                         code == ExitCode::done ? "the log holds" : "SOMEONE SHOULD LOOK"));
  shell.text(fmt::format("  from        {}\n", printable(given->from)));
  shell.text(fmt::format("  operations  {}, {} of them undone; every signature and every link checked\n",
                         log.entries.size(), undone_in(log)));
  shell.text(fmt::format("  in force    {}, of {}{}\n", log.head_cid().str(),
                         os::rfc3339(log.audit[log.head].created_us),
                         log.tombstoned ? ": the identity is given up" : ""));
  const auto& keys = log.state().rotation_keys;
  for (std::size_t i = 0; i < keys.size(); ++i)
    shell.text(fmt::format("  key {:<7} {}{}\n", i + 1, printable(keys[i], 300), own.mark(keys[i])));
  shell.text(report.findings().empty() ? "  witness     no log of it that was seen before says otherwise\n"
                                       : "  witness     CONTRADICTED by logs that were seen before:\n");
  show_report(shell, report);
  return shell.summary("plc verify", code, summary_of(*given));
}

namespace {

// What the identity is by this side; for an operation that only adds to a log, the log says the rest.
const plc::State& state_of(const Side& side) {
  return side.operation ? side.operation->operation.state() : side.log->log.state();
}

// A DID document does not list rotation keys, and these are then not compared.
plc::State state_of_document(const did::Document& document, const plc::State& other) {
  plc::State state = other;
  state.also_known_as = document.also_known_as;
  std::erase_if(state.verification_methods, [](const auto& one) { return one.first == "atproto"; });
  if (document.signing_key)
    state.verification_methods.emplace_back("atproto", document.signing_key->did_key());
  std::erase_if(state.services, [](const auto& one) { return one.first == "atproto_pds"; });
  if (document.host)
    state.services.emplace_back("atproto_pds", plc::Service{"AtprotoPersonalDataServer", *document.host});
  return state;
}

struct Difference {
  plc::State before;
  plc::State after;
  std::vector<std::string> words;  // how the two stand to each other
  Report report;
};

Result<syntax::Did> did_of_side(const Side& side, const syntax::Did& other) {
  if (side.log) return side.log->log.did;
  if (side.document) return side.document->did;
  return side.operation->did.value_or(other);
}

std::string goes_on(const Side& shorter, const Side& longer, std::size_t more) {
  return fmt::format("{} goes on where {} ends, by {}", printable(longer.from), printable(shorter.from),
                     times(more, "operation", "operations"));
}

void compare_logs(const Side& a, const Side& b, Difference& difference) {
  const auto& left = a.log->log.entries;
  const auto& right = b.log->log.entries;
  const identity::Comparison comparison = identity::compare(left, right);
  switch (comparison.outcome) {
    case identity::Witnessed::same:
      difference.words.emplace_back("both histories are the same");
      return;
    case identity::Witnessed::grown:
      difference.words.push_back(goes_on(a, b, right.size() - left.size()));
      return;
    case identity::Witnessed::shortened:
      difference.words.push_back(goes_on(b, a, left.size() - right.size()));
      return;
    case identity::Witnessed::redated:
    case identity::Witnessed::rewritten:
      break;
  }
  const bool redated = comparison.outcome == identity::Witnessed::redated;
  difference.report.add(
      {redated ? "plc.redated" : "plc.diverged", redated ? Severity::alarm : Severity::forged, b.from,
       fmt::format("from operation {} on the histories {}: one of the two was changed", comparison.entry + 1,
                   redated ? "tell other times" : "are not the same")});
}

// What an operation would change, where it would stand.
void place_operation(const Side& on, const Side& of, std::int64_t now_us, Difference& difference) {
  const plc::AuditedLog& log = on.log->log;
  const plc::Operation& operation = of.operation->operation;
  if (!of.operation->is_signed) {
    difference.words.emplace_back("the operation is not signed yet");
    return;
  }
  const auto known = std::ranges::find(log.entries, operation.cid(), &plc::LogEntry::cid);
  if (known != log.entries.end()) {
    difference.words.push_back(
        fmt::format("the operation is number {} of the log", known - log.entries.begin() + 1));
    return;
  }
  const auto placement = plc::place(log, operation, now_us);
  if (!placement) {
    difference.words.push_back("the directory would not take it: " + placement.error().message);
    return;
  }
  std::string words = fmt::format("it would follow operation {}, signed at rank {}", placement->prev + 1,
                                  placement->signer_rank + 1);
  for (const std::size_t gone : placement->undoes) words += fmt::format("; operation {} is undone", gone + 1);
  difference.words.push_back(std::move(words));
}

Failure no_common_ground() {
  return fail(ErrorKind::invalid_input, "usage", "two DID documents say nothing about rotation keys",
              "compare one of them with the log");
}

Result<Difference> difference_of(Shell& shell, const PlcOptions& options) {
  const Side a = TRY(read_side(shell, options.what));
  const Side b = TRY(read_side(shell, options.other));
  if (a.document && b.document) return no_common_ground();
  const syntax::Did unknown = *syntax::Did::parse("did:plc:unknown");
  const syntax::Did left = TRY(did_of_side(a, unknown));
  const syntax::Did right = TRY(did_of_side(b, left));
  if (left != unknown && left != right) {
    return fail(ErrorKind::invalid_input, "plc.other_did",
                fmt::format("{} is of {}, and {} of {}", printable(a.from), left.str(), printable(b.from),
                            right.str()));
  }
  Difference difference;
  difference.before = a.document ? state_of_document(*a.document, state_of(b)) : state_of(a);
  difference.after = b.document ? state_of_document(*b.document, difference.before) : state_of(b);
  if (a.log && b.log) compare_logs(a, b, difference);
  if (a.log && b.operation) place_operation(a, b, shell.world().clock.wall_us(), difference);
  for (const Side* side : {&a, &b}) {
    if (!side->log) continue;
    for (const Finding& finding : held_against(*side->log)) difference.report.add(finding);
  }
  return difference;
}

}  // namespace

ExitCode run_plc_diff(Shell& shell, const PlcOptions& options) {
  const auto difference = difference_of(shell, options);
  if (!difference) return shell.error(difference.error());
  const auto changes = changes_between(difference->before, difference->after);
  for (const plc::Change& change : changes) shell.object(object_of(change).set("type", "change"));
  for (const std::string& words : difference->words) shell.text(printable(words) + ".\n");
  shell.text(changes.empty() ? "The identity is the same in both.\n" : lines_of(changes, "  "));
  show_report(shell, difference->report);
  data::Array words(difference->words.begin(), difference->words.end());
  return shell.summary("plc diff", exit_code_of(difference->report),
                       data::Object()
                           .set("same", changes.empty())
                           .set("changes", static_cast<std::int64_t>(changes.size()))
                           .set("words", std::move(words)));
}

}  // namespace atb::cli
