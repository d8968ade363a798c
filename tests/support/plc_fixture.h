// did:plc logs made in memory, signed for real: a genesis, further operations, forks that nullify,
// tombstones, each with the createdAt one asks for. Given out as the directory gives them, at GET
// /<did>/log/audit.
#pragma once

#include "core/plc/audit.h"
#include "core/plc/operation.h"

#include <cstdint>
#include <string>
#include <vector>

namespace atb::test {

// The same number always gives the same key; different numbers, different keys.
crypto::PrivateKey plc_key(std::uint32_t number, crypto::Curve curve = crypto::Curve::k256);
std::string plc_did_key(std::uint32_t number, crypto::Curve curve = crypto::Curve::k256);

// "2025-01-01T00:00:00.000Z", as the directory writes it; six digits when milliseconds do not do.
std::string plc_time(std::int64_t unix_us);
constexpr std::int64_t kPlcEpochUs = 1'735'689'600'000'000;  // 2025-01-01
constexpr std::int64_t kPlcHourUs = 3'600'000'000;

// A state as hosts make it: `rotation_keys` best rank first, one signing key, one at:// name, one host.
plc::State plc_state(std::vector<std::string> rotation_keys, std::string signing_key, std::string_view handle,
                     std::string_view host);

class PlcLog {
 public:
  // The genesis operation, signed by `signer`, which must be among its rotation keys for the log to be valid.
  PlcLog(plc::State state, const crypto::PrivateKey& signer, std::int64_t created_us = kPlcEpochUs);
  // Any signed genesis, such as a legacy one.
  PlcLog(plc::Operation genesis, std::int64_t created_us);

  // Each gives the index of the new entry. Nothing is checked: invalid logs are made the same way as valid
  // ones. After the last entry in force.
  std::size_t update(plc::State state, const crypto::PrivateKey& signer, std::int64_t created_us);
  std::size_t tombstone(const crypto::PrivateKey& signer, std::int64_t created_us);
  // After entry `prev`: what was in force after that becomes nullified.
  std::size_t fork(std::size_t prev, plc::State state, const crypto::PrivateKey& signer,
                   std::int64_t created_us);
  // An operation made elsewhere; its prev says what it nullifies.
  std::size_t add(plc::Operation operation, std::int64_t created_us);

  const syntax::Did& did() const { return entries_.front().did; }
  std::size_t head() const { return history_.back(); }
  const plc::State& state() const { return entries_[head()].operation.state(); }
  ipld::Cid cid(std::size_t index) const { return entries_[index].cid; }
  // To be spoiled at will.
  std::vector<plc::LogEntry>& entries() { return entries_; }
  std::string audit_json() const;

 private:
  std::vector<plc::LogEntry> entries_;
  std::vector<std::size_t> history_;
};

// A genesis in the form of before March 2023, signed by `signing_key`.
plc::Operation plc_legacy_genesis(const std::string& recovery_key, const crypto::PrivateKey& signing_key,
                                  std::string_view handle, std::string_view service);

}  // namespace atb::test
