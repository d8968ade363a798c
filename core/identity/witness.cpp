#include "core/identity/witness.h"

#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/crypto/sha256.h"
#include "core/data/json.h"
#include "core/os/atomic_file.h"
#include "core/plc/operation_file.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::identity {
namespace {

constexpr std::string_view kEnding = ".json";
constexpr std::size_t kNameDigits = 32;
// Logs that contradict each other: whoever makes many wants the disk full, and a few prove it.
constexpr std::size_t kMostLogs = 16;

}  // namespace

Comparison compare(const std::vector<plc::LogEntry>& witness, const std::vector<plc::LogEntry>& now) {
  for (std::size_t i = 0; i < witness.size(); ++i) {
    if (i == now.size()) return {Witnessed::shortened, i};
    if (witness[i].cid != now[i].cid) return {Witnessed::rewritten, i};
  }
  for (std::size_t i = 0; i < witness.size(); ++i) {
    if (witness[i].created_us != now[i].created_us) return {Witnessed::redated, i};
  }
  if (now.size() > witness.size()) return {Witnessed::grown, witness.size()};
  return {Witnessed::same, 0};
}

std::optional<Finding> finding_of(const Comparison& comparison, const std::vector<plc::LogEntry>& witness,
                                  const std::string& where) {
  const auto told = [&](std::string_view id, Severity severity, std::string_view what) {
    const plc::LogEntry& entry = witness[comparison.entry];
    return Finding{std::string(id), severity, where,
                   fmt::format("the log {} operation {} of {} ({}), which the directory has shown before",
                               what, comparison.entry + 1, printable(entry.created_at, 40), entry.cid.str())};
  };
  switch (comparison.outcome) {
    case Witnessed::rewritten:
      return told("plc.witness_rewritten", Severity::forged, "shows another operation in the place of");
    case Witnessed::shortened:
      return told(kShortened, Severity::forged, "no longer shows");
    case Witnessed::redated:
      return told("plc.witness_redated", Severity::alarm, "has changed the time of");
    case Witnessed::same:
    case Witnessed::grown:
      break;
  }
  return std::nullopt;
}

WitnessStore::WitnessStore(os::FileSystem& fs, os::Random& random, std::string folder, Limits limits)
    : fs_(fs), random_(random), folder_(std::move(folder)), limits_(limits) {}

std::string WitnessStore::folder_of(const syntax::Did& did) const {
  std::string name = did.str();
  std::ranges::replace(name, ':', '_');
  return os::join(folder_, name);
}

Result<std::vector<WitnessStore::Witness>> WitnessStore::of(const syntax::Did& did) {
  std::vector<Witness> witnesses;
  const std::string folder = folder_of(did);
  const auto names = fs_.list(folder);
  if (!names && names.error().kind == ErrorKind::not_found) return witnesses;
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (os::is_temporary_name(name) || !name.ends_with(kEnding)) continue;
    const std::string path = os::join(folder, name);
    // Gone meanwhile (another process has seen a longer one), or damaged: no witness.
    const auto text = os::read_file(fs_, path, limits_.json_bytes);
    if (!text) continue;
    auto entries = plc::parse_log(as_text(*text), limits_);
    if (!entries || entries->empty() || entries->front().did != did) continue;
    witnesses.push_back({path, *std::move(entries)});
  }
  std::ranges::stable_sort(witnesses, std::ranges::greater{},
                           [](const Witness& one) { return one.entries.size(); });
  return witnesses;
}

Result<std::vector<syntax::Did>> WitnessStore::dids() {
  std::vector<syntax::Did> list;
  const auto names = fs_.list(folder_);
  if (!names && names.error().kind == ErrorKind::not_found) return list;
  if (!names) return std::unexpected(names.error());
  for (std::string name : *names) {
    std::ranges::replace(name, '_', ':');
    if (auto did = syntax::Did::parse(name)) list.push_back(*std::move(did));
  }
  return list;
}

Result<std::vector<Finding>> WitnessStore::look(const plc::AuditedLog& log) {
  std::vector<Finding> findings;
  for (const Witness& one : TRY(of(log.did))) {
    if (auto finding = finding_of(compare(one.entries, log.entries), one.entries, one.path))
      findings.push_back(*std::move(finding));
  }
  return findings;
}

Status WitnessStore::keep(const plc::AuditedLog& log) {
  const std::scoped_lock lock(keeping_);
  const std::vector<Witness> witnesses = TRY(of(log.did));
  std::vector<std::string> outgrown;
  for (const Witness& one : witnesses) {
    const Witnessed outcome = compare(one.entries, log.entries).outcome;
    if (outcome == Witnessed::same || outcome == Witnessed::shortened) return {};
    if (outcome == Witnessed::grown) outgrown.push_back(one.path);
  }
  if (witnesses.size() - outgrown.size() >= kMostLogs) return {};
  const std::string folder = folder_of(log.did);
  const std::string json = data::to_json(plc::log_json(log.entries));
  const std::string name = hex_encode(crypto::sha256(as_bytes(json))).substr(0, kNameDigits);
  TRY(fs_.make_folders(folder));
  TRY(os::write_file(fs_, random_, os::join(folder, name + std::string(kEnding)), as_bytes(json)));
  for (const std::string& path : outgrown) {
    const auto removed = fs_.remove(path);
    if (!removed && removed.error().kind != ErrorKind::not_found) return removed;
  }
  return {};
}

}  // namespace atb::identity
