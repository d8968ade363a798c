// The chain of proof from blocks to an account, the one place where it is made: export, verify and the move
// all call it.
//
//   every block's hash (the BlockSource's promise) -> commit structure and DID -> signature -> the key,
//   proven by the DID's audited PLC log -> the whole MST -> every record -> blob references
#pragma once

#include "core/base/progress.h"
#include "core/base/report.h"
#include "core/base/stop.h"
#include "core/data/cbor.h"
#include "core/did/document.h"
#include "core/ipld/block_source.h"
#include "core/plc/audit.h"
#include "core/repo/commit.h"
#include "core/verify/gathered.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atb::verify {

// What proves that a key is the account's.
struct KeyEvidence {
  const plc::AuditedLog* log = nullptr;     // did:plc
  const did::Document* document = nullptr;  // did:web, or beside a log
  std::optional<crypto::PublicKey> given;   // --key: the user's word
};

enum class KeyProof : std::uint8_t {
  none,          // no source for the key: the signature could not be checked
  plc_log,       // the key that the audited log names now
  former_key,    // a key the log named before, never nullified: a repository just moved; the rev is the
                 // signer's claim
  web_document,  // the did:web document kept at export; unproven
  given_key,
};
std::string_view name_of(KeyProof proof);

struct ProofOptions {
  std::optional<syntax::Did> expected_did;  // another one is a forgery: "commit.wrong_did"
  KeyEvidence evidence;
  std::int64_t now_us = 0;  // a rev later than this is a warning: "commit.future_rev"
  Limits limits;
};

struct RepoProof {
  std::optional<repo::Commit> commit;               // empty when it could not be read
  ipld::Cid commit_cid{ipld::Codec::dag_cbor, {}};  // the root that was asked for
  KeyProof key_proof = KeyProof::none;
  std::string key;  // did:key that verified the signature
  std::uint64_t nodes = 0;
  std::uint64_t records = 0;
  std::uint64_t record_bytes = 0;
  std::uint64_t deviating_records = 0;
  std::vector<data::BlobRef> blobs;                                // each CID once, sorted by CID
  std::vector<std::pair<std::string, std::uint64_t>> collections;  // sorted by name, with counts
  std::vector<ipld::Cid> missing;  // nodes and records that are not there; at most 100,000 are kept
  std::uint64_t missing_count = 0;
  std::uint64_t breaches = 0;  // rules of the tree that are broken; missing blocks are not counted here
  bool tree_complete = false;  // walked whole: nothing missing, no rule broken
  bool authentic = false;      // signature passed with some key proof
  bool wrong_did = false;      // the commit is of another account than expected
  // Commit, signature, tree and records all passed, and it is the account expected.
  bool sound() const { return commit.has_value() && authentic && !wrong_did && tree_complete; }
};

// Walks everything. Adds checks "commit", "signature", "key", "tree", "records" and findings to `report`. An
// Error only for I/O, interruption, or our own faults: what is wrong with the repository is in the report.
// What is told on the way; a failing one ends the proof.
class ReachedSink {
 public:
  virtual ~ReachedSink() = default;
  // Every block that belongs, depth-first: commit, nodes, records, with its bytes; a plain record that was
  // not read (wants_records) without. One that belongs at several places comes at each.
  virtual Status reached(const ipld::Cid& cid, ByteView block) = 0;
  // First of all: the commit is read and its signature looked at; the tree comes next.
  virtual Status commit(const RepoProof&) { return {}; }
  // False: record() need not be called, and then a plain record (BlockSource::plain_bytes) need not be read.
  virtual bool wants_records() const { return true; }
  // A record in its place, with its block, which hashes right, and the first rule of the data model that it
  // breaks (mostly none, ""). Keys come strictly ascending.
  virtual Status record(std::string_view, const ipld::Cid&, ByteView, std::string_view) { return {}; }
};
Result<RepoProof> prove_repository(ipld::BlockSource& blocks, const ipld::Cid& root,
                                   const ProofOptions& options, ReachedSink* reached, Report& report,
                                   Progress& progress, const StopToken& stop);
// The same for a repository whose tree and records were found whole as its file was read.
RepoProof prove_gathered(const Gathered& gathered, const ProofOptions& options, Report& report);

}  // namespace atb::verify
