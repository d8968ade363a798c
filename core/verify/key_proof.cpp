#include "core/verify/key_proof.h"

#include "core/os/clock.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::verify {
namespace {

struct Candidate {
  crypto::PublicKey key;
  KeyProof proof;
  std::optional<plc::KeyPeriod> period;  // from a log
};

// From the PLC log: the key in force first, then former ones from the newest, then those that were nullified.
void add_log_keys(const plc::AuditedLog& log, std::vector<Candidate>& candidates, std::string& problem) {
  std::vector<plc::KeyPeriod> periods = log.signing_keys();
  std::reverse(periods.begin(), periods.end());
  const auto rank = [](const plc::KeyPeriod& period) {
    if (period.nullified) return 2;
    return period.until_us ? 1 : 0;
  };
  std::stable_sort(periods.begin(), periods.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  for (plc::KeyPeriod& period : periods) {
    auto key = crypto::PublicKey::parse_did_key(period.did_key);
    if (!key) {
      problem =
          fmt::format("the log names a key that cannot be used ({}: {})", key.error().id, period.did_key);
      continue;
    }
    const KeyProof proof = period.until_us || period.nullified ? KeyProof::former_key : KeyProof::plc_log;
    candidates.push_back({*key, proof, std::move(period)});
  }
}

void collect(const KeyEvidence& evidence, const syntax::Did& did, std::vector<Candidate>& candidates,
             std::string& problem) {
  if (evidence.log != nullptr) add_log_keys(*evidence.log, candidates, problem);
  // A did:plc document proves nothing by itself: its log does.
  if (evidence.document != nullptr && did.is_web()) {
    if (evidence.document->signing_key) {
      candidates.push_back({*evidence.document->signing_key, KeyProof::web_document, {}});
    } else {
      problem = "the DID document has no usable signing key: " + evidence.document->signing_key_problem;
    }
  }
  if (evidence.given) candidates.push_back({*evidence.given, KeyProof::given_key, {}});
}

std::string period_text(const plc::KeyPeriod& period) {
  return fmt::format("in force from {} to {}", os::rfc3339(period.from_us),
                     period.until_us ? os::rfc3339(*period.until_us) : std::string("now"));
}

// A host whose key was replaced may finish what it was writing; clocks differ.
constexpr std::int64_t kGraceUs = 15LL * 60 * 1'000'000;

// False: the commit claims a time after the key was replaced, as one made with a stolen old key would.
bool former_key_may_sign(const plc::KeyPeriod& period, const repo::Commit& commit) {
  return !commit.rev || !period.until_us || commit.rev->unix_us() <= *period.until_us + kGraceUs;
}

void tell_former_key(const plc::KeyPeriod& period, const repo::Commit& commit, Report& report) {
  report.add(
      {"commit.former_key", Severity::warning, commit.did.str(),
       fmt::format(
           "the commit is signed by a former key of the account ({}), {}: usual just after a move, until the "
           "next post",
           period.did_key, period_text(period))});
  if (!commit.rev) return;
  const std::int64_t time = commit.rev->unix_us();
  if (time >= period.from_us && time <= period.until_us.value_or(time)) return;
  report.add({"commit.rev_outside_period", Severity::warning, commit.rev->str(),
              fmt::format("the commit claims {}, when that key was not in force", os::rfc3339(time))});
}

void accept(const Candidate& candidate, const KeyEvidence& evidence, RepoProof& proof, Report& report) {
  proof.key = candidate.key.did_key();
  proof.key_proof = candidate.proof;
  proof.authentic = true;
  report.add_check("signature", Outcome::passed, "by " + proof.key);
  const repo::Commit& commit = *proof.commit;
  switch (candidate.proof) {
    case KeyProof::plc_log:
      report.add_check("key", Outcome::passed, "the audited PLC log names it now");
      break;
    case KeyProof::former_key:
      if (!former_key_may_sign(*candidate.period, commit)) {
        proof.authentic = false;
        report.add_check("key", Outcome::failed, "a former key, " + period_text(*candidate.period));
        report.add({"commit.after_key", Severity::forged, commit.rev->str(),
                    fmt::format("the commit claims {}, long after the key that signed it was replaced",
                                os::rfc3339(commit.rev->unix_us()))});
        break;
      }
      report.add_check("key", Outcome::passed,
                       "the audited PLC log named it, " + period_text(*candidate.period));
      tell_former_key(*candidate.period, commit, report);
      break;
    case KeyProof::web_document:
      report.add_check("key", Outcome::passed,
                       "the did:web document kept beside it names it; nothing proves that document offline");
      report.add({"key.web_document", Severity::warning, commit.did.str(),
                  "the key comes from a did:web document, which cannot be proven offline"});
      break;
    case KeyProof::given_key:
      report.add_check("key", Outcome::passed, "given by the user");
      report.add({"key.given", Severity::warning, proof.key,
                  evidence.log != nullptr
                      ? "the key was given by the user; the PLC log does not name it"
                      : "the key was given by the user; no PLC log proves that it is the account's"});
      break;
    case KeyProof::none:
      break;
  }
}

}  // namespace

std::string_view name_of(KeyProof proof) {
  switch (proof) {
    case KeyProof::none:
      return "none";
    case KeyProof::plc_log:
      return "plc_log";
    case KeyProof::former_key:
      return "former_key";
    case KeyProof::web_document:
      return "web_document";
    case KeyProof::given_key:
      return "given_key";
  }
  return "none";
}

void prove_key(const KeyEvidence& evidence, RepoProof& proof, Report& report) {
  const repo::Commit& commit = *proof.commit;
  KeyEvidence usable = evidence;
  if (evidence.log != nullptr && evidence.log->did != commit.did) {
    report.add({"log.wrong_did", Severity::forged, evidence.log->did.str(),
                "the PLC log is of another account than the commit, which says " + commit.did.str()});
    usable.log = nullptr;
  }
  if (usable.log != nullptr && usable.log->tombstoned) {
    report.add({"plc.tombstoned", Severity::warning, commit.did.str(), "the PLC log ends with a tombstone"});
  }
  std::vector<Candidate> candidates;
  std::string problem;
  collect(usable, commit.did, candidates, problem);
  if (candidates.empty()) {
    const std::string why = problem.empty() ? "nothing here says which key is the account's" : problem;
    report.add_check("signature", Outcome::not_checked, why);
    report.add_check("key", Outcome::not_checked, why);
    report.add(
        {"key.no_source", Severity::missing, commit.did.str(), why + ": give the PLC log, or the key"});
    return;
  }

  std::string reason;
  for (const Candidate& candidate : candidates) {
    const Status status = repo::check_signature(commit, candidate.key);
    if (!status) {
      if (reason.empty()) reason = status.error().id + ": " + status.error().message;
      continue;
    }
    if (!candidate.period || !candidate.period->nullified) return accept(candidate, usable, proof, report);
    // A key that an overruled operation brought in: whoever signs with it is not the owner.
    report.add_check("signature", Outcome::failed, "made with a nullified key, " + candidate.period->did_key);
    report.add_check("key", Outcome::failed, "the operation that named it was nullified");
    report.add({"commit.nullified_key", Severity::forged, proof.commit_cid.str(),
                "signed by " + candidate.period->did_key + ", which a nullified operation named"});
    return;
  }
  report.add_check("signature", Outcome::failed, reason);
  report.add_check("key", Outcome::failed,
                   fmt::format("none of {} known keys made the signature", candidates.size()));
  report.add({"commit.signature", Severity::forged, proof.commit_cid.str(),
              fmt::format("the signature is not by any key of {} ({})", commit.did.str(), reason)});
}

}  // namespace atb::verify
