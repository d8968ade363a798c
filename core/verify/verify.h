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
                  // "blobs"
};

// Error only when there is nothing to verify (no such file), on I/O, or when stopped.
Result<Verdict> verify_backup(backup::BackupSource& source, const Options& options, Progress& progress,
                              const StopToken& stop);

}  // namespace atb::verify
