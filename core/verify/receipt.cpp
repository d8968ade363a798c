#include "core/verify/receipt.h"

#include "core/base/encoding.h"
#include "core/crypto/sha256.h"
#include "core/os/clock.h"
#include "core/syntax/datetime.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace atb::verify {
namespace {

constexpr std::int64_t kClockToleranceUs = 5LL * 60 * 1'000'000;

Result<std::optional<Receipt::Blobs>> list_blobs(backup::BackupSource& source) {
  if (!source.holds_blobs()) return std::optional<Receipt::Blobs>{};
  const std::vector<backup::BlobFile> blobs = TRY(source.list_blobs());
  std::set<std::string> names;
  for (const backup::BlobFile& blob : blobs) names.insert(blob.cid.str());
  crypto::Sha256 hash;
  for (const std::string& name : names) hash.update(as_bytes(name + "\n"));
  return std::optional(Receipt::Blobs{names.size(), hex_encode(hash.finish())});
}

class Comparison {
 public:
  explicit Comparison(Report& report) : report_(report) {}

  void text(const char* id, const std::string& name, const std::string& then, const std::string& now) {
    if (then == now) return;
    const auto shown = [](const std::string& value) { return value.empty() ? std::string("none") : value; };
    differs(id, name, fmt::format("the receipt says {}, it is {}", shown(then), shown(now)));
  }
  void number(const char* id, const std::string& name, std::uint64_t then, std::uint64_t now) {
    text(id, name, std::to_string(then), std::to_string(now));
  }
  void differs(const char* id, const std::string& where, std::string detail) {
    ++differences_;
    report_.add({id, Severity::alarm, where, std::move(detail)});
  }
  void tell(const char* id, const std::string& where, std::string detail) {
    report_.add({id, Severity::info, where, std::move(detail)});
  }
  std::uint64_t differences() const { return differences_; }

 private:
  Report& report_;
  std::uint64_t differences_ = 0;
};

void compare_files(const Receipt& then, const Receipt& now, Comparison& comparison) {
  const auto find = [](const Receipt& receipt, const std::string& name) -> const backup::FileEntry* {
    const auto found = std::ranges::find(receipt.files, name, &backup::FileEntry::name);
    return found == receipt.files.end() ? nullptr : &*found;
  };
  for (const backup::FileEntry& file : then.files) {
    const backup::FileEntry* present = find(now, file.name);
    if (present == nullptr) {
      comparison.differs("receipt.file", file.name, "the receipt lists it, and it is not there");
    } else if (*present != file) {
      comparison.differs(
          "receipt.file", file.name,
          fmt::format("its {} bytes are not the {} that the receipt lists", present->bytes, file.bytes));
    }
  }
  for (const backup::FileEntry& file : now.files) {
    if (find(then, file.name) == nullptr)
      comparison.tell("receipt.new_file", file.name, "the receipt does not list this file");
  }
  if (!then.blobs || !now.blobs) {
    if (then.blobs) comparison.differs("receipt.file", "blobs", "the receipt lists blobs, and here are none");
    return;
  }
  if (then.blobs->sha256 != now.blobs->sha256) {
    comparison.differs(
        "receipt.file", "blobs",
        fmt::format("the {} blobs here are not the {} of the receipt", now.blobs->count, then.blobs->count));
  }
}

// There may be several of one name: the worst counts.
std::map<std::string, Outcome> outcomes_of(const Receipt& receipt) {
  const auto rank = [](Outcome outcome) {
    return outcome == Outcome::failed ? 2 : outcome == Outcome::passed ? 0 : 1;
  };
  std::map<std::string, Outcome> outcomes;
  for (const Check& check : receipt.checks) {
    const auto [known, is_new] = outcomes.emplace(check.name, check.outcome);
    if (!is_new && rank(check.outcome) > rank(known->second)) known->second = check.outcome;
  }
  return outcomes;
}

void compare_checks(const Receipt& then, const Receipt& now, Comparison& comparison) {
  const auto before = outcomes_of(then), after = outcomes_of(now);
  for (const auto& [name, outcome] : before) {
    const auto found = after.find(name);
    if (found == after.end()) {
      comparison.differs("receipt.check", name, "the receipt has a check that this program does not make");
    } else if (found->second == Outcome::passed && outcome == Outcome::not_checked) {
      comparison.tell("receipt.more_checked", name, "not checked in the receipt, and passed now");
    } else if (found->second != outcome) {
      comparison.differs("receipt.check", name,
                         fmt::format("{} in the receipt, {} now", name_of(outcome), name_of(found->second)));
    }
  }
}

void compare_findings(const Receipt& then, const Receipt& now, Comparison& comparison) {
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> counts;
  for (const auto& [id, number] : then.found) counts[id].first = number;
  for (const auto& [id, number] : now.found) counts[id].second = number;
  for (const auto& [id, both] : counts) comparison.number("receipt.finding", id, both.first, both.second);
}

void compare_content(const Receipt& then, const Receipt& now, Comparison& comparison) {
  comparison.text("receipt.commit", "commit", then.commit, now.commit);
  comparison.text("receipt.commit", "data", then.data, now.data);
  comparison.text("receipt.commit", "rev", then.rev, now.rev);
  comparison.text("receipt.key", "proof of the key", then.key_proof, now.key_proof);
  comparison.text("receipt.key", "key", then.key, now.key);
  comparison.text("receipt.log", "last entry in force", then.log_head, now.log_head);
  comparison.number("receipt.log", "entries", then.log_entries, now.log_entries);
  compare_files(then, now, comparison);
  compare_checks(then, now, comparison);
  compare_findings(then, now, comparison);
}

}  // namespace

