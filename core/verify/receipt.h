// The verdict as a file that another person can hold against the same backup, later or elsewhere. Format and
// what it proves: docs/receipt.md. It is not signed: whoever holds it against a backup runs the whole proof
// again, and the receipt says what should come out.
#pragma once

#include "core/verify/verify.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atb::verify {

struct Receipt {
  std::string program;
  std::string time;     // RFC 3339, by the clock of the machine that verified
  std::string verdict;  // "sound", "damaged", …
  int exit = 0;
  std::string given_did;  // --did and --key of that run
  std::string given_key;

  std::string did, handle, commit, data, rev;
  std::string key_proof, key;
  std::string log_head, log_head_time;
  std::uint64_t log_entries = 0;
  std::uint64_t records = 0;
  std::uint64_t deviating_records = 0;
  std::uint64_t nodes = 0;
  std::uint64_t blobs_referenced = 0;
  std::uint64_t blobs_present = 0;
  std::uint64_t blobs_known_missing = 0;

  std::vector<backup::FileEntry> files;  // all but the blobs
  // Of the CIDs of all blobs that are there, a line each, in the order of their text.
  struct Blobs {
    std::uint64_t count = 0;
    std::string sha256;
  };
  std::optional<Blobs> blobs;  // empty: that kind of backup holds none

  std::vector<Check> checks;
  std::vector<Finding> findings;                             // as many as a report keeps
  std::vector<std::pair<std::string, std::uint64_t>> found;  // each id once, with how often
};

// `files` are those of the backup behind `source`: backup::hash_files().
Result<Receipt> make_receipt(backup::BackupSource& source, std::vector<backup::FileEntry> files,
                             const Verdict& verdict, const Options& options);
std::string receipt_json(const Receipt& receipt);
// Ids "receipt.format" (kind corrupt), "receipt.version" (unsupported).
Result<Receipt> parse_receipt(std::string_view json, const Limits& limits);

// Holds the receipt of an earlier run against that of this one. Adds the check "receipt", and findings:
//   "receipt.account"  the receipt is of another account; nothing else is compared then
//   "receipt.commit"   another commit, tree or rev
//   "receipt.key"      another key, or one that is proven in another way
//   "receipt.log"      another PLC log
//   "receipt.file"     a file is another one or is gone, or the blobs are others
//   "receipt.check"    a check came out otherwise
//   "receipt.finding"  a finding that was not told then, or is not told now
// each an alarm; "receipt.new_file" (info) for a file, "receipt.more_checked" (info) for a check, that the
// receipt does without; "receipt.future" (warning) when it says that it was made later than now.
void compare_receipts(const Receipt& then, const Receipt& now, std::int64_t now_us, Report& report);

}  // namespace atb::verify
