// Every log of a DID that was ever seen, kept as a witness against the directory. The directory says in which
// order operations came and when, and nothing of that is signed: whoever has an earlier log can tell when it
// changes its mind.
//
//   <state>/witness/<did, ':' as '_'>/<first 32 hex digits of the log's SHA-256>.json
//
// A log that goes on where an earlier one ended takes its place; logs that contradict each other are all
// kept.
#pragma once

#include "core/base/limits.h"
#include "core/base/report.h"
#include "core/os/file_system.h"
#include "core/os/random.h"
#include "core/plc/audit.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::identity {

// How a log that is seen now stands to one that was seen before. A directory may add operations, and it may
// say of one that it is nullified when one that was added nullifies it by the rules, which the audit has
// checked. All else contradicts.
enum class Witnessed : std::uint8_t {
  same,
  grown,
  redated,    // the same operations, with other times: those decide who may undo what
  shortened,  // the last ones are gone: a copy that lags behind, or a directory that went back
  rewritten,  // another operation stands in the place of one
};
struct Comparison {
  Witnessed outcome = Witnessed::same;
  std::size_t entry = 0;  // of the first that differs
};
Comparison compare(const std::vector<plc::LogEntry>& witness, const std::vector<plc::LogEntry>& now);

inline constexpr std::string_view kShortened = "plc.witness_shortened";

// Contradictions as findings: "plc.witness_rewritten", "plc.witness_shortened" (forged),
// "plc.witness_redated" (alarm). `where`: the witness's file.
std::optional<Finding> finding_of(const Comparison& comparison, const std::vector<plc::LogEntry>& witness,
                                  const std::string& where);

// Threads: all calls are safe from any thread, and from several processes.
class WitnessStore {
 public:
  WitnessStore(os::FileSystem& fs, os::Random& random, std::string folder, Limits limits = {});

  // Holds an audited log against all witnesses of its DID.
  Result<std::vector<Finding>> look(const plc::AuditedLog& log);
  // … and keeps it. A log that is the beginning of one that is kept is not.
  Status keep(const plc::AuditedLog& log);

  struct Witness {
    std::string path;
    std::vector<plc::LogEntry> entries;
  };
  // Those of a DID that can be read; the longest first.
  Result<std::vector<Witness>> of(const syntax::Did& did);
  // The DIDs that have any, sorted.
  Result<std::vector<syntax::Did>> dids();

 private:
  std::string folder_of(const syntax::Did& did) const;
  os::FileSystem& fs_;
  os::Random& random_;
  std::string folder_;
  Limits limits_;
  std::mutex keeping_;
};

}  // namespace atb::identity
