// A directory of did:plc in memory that keeps the directory's rules: every operation is audited with the
// whole log before it counts.
#pragma once

#include "tests/support/manual_clock.h"
#include "tests/support/plc_fixture.h"
#include "tests/support/scripted_http.h"

#include <map>
#include <string>

namespace atb::test {

class FakePlc {
 public:
  explicit FakePlc(ManualClock& clock) : clock_(clock) {}

  syntax::Did create(const plc::State& state, const crypto::PrivateKey& signer);
  // GET /<did> and /<did>/log/audit, POST /<did>.
  Answer answer(const SentRequest& request);
  // As POST. The error is of the kind the audit gives.
  Status submit(const syntax::Did& did, const plc::Operation& operation);

  PlcLog& log(const syntax::Did& did) { return logs_.at(did.str()); }
  // Of a did:web: what its document says, in the same words.
  const plc::State& state(const syntax::Did& did) {
    return web_.contains(did.str()) ? web_.at(did.str()) : log(did).state();
  }
  void set_web(const syntax::Did& did, plc::State state) {
    web_.insert_or_assign(did.str(), std::move(state));
  }
  static std::string document_of(const syntax::Did& did, const plc::State& state);
  bool knows(const syntax::Did& did) const { return logs_.contains(did.str()); }
  // The whole log, audited: throws when it does not hold.
  plc::AuditedLog audited(const syntax::Did& did);

  int accepted = 0;           // operations after the genesis
  std::int64_t ahead_us = 0;  // its clock less ours

 private:
  Answer answer_without_date(const SentRequest& request);
  ManualClock& clock_;
  std::map<std::string, PlcLog> logs_;
  std::map<std::string, plc::State> web_;
};

}  // namespace atb::test
