// `verify`: the whole proof of a backup, offline. Never the network.
#pragma once

#include "core/backup/source.h"
#include "core/verify/proof.h"

#include <optional>
#include <string>

namespace atb::verify {

struct Options {
  std::optional<syntax::Did> expected_did;
  std::optional<crypto::PublicKey> key;  // --key
  std::int64_t now_us = 0;
  // Looking at a record need not read every picture. What is left out has no check in the report.
  bool files = true;
  bool blobs = true;
  Limits limits;
};

struct Verdict {
  std::string did;     // as the commit says; empty when unreadable
  std::string handle;  // from the log or document; not proven offline
  RepoProof proof;
  std::string log_head;  // CID of the log's last entry in force
  std::string log_head_time;
  std::size_t log_entries = 0;
  std::uint64_t blobs_referenced = 0;
  std::uint64_t blobs_present = 0;  // and hashing right
  std::uint64_t blob_bytes = 0;
  std::uint64_t blobs_known_missing = 0;  // listed as missing by the manifest
  std::uint64_t extra_blocks = 0;
  Report report;  // checks: "files", "car", "blocks", "commit", "signature", "key", "log", "tree", "records",
                  // "references", "blobs"; against a receipt (receipt.h) "receipt" too
};

// For looking in: what the proof hands out on its way. A failing call ends the run.
class Taker {
 public:
  virtual ~Taker() = default;
  // The account that the commit names, and its handle by the log or document beside it (not proven offline;
  // may be empty). Before the first record; never when the commit cannot be read.
  virtual Status account(const syntax::Did&, const std::string&) { return {}; }
  // As ReachedSink::record().
  virtual Status record(std::string_view, const ipld::Cid&, ByteView, std::string_view) { return {}; }
  // The repository after its proof, while it is open. `so_far` lacks the blobs only.
  virtual Status repository(backup::Repository&, const Verdict&) { return {}; }
  // Where the bytes of a blob go while they are hashed; null: nowhere. `reference` is null when no record
  // points to it.
  virtual Result<ByteSink*> blob(const ipld::Cid&, const data::BlobRef*) { return nullptr; }
  // All its bytes went there; `right`: they hash to its CID.
  virtual Status end_blob(bool) { return {}; }
};

// Error only when there is nothing to verify (no such file), on I/O, or when stopped.
Result<Verdict> verify_backup(backup::BackupSource& source, const Options& options, Progress& progress,
                              const StopToken& stop, Taker* taker = nullptr);

}  // namespace atb::verify
