// PLC logs: JSON to operations, the audit, and what is made of the state they end in.
#include "core/base/text.h"
#include "core/data/cbor.h"
#include "core/data/json.h"
#include "core/ipld/cbor_reader.h"
#include "core/plc/audit.h"
#include "core/plc/merge.h"

#include <algorithm>
#include <array>

#include "fuzz/target.h"

namespace atb::fuzz {
namespace {

std::string key_of(std::uint8_t byte) {
  std::array<std::uint8_t, 32> scalar{};
  scalar.fill(byte);
  return crypto::PrivateKey::from_scalar(crypto::Curve::k256, scalar).value().public_key().did_key();
}

void check_operation(const plc::Operation& operation) {
  const Limits limits;
  const auto again = plc::Operation::parse(operation.json(), limits);
  require(again && again->cid() == operation.cid(), "an operation that is written has the same CID");
  require(again->state() == operation.state(), "and the same state");
  const Bytes cbor = operation.signed_cbor();
  require(ipld::check_cbor(cbor, limits).has_value(), "an operation is strict CBOR");
  const auto decoded = data::decode_cbor(cbor, limits);
  require(decoded && *decoded == operation.json(), "an operation comes back from its CBOR");
  (void)plc::check_directory_limits(operation);
}

std::string json_of(const std::vector<plc::LogEntry>& entries) {
  data::Array log;
  for (const plc::LogEntry& entry : entries) {
    log.push_back(data::Object()
                      .set("did", entry.did.str())
                      .set("operation", entry.operation.json())
                      .set("cid", entry.cid.str())
                      .set("nullified", entry.nullified)
                      .set("createdAt", entry.created_at));
  }
  return data::to_json(log);
}

void check_audit(const plc::AuditedLog& log) {
  require(log.head < log.entries.size() && log.audit.size() == log.entries.size(),
          "the audit is of all entries");
  require(!log.audit[log.head].nullified, "the head is in force");
  require(log.entries.front().operation.derived_did() == log.did, "the first operation makes the DID");
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    const plc::LogEntry& entry = log.entries[i];
    require(entry.operation.cid() == entry.cid, "each operation is the one its CID names");
    require(entry.nullified == log.audit[i].nullified, "what is listed as nullified is so");
    const auto signer = crypto::PublicKey::parse_did_key(log.audit[i].signer);
    require(signer.has_value(), "each operation was signed by a key");
  }
  const auto periods = log.signing_keys();
  require(std::ranges::is_sorted(periods, {}, &plc::KeyPeriod::from_us),
          "the spans of keys come oldest first");
  for (const plc::KeyPeriod& period : periods)
    require(!period.until_us || *period.until_us > period.from_us, "a span of time ends after it begins");
}

// What a move would make of it.
void check_move(const plc::Operation& head) {
  static const std::string kHostKey = key_of(7);
  static const std::string kSigningKey = key_of(8);
  static const std::string kUserKey = key_of(9);
  plc::MoveRequest request;
  request.current = head.state();
  request.new_host = {{kHostKey}, kSigningKey, "alice.new.test", "https://new.test"};
  request.recovery_key = kUserKey;
  const auto proposal = plc::merge_for_move(request);
  if (!proposal) return;
  const plc::State& state = proposal->state;
  require(!state.rotation_keys.empty() && state.rotation_keys.front() == kUserKey,
          "the user's key comes first");
  require(state.rotation_keys.back() == kHostKey, "the new host's key comes last");
  const std::string* signing_key = state.verification_method("atproto");
  require(signing_key != nullptr && *signing_key == kSigningKey, "the new host's key signs");
  require(state.handle() == "alice.new.test", "the handle is the new one");
  const auto operation = plc::Operation::make(state, head.cid());
  require(plc::check_directory_limits(operation).has_value(), "the directory takes what a move makes");
  for (const plc::Change& change : plc::diff(request.current, state))
    require(printable(change.words, change.words.size()) == change.words, "words are fit for a terminal");
}

}  // namespace

void fuzz_one(std::span<const std::uint8_t> input) {
  const Limits limits;
  auto entries = plc::parse_log(as_text(input), limits);
  if (!entries) return;
  for (const plc::LogEntry& entry : *entries) check_operation(entry.operation);
  if (!entries->empty()) check_move(entries->back().operation);

  auto again = plc::parse_log(json_of(*entries), limits);
  require(again && again->size() == entries->size(), "a log that is written can be read");
  const syntax::Did did =
      entries->empty() ? syntax::Did::parse("did:plc:none").value() : entries->front().did;
  const auto audited = plc::audit_log(did, *std::move(entries));
  const auto second = plc::audit_log(did, *std::move(again));
  require(audited.has_value() == second.has_value(), "a log that is written is as good as before");
  if (!audited) {
    require(audited.error().id == second.error().id, "and as bad as before");
    return;
  }
  require(audited->head_cid() == second->head_cid(), "and ends in the same operation");
  check_audit(*audited);
}

}  // namespace atb::fuzz
