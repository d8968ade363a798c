#include "core/plc/audit.h"

#include "core/data/json.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/plc_fixture.h"

namespace atb::plc {
namespace {

using test::error_id;
using test::kPlcEpochUs;
using test::kPlcHourUs;
using test::plc_did_key;
using test::plc_key;
using test::PlcLog;

constexpr std::int64_t kHour = kPlcHourUs;

// Three rotation keys, 1 above 2 above 3; the number of the signing key tells states apart.
State state_with(std::uint32_t signing_key) {
  return test::plc_state({plc_did_key(1), plc_did_key(2), plc_did_key(3)}, plc_did_key(signing_key),
                         "alice.example", "https://pds.example");
}

PlcLog start(std::uint32_t signer = 1) { return {state_with(10), plc_key(signer)}; }

std::int64_t at(double hours) {
  return kPlcEpochUs + static_cast<std::int64_t>(hours * static_cast<double>(kHour));
}

Result<AuditedLog> audit(PlcLog& log) { return audit_log(log.did(), log.entries()); }

TEST_CASE("plc: a log that grows step by step passes, through JSON too", "[plc]") {
  PlcLog log = start(3);
  log.update(state_with(11), plc_key(2), at(1));
  log.update(state_with(12), plc_key(1), at(2));
  auto entries = parse_log(log.audit_json(), Limits{});
  REQUIRE(entries);
  const auto audited = audit_log(log.did(), std::move(*entries));
  REQUIRE(audited);
  CHECK(audited->head == 2);
  CHECK(audited->state() == state_with(12));
  CHECK(audited->head_cid() == log.cid(2));
  CHECK_FALSE(audited->tombstoned);
  CHECK(audited->audit[0].signer_rank == 2);
  CHECK(audited->audit[1].signer_rank == 1);
  CHECK(audited->audit[1].signer == plc_did_key(2));
  CHECK(audited->audit[2].created_us == at(2));
}

TEST_CASE("plc: P-256 keys rotate and sign like the others", "[plc]") {
  const auto p256 = crypto::Curve::p256;
  PlcLog log(test::plc_state({plc_did_key(1, p256)}, plc_did_key(10), "a.example", "https://b.example"),
             plc_key(1, p256));
  log.update(log.state(), plc_key(1, p256), at(1));
  CHECK(error_id(audit(log)) == "none");
}

TEST_CASE("plc: a legacy genesis leads a log; its signing key is the second rank", "[plc]") {
  PlcLog log(test::plc_legacy_genesis(plc_did_key(1), plc_key(2), "alice.example", "pds.example"),
             kPlcEpochUs);
  log.update(state_with(11), plc_key(1), at(1));
  const auto audited = audit(log);
  REQUIRE(audited);
  CHECK(audited->audit[0].signer_rank == 1);
  CHECK(audited->audit[1].signer_rank == 0);
  CHECK(audited->signing_keys().front().did_key == plc_did_key(2));
}

TEST_CASE("plc: a higher rank undoes what a lower one did, 72 hours long to the microsecond", "[plc]") {
  for (const std::int64_t late : {std::int64_t{0}, std::int64_t{1}}) {
    PlcLog log = start();
    log.update(state_with(11), plc_key(2), at(1));
    log.update(state_with(12), plc_key(1),
               at(2));  // the window counts from the first undone, whoever followed
    log.fork(0, state_with(13), plc_key(1), at(1) + kRecoveryWindowUs + late);
    const auto audited = audit(log);
    if (late == 0) {
      REQUIRE(audited);
      CHECK(audited->head == 3);
      CHECK(audited->state() == state_with(13));
      CHECK(audited->audit[1].nullified);
      CHECK(audited->audit[2].nullified);
    } else {
      CHECK(error_id(audited) == "plc.late_recovery");
    }
  }
}

TEST_CASE("plc: the same rank or a lower one undoes nothing", "[plc]") {
  for (const std::uint32_t first : {1U, 2U, 3U}) {
    for (const std::uint32_t second : {1U, 2U, 3U}) {
      INFO("key " << first << ", undone by key " << second);
      PlcLog log = start();
      log.update(state_with(11), plc_key(first), at(1));
      log.fork(0, state_with(12), plc_key(second), at(2));
      CHECK(error_id(audit(log)) == (second < first ? "none" : "plc.rank"));
    }
  }
}

TEST_CASE("plc: rank is what the operation before the fork says, not what the undone one made of it",
          "[plc]") {
  PlcLog log = start();
  State hostile = state_with(11);
  hostile.rotation_keys = {plc_did_key(3)};
  log.update(hostile, plc_key(3), at(1));
  log.update(hostile, plc_key(3), at(2));
  log.fork(0, state_with(12), plc_key(2), at(3));
  CHECK(error_id(audit(log)) == "none");
}

TEST_CASE("plc: a recovery can be undone in turn by a still higher rank only", "[plc]") {
  for (const std::uint32_t third : {1U, 2U, 3U}) {
    PlcLog log = start();
    log.update(state_with(11), plc_key(3), at(1));
    log.fork(0, state_with(12), plc_key(2), at(2));
    log.fork(0, state_with(13), plc_key(third), at(3));
    CHECK(error_id(audit(log)) == (third == 1 ? "none" : "plc.rank"));
  }
}

TEST_CASE("plc: with a key listed twice its better rank counts", "[plc]") {
  State twice = state_with(10);
  twice.rotation_keys = {plc_did_key(2), plc_did_key(1), plc_did_key(2)};
  PlcLog log(twice, plc_key(1));
  log.update(twice, plc_key(2), at(1));
  log.fork(0, twice, plc_key(2), at(2));
  CHECK(error_id(audit(log)) == "plc.rank");
  PlcLog other(twice, plc_key(1));
  other.update(twice, plc_key(1), at(1));
  other.fork(0, twice, plc_key(2), at(2));
  CHECK(error_id(audit(other)) == "none");
}

TEST_CASE("plc: an operation without rotation keys is the last for ever, unless undone", "[plc]") {
  State frozen = state_with(11);
  frozen.rotation_keys.clear();
  PlcLog log = start();
  log.update(frozen, plc_key(2), at(1));
  CHECK(error_id(audit(log)) == "none");
  PlcLog more = log;
  more.update(state_with(12), plc_key(1), at(2));
  CHECK(error_id(audit(more)) == "plc.signature");
  log.fork(0, state_with(12), plc_key(1), at(2));
  CHECK(error_id(audit(log)) == "none");
}

TEST_CASE("plc: rotation keys of other curves are passed over", "[plc]") {
  State odd = state_with(10);
  odd.rotation_keys.insert(odd.rotation_keys.begin(),
                           "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
  odd.rotation_keys.insert(odd.rotation_keys.begin(), "nonsense");
  PlcLog log(odd, plc_key(1));
  log.update(odd, plc_key(2), at(1));
  const auto audited = audit(log);
  REQUIRE(audited);
  CHECK(audited->audit[1].signer_rank == 3);
}

TEST_CASE("plc: a tombstone ends a DID; it can be undone in time, and not followed", "[plc]") {
  PlcLog log = start();
  log.tombstone(plc_key(2), at(1));
  const auto dead = audit(log);
  REQUIRE(dead);
  CHECK(dead->tombstoned);
  CHECK(dead->state() == State{});
  PlcLog followed = log;
  followed.update(state_with(11), plc_key(1), at(2));
  CHECK(error_id(audit(followed)) == "plc.after_tombstone");
  PlcLog undone = log;
  undone.fork(0, state_with(11), plc_key(1), at(2));
  const auto alive = audit(undone);
  REQUIRE(alive);
  CHECK_FALSE(alive->tombstoned);
  CHECK(alive->state() == state_with(11));
  undone.fork(1, state_with(12), plc_key(1), at(3));
  CHECK(error_id(audit(undone)) == "plc.prev");
}

TEST_CASE("plc: nothing follows what was nullified", "[plc]") {
  PlcLog log = start();
  log.update(state_with(11), plc_key(2), at(1));
  log.fork(0, state_with(12), plc_key(1), at(2));
  log.entries().push_back(log.entries()[1]);
  Operation late = Operation::make(state_with(13), log.cid(1));
  late.sign(plc_key(1)).value();
  log.entries().back() = {log.did(), late, late.cid(), false, test::plc_time(at(3)), at(3)};
  CHECK(error_id(audit(log)) == "plc.prev");
}

TEST_CASE("plc: an empty log proves nothing", "[plc]") {
  const auto result = audit_log(start().did(), {});
  CHECK(error_id(result) == "plc.empty");
  CHECK(result.error().kind == ErrorKind::untrusted);
}

TEST_CASE("plc: a log of another DID, or an entry of one, is refused", "[plc]") {
  PlcLog log = start();
  log.update(state_with(11), plc_key(1), at(1));
  const PlcLog other(state_with(20), plc_key(1));
  CHECK(error_id(audit_log(other.did(), log.entries())) == "plc.did");
  PlcLog mixed = log;
  mixed.entries()[1].did = other.did();
  CHECK(error_id(audit(mixed)) == "plc.did");
  // All entries claim the other DID: its name does not follow from this genesis.
  PlcLog forged = log;
  for (LogEntry& entry : forged.entries()) entry.did = other.did();
  CHECK(error_id(audit_log(other.did(), forged.entries())) == "plc.did");
}

TEST_CASE("plc: a CID must be that of its operation", "[plc]") {
  PlcLog log = start();
  log.update(state_with(11), plc_key(1), at(1));
  log.entries()[1].cid = log.entries()[0].cid;
  CHECK(error_id(audit(log)) == "plc.cid");
}

TEST_CASE("plc: a log has one genesis, and it comes first", "[plc]") {
  PlcLog log = start();
  log.update(state_with(11), plc_key(1), at(1));
  auto entries = log.entries();
  CHECK(error_id(audit_log(log.did(), {entries[1]})) == "plc.genesis");
  CHECK(error_id(audit_log(log.did(), {entries[1], entries[0]})) == "plc.genesis");
  entries.push_back(entries[0]);
  CHECK(error_id(audit_log(log.did(), entries)) == "plc.genesis");
  PlcLog dead = start();
  dead.tombstone(plc_key(1), at(1));
  CHECK(error_id(audit_log(dead.did(), {dead.entries()[1]})) == "plc.genesis");
}

TEST_CASE("plc: an operation follows one that is in the log before it", "[plc]") {
  PlcLog log = start();
  log.update(state_with(11), plc_key(1), at(1));
  log.update(state_with(12), plc_key(1), at(2));
  auto entries = log.entries();
  CHECK(error_id(audit_log(log.did(), {entries[0], entries[2]})) == "plc.prev");
  CHECK(error_id(audit_log(log.did(), {entries[0], entries[2], entries[1]})) == "plc.prev");
}

TEST_CASE("plc: the same entry twice is no log", "[plc]") {
  PlcLog log = start();
  log.update(state_with(11), plc_key(1), at(1));
  log.entries().push_back(log.entries()[1]);
  log.entries().back().created_us = at(2);
  CHECK(error_id(audit(log)) == "plc.rank");
}

TEST_CASE("plc: time goes forward from entry to entry", "[plc]") {
  for (const std::int64_t step : {-kHour, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}}) {
    PlcLog log = start();
    log.update(state_with(11), plc_key(1), kPlcEpochUs + step);
    CHECK(error_id(audit(log)) == (step > 0 ? "none" : "plc.order"));
  }
  // A fork is later than the head it replaces, not only than its prev.
  PlcLog log = start();
  log.update(state_with(11), plc_key(2), at(2));
  log.fork(0, state_with(12), plc_key(1), at(1));
  CHECK(error_id(audit(log)) == "plc.order");
}

TEST_CASE("plc: a signature by a key that the operation before did not list counts for nothing", "[plc]") {
  PlcLog genesis(state_with(10), plc_key(4));
  CHECK(error_id(audit(genesis)) == "plc.signature");
  PlcLog log = start();
  State self_appointed = state_with(11);
  self_appointed.rotation_keys = {plc_did_key(4)};
  log.update(self_appointed, plc_key(4), at(1));
  CHECK(error_id(audit(log)) == "plc.signature");
  PlcLog fork = start();
  fork.update(state_with(11), plc_key(2), at(1));
  fork.fork(0, state_with(12), plc_key(4), at(2));
  CHECK(error_id(audit(fork)) == "plc.signature");
}

TEST_CASE("plc: the directory's word on what is nullified must be what the log says", "[plc]") {
  PlcLog log = start();
  log.update(state_with(11), plc_key(2), at(1));
  log.fork(0, state_with(12), plc_key(1), at(2));
  for (std::size_t i = 0; i < 3; ++i) {
    PlcLog spoiled = log;
    spoiled.entries()[i].nullified = !spoiled.entries()[i].nullified;
    CHECK(error_id(audit(spoiled)) == "plc.nullified_flag");
  }
}

TEST_CASE("plc: signing keys are told with their times, the nullified ones marked", "[plc]") {
  PlcLog log = start();
  log.update(state_with(10), plc_key(1), at(1));  // the same key: one period
  log.update(state_with(11), plc_key(2), at(2));  // hostile
  log.update(state_with(12), plc_key(2), at(3));  // hostile
  log.fork(1, state_with(13), plc_key(1), at(4));
  State without = state_with(0);
  without.verification_methods.clear();
  log.update(without, plc_key(1), at(5));
  log.update(state_with(10), plc_key(1), at(6));
  log.tombstone(plc_key(1), at(7));
  const auto audited = audit(log);
  REQUIRE(audited);
  struct Expected {
    std::uint32_t key;
    double from, until;
    bool nullified;
    std::size_t entry;
  };
  const std::vector<Expected> expected = {{10, 0, 4, false, 0},
                                          {11, 2, 3, true, 2},
                                          {12, 3, 4, true, 3},
                                          {13, 4, 5, false, 4},
                                          {10, 6, 7, false, 6}};
  const auto periods = audited->signing_keys();
  REQUIRE(periods.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO(i);
    CHECK(periods[i].did_key == plc_did_key(expected[i].key));
    CHECK(periods[i].from_us == at(expected[i].from));
    CHECK(periods[i].until_us == at(expected[i].until));
    CHECK(periods[i].nullified == expected[i].nullified);
    CHECK(periods[i].entry == expected[i].entry);
  }
}

TEST_CASE("plc: the key in force has no end", "[plc]") {
  PlcLog log = start();
  const auto audited = audit(log);
  REQUIRE(audited);
  const auto periods = audited->signing_keys();
  REQUIRE(periods.size() == 1);
  CHECK_FALSE(periods[0].until_us.has_value());
}

TEST_CASE("plc: what is no log is told so", "[plc]") {
  CHECK(error_id(parse_log("{}", Limits{})) == "plc.log");
  CHECK(error_id(parse_log("<html>", Limits{})) == "json.syntax");
  CHECK(error_id(parse_log("", Limits{})) == "json.syntax");
  CHECK(parse_log("[]", Limits{}).value().empty());
  PlcLog log = start();
  const data::Value json = *data::parse_json(log.audit_json(), Limits{});
  const data::Value entry = json.array()->at(0);
  for (const std::string name : {"did", "operation", "cid", "nullified", "createdAt"}) {
    for (const data::Value& value : {data::Value(), data::Value(3), data::Value("x")}) {
      INFO(name);
      data::Value spoiled = entry;
      spoiled.object()->set(name, value);
      const auto id = error_id(parse_log(data::to_json(data::Array{spoiled}), Limits{}));
      CHECK(id == (name == "operation" ? "plc.operation" : "plc.log"));
      spoiled.object()->remove(name);
      CHECK(error_id(parse_log(data::to_json(data::Array{spoiled}), Limits{})) == "plc.log");
    }
  }
  CHECK(error_id(parse_log("[null]", Limits{})) == "plc.log");
  CHECK(error_id(parse_log("[[]]", Limits{})) == "plc.log");
  data::Value more = entry;
  more.object()->set("seq", 12);
  CHECK(error_id(parse_log(data::to_json(data::Array{more}), Limits{})) == "none");
}

TEST_CASE("plc: a log is read up to the limit of entries and not one past it", "[plc][limits]") {
  PlcLog log = start();
  log.update(state_with(11), plc_key(1), at(1));
  Limits limits;
  limits.plc_operations = 2;
  CHECK(error_id(parse_log(log.audit_json(), limits)) == "none");
  limits.plc_operations = 1;
  const auto result = parse_log(log.audit_json(), limits);
  CHECK(error_id(result) == "plc.too_large");
  CHECK(result.error().kind == ErrorKind::limit_exceeded);
}

TEST_CASE("plc: a log that has only grown differs nowhere from the older one", "[plc]") {
  PlcLog log = start();
  log.update(state_with(11), plc_key(2), at(1));
  const std::vector<LogEntry> older = log.entries();
  log.fork(0, state_with(12), plc_key(1), at(2));  // nullifies, and grows all the same
  CHECK_FALSE(first_difference(older, log.entries()));
  CHECK(first_difference(log.entries(), older) == std::size_t{2});  // one that was cut short
  PlcLog other = start();
  other.update(state_with(13), plc_key(2), at(1));
  CHECK(first_difference(older, other.entries()) == std::size_t{1});
  CHECK(first_difference(older, {}) == std::size_t{0});
}

}  // namespace
}  // namespace atb::plc
