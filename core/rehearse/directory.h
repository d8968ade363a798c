// A directory of did:plc for one account, which keeps the rules of the real one. Its history is the account's
// own, as the backup has it, and one entry more that makes a key of the drill the first rotation key. The
// real directory would refuse that entry and everything after it: what is signed in a drill is worth nothing
// outside.
#pragma once

#include "core/crypto/keys.h"
#include "core/os/clock.h"
#include "core/plc/audit.h"
#include "core/rehearse/http_server.h"

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace atb::rehearse {

// The first entry of a drill: it says what the head says, but that `key` takes the place of the first
// rotation key; signed by `key`. Dated right after the head, so that it is no change of the last hours. Not
// for a log that ends with a tombstone.
Result<plc::LogEntry> opening_of(const plc::AuditedLog& log, const crypto::PrivateKey& key);

class Directory {
 public:
  // `clock` must outlive it.
  Directory(const plc::AuditedLog& log, plc::LogEntry opening, os::Clock& clock);

  const ipld::Cid& opening() const { return opening_; }
  // GET /DID, /DID/data, /DID/log, /DID/log/audit, /DID/log/last, /_health; POST /DID. Safe from any thread.
  HttpAnswer answer(const HttpQuestion& question);
  // Operations that were taken since the opening.
  std::size_t accepted() const;

 private:
  HttpAnswer look(std::string_view what) const;
  HttpAnswer submit(std::string_view body);
  Status add(std::string_view body);

  syntax::Did did_;
  ipld::Cid opening_;
  std::size_t before_;
  os::Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<plc::LogEntry> entries_;
};

}  // namespace atb::rehearse
