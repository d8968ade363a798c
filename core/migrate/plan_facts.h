// What a plan is made from, besides plan.h: the account's content, and the clocks of those who take part.
#pragma once

#include "core/base/report.h"
#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atb::migrate {

struct ClockReading {
  std::string who;  // "the new host"; for messages
  std::string origin;
  std::int64_t ahead_us = 0;  // its clock less ours, right to a second or so
};

// A record that the reference server's import does not take.
struct OddRecord {
  std::string path;
  std::string rule;  // that it breaks: "cbor.tag"
};

// What is to be carried: the repository as the old host gives it now, or the user's backup; read and proven.
struct ContentFacts {
  std::uint64_t car_bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t blobs = 0;
  std::uint64_t blob_bytes = 0;             // of those whose size is known
  std::int64_t read_us = 0;                 // how long the repository took from the old host; 0: from a disk
  std::vector<OddRecord> refused = {};      // some of them
  std::vector<std::string> oversized = {};  // CIDs that the new host says it would not take
  std::vector<std::string> missing = {};    // CIDs that nobody has any more; those the user allowed left out
  std::optional<Error> flaw = {};           // it cannot be proven, or is not whole: nothing else counts then
};

// Does the reference server refuse a whole import because of a record that breaks this rule? Tried with the
// decoder of @atproto/pds 0.5.35: floats, keys in another order and invalid UTF-8 pass; anything that
// DAG-CBOR has no form for does not.
bool import_refuses(const std::string& rule);

// Of the directory's log against those of it that were seen before (identity/witness.h): nothing is built on
// one that lacks or replaces an operation. "plan.witness" (refused).
Status check_witnesses(const std::vector<Finding>& contradictions);

}  // namespace atb::migrate