Result<Receipt> make_receipt(backup::BackupSource& source, std::vector<backup::FileEntry> files,
                             const Verdict& verdict, const Options& options) {
  const RepoProof& proof = verdict.proof;
  Receipt receipt;
  receipt.program = "atbackup " ATB_VERSION;
  receipt.time = os::rfc3339(options.now_us);
  if (options.expected_did) receipt.given_did = options.expected_did->str();
  if (options.key) receipt.given_key = options.key->did_key();
  receipt.did = verdict.did;
  receipt.handle = verdict.handle;
  if (proof.commit) {
    receipt.commit = proof.commit_cid.str();
    receipt.data = proof.commit->data.str();
    if (proof.commit->rev) receipt.rev = proof.commit->rev->str();
  }
  receipt.key_proof = name_of(proof.key_proof);
  receipt.key = proof.key;
  receipt.log_head = verdict.log_head;
  receipt.log_head_time = verdict.log_head_time;
  receipt.log_entries = verdict.log_entries;
  receipt.records = proof.records;
  receipt.deviating_records = proof.deviating_records;
  receipt.nodes = proof.nodes;
  receipt.blobs_referenced = verdict.blobs_referenced;
  receipt.blobs_present = verdict.blobs_present;
  receipt.blobs_known_missing = verdict.blobs_known_missing;
  receipt.files = std::move(files);
  receipt.blobs = TRY(list_blobs(source));
  receipt.checks = verdict.report.checks();
  receipt.findings = verdict.report.findings();
  std::map<std::string, std::uint64_t> found;
  for (const Finding& finding : receipt.findings) found[finding.id] = verdict.report.count(finding.id);
  receipt.found.assign(found.begin(), found.end());
  return receipt;
}

void compare_receipts(const Receipt& then, const Receipt& now, std::int64_t now_us, Report& report) {
  Comparison comparison(report);
  comparison.text("receipt.account", "account", then.did, now.did);
  if (comparison.differences() == 0) compare_content(then, now, comparison);
  const auto made = syntax::Datetime::parse(then.time);
  if (made && made->unix_us() > now_us + kClockToleranceUs) {
    report.add({"receipt.future", Severity::warning, then.time,
                "the receipt says that it was made later than it is now by the clock of this machine"});
  }
  if (comparison.differences() == 0) {
    report.add_check("receipt", Outcome::passed,
                     fmt::format("as {} found it at {}", then.program, then.time));
  } else {
    report.add_check("receipt", Outcome::failed,
                     fmt::format("{} differences from what {} found at {}", comparison.differences(),
                                 then.program, then.time));
  }
}

}  // namespace atb::verify
