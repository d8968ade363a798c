#include "tests/support/plc_fixture.h"

#include "core/base/encoding.h"
#include "core/crypto/sha256.h"
#include "core/data/cbor.h"
#include "core/data/json.h"
#include "core/plc/operation_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace atb::test {

crypto::PrivateKey plc_key(std::uint32_t number, crypto::Curve curve) {
  const std::string seed = fmt::format("test key {} of {}", number, crypto::name_of(curve));
  return *crypto::PrivateKey::from_scalar(curve, crypto::sha256(as_bytes(seed)));
}

std::string plc_did_key(std::uint32_t number, crypto::Curve curve) {
  return plc_key(number, curve).public_key().did_key();
}

std::string plc_time(std::int64_t unix_us) {
  using namespace std::chrono;
  const sys_time<microseconds> moment{microseconds(unix_us)};
  const auto day = floor<days>(moment);
  const year_month_day date(day);
  const hh_mm_ss time(moment - day);
  const std::int64_t fraction = time.subseconds().count();
  return fmt::format(
      "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{}Z", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
      time.minutes().count(), time.seconds().count(),
      fraction % 1000 == 0 ? fmt::format("{:03}", fraction / 1000) : fmt::format("{:06}", fraction));
}

plc::State plc_state(std::vector<std::string> rotation_keys, std::string signing_key, std::string_view handle,
                     std::string_view host) {
  plc::State state;
  state.rotation_keys = std::move(rotation_keys);
  state.verification_methods = {{"atproto", std::move(signing_key)}};
  state.also_known_as = {fmt::format("at://{}", handle)};
  state.services = {{"atproto_pds", {"AtprotoPersonalDataServer", std::string(host)}}};
  return state;
}

namespace {

plc::Operation signed_by(plc::Operation operation, const crypto::PrivateKey& signer) {
  operation.sign(signer).value();
  return operation;
}

}  // namespace

PlcLog::PlcLog(plc::State state, const crypto::PrivateKey& signer, std::int64_t created_us)
    : PlcLog(signed_by(plc::Operation::make(std::move(state), {}), signer), created_us) {}

PlcLog::PlcLog(plc::Operation genesis, std::int64_t created_us) {
  const syntax::Did did = genesis.derived_did();
  const ipld::Cid cid = genesis.cid();
  entries_.push_back({did, std::move(genesis), cid, false, plc_time(created_us), created_us});
  history_.push_back(0);
}

std::size_t PlcLog::update(plc::State state, const crypto::PrivateKey& signer, std::int64_t created_us) {
  return fork(head(), std::move(state), signer, created_us);
}

std::size_t PlcLog::tombstone(const crypto::PrivateKey& signer, std::int64_t created_us) {
  return add(signed_by(plc::Operation::make_tombstone(cid(head())), signer), created_us);
}

std::size_t PlcLog::fork(std::size_t prev, plc::State state, const crypto::PrivateKey& signer,
                         std::int64_t created_us) {
  return add(signed_by(plc::Operation::make(std::move(state), cid(prev)), signer), created_us);
}

std::size_t PlcLog::add(plc::Operation operation, std::int64_t created_us) {
  while (history_.size() > 1 && operation.prev() != cid(head())) {
    const bool in_force =
        std::ranges::any_of(history_, [&](std::size_t index) { return operation.prev() == cid(index); });
    if (!in_force) break;
    entries_[head()].nullified = true;
    history_.pop_back();
  }
  const ipld::Cid cid = operation.cid();
  entries_.push_back({did(), std::move(operation), cid, false, plc_time(created_us), created_us});
  history_.push_back(entries_.size() - 1);
  return head();
}

std::string PlcLog::audit_json() const { return data::to_json(plc::log_json(entries_)); }

plc::Operation plc_legacy_genesis(const std::string& recovery_key, const crypto::PrivateKey& signing_key,
                                  std::string_view handle, std::string_view service) {
  data::Object json;
  json.set("type", "create")
      .set("signingKey", signing_key.public_key().did_key())
      .set("recoveryKey", recovery_key)
      .set("handle", handle)
      .set("service", service)
      .set("prev", data::Value());
  const Bytes message = *data::encode_cbor(json);
  json.set("sig", base64url_encode(*signing_key.sign(message)));
  return *plc::Operation::parse(json, Limits{});
}

}  // namespace atb::test
