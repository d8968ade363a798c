#include "core/plc/forks.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/plc_fixture.h"

using namespace atb;
using namespace atb::test;

namespace {

constexpr std::int64_t kDay = 24 * kPlcHourUs;

// Key 3, the user's, above key 1, the host's. The host then changes the handle twice.
struct Fight {
  Fight()
      : log(plc_state({plc_did_key(1)}, plc_did_key(9), "alice.example", "https://pds.example"), plc_key(1)) {
    plc::State both = log.state();
    both.rotation_keys = {plc_did_key(3), plc_did_key(1)};
    enrolled = log.update(both, plc_key(1), kPlcEpochUs + kPlcHourUs);
    rogue = log.update(named("mallory.example"), plc_key(1), kPlcEpochUs + kDay);
  }
  plc::State named(std::string_view handle) {
    plc::State state = log.state();
    state.also_known_as = {"at://" + std::string(handle)};
    return state;
  }
  plc::AuditedLog audited() { return *plc::audit_log(log.did(), log.entries()); }
  std::string cid(std::size_t entry) { return log.cid(entry).str(); }

  PlcLog log;
  std::size_t enrolled = 0;
  std::size_t rogue = 0;
  std::int64_t now = kPlcEpochUs + kDay + kPlcHourUs;
};

}  // namespace

TEST_CASE("plc: who could undo an entry, and until when", "[plc][forks]") {
  Fight fight;
  const plc::AuditedLog log = fight.audited();
  CHECK_FALSE(plc::undoing_of(log, 0, fight.now));               // the first
  CHECK_FALSE(plc::undoing_of(log, fight.enrolled, fight.now));  // signed by the highest key there was
  const auto undoing = plc::undoing_of(log, fight.rogue, fight.now);
  REQUIRE(undoing);
  CHECK(undoing->keys == std::vector{plc_did_key(3)});
  CHECK(undoing->until_us == kPlcEpochUs + kDay + 3 * kDay);
  CHECK(plc::undoing_of(log, fight.rogue, undoing->until_us));
  CHECK_FALSE(plc::undoing_of(log, fight.rogue, undoing->until_us + 1));
  CHECK(plc::previous_of(log, fight.rogue) == fight.enrolled);
  CHECK_FALSE(plc::previous_of(log, 0));
}

TEST_CASE("plc: the only operation that can be undone is found, and its reversal is one the audit takes",
          "[plc][forks]") {
  Fight fight;
  const auto reversal = plc::plan_reversal(fight.audited(), "", plc_did_key(3), fight.now);
  REQUIRE(reversal);
  CHECK(reversal->entry == fight.rogue);
  CHECK(reversal->prev == fight.enrolled);
  CHECK(reversal->rank == 0);
  CHECK(reversal->undone == std::vector{fight.rogue});

  plc::Operation operation = plc::Operation::make(fight.log.entries()[fight.enrolled].operation.state(),
                                                  fight.log.cid(fight.enrolled));
  REQUIRE(operation.sign(plc_key(3)));
  const auto placement = plc::place(fight.audited(), operation, fight.now);
  REQUIRE(placement);
  CHECK(placement->prev == fight.enrolled);
  CHECK(placement->signer == plc_did_key(3));
  CHECK(placement->undoes == std::vector{fight.rogue});

  const std::size_t added = fight.log.add(operation, fight.now);
  const plc::AuditedLog after = fight.audited();
  CHECK(after.head == added);
  CHECK(plc::undone_by(after, fight.rogue) == added);
  CHECK_FALSE(plc::undone_by(after, fight.enrolled));
  CHECK(error_id(plc::plan_reversal(after, fight.cid(fight.rogue), plc_did_key(3), fight.now)) ==
        "plc.revert_done");
  CHECK(error_id(plc::plan_reversal(after, "", plc_did_key(3), fight.now)) == "plc.revert_rank");
}

TEST_CASE("plc: what cannot be undone is refused with its reason", "[plc][forks]") {
  Fight fight;
  const std::string rogue = fight.cid(fight.rogue);
  const auto plan = [&](std::string_view target, std::uint32_t key, std::int64_t now) {
    return error_id(plc::plan_reversal(fight.audited(), target, plc_did_key(key), now));
  };
  const std::int64_t last = kPlcEpochUs + 4 * kDay;
  CHECK(plan(rogue, 3, last) == "none");
  CHECK(plan(rogue, 3, last + 1) == "plc.revert_late");
  CHECK(plan("", 3, last + 1) == "plc.revert_late");
  CHECK(plan(rogue, 1, fight.now) == "plc.revert_rank");  // the rank of the one that signed it
  CHECK(plan(rogue, 7, fight.now) == "plc.revert_rank");  // not listed
  CHECK(plan(fight.cid(fight.enrolled), 3, fight.now) == "plc.revert_rank");  // not listed before it
  CHECK(plan(fight.cid(0), 1, fight.now) == "plc.revert_none");
  CHECK(plan("nonsense", 3, fight.now) == "plc.revert_target");
  CHECK(plan("bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a", 3, fight.now) ==
        "plc.revert_target");
}

TEST_CASE("plc: of several that could be undone one must be named, and the later ones go with it",
          "[plc][forks]") {
  Fight fight;
  const std::size_t second = fight.log.update(fight.named("mallory2.example"), plc_key(1), fight.now);
  const std::int64_t now = fight.now + 1;
  CHECK(error_id(plc::plan_reversal(fight.audited(), "", plc_did_key(3), now)) == "plc.revert_which");
  const auto both = plc::plan_reversal(fight.audited(), fight.cid(fight.rogue), plc_did_key(3), now);
  REQUIRE(both);
  CHECK(both->undone == std::vector{fight.rogue, second});
  const auto one = plc::plan_reversal(fight.audited(), fight.cid(second), plc_did_key(3), now);
  REQUIRE(one);
  CHECK(one->prev == fight.rogue);
  CHECK(one->undone == std::vector{second});
}

TEST_CASE("plc: a tombstone can be undone like anything else", "[plc][forks]") {
  Fight fight;
  const std::size_t stone = fight.log.tombstone(plc_key(1), fight.now);
  const auto reversal = plc::plan_reversal(fight.audited(), fight.cid(stone), plc_did_key(3), fight.now + 1);
  REQUIRE(reversal);
  CHECK(reversal->prev == fight.rogue);
}

TEST_CASE("plc: an operation that fits nowhere is refused before the directory is asked", "[plc][forks]") {
  Fight fight;
  const auto made = [&](std::size_t prev, std::uint32_t key) {
    plc::Operation operation = plc::Operation::make(fight.named("bob.example"), fight.log.cid(prev));
    operation.sign(plc_key(key)).value();
    return operation;
  };
  CHECK(plc::place(fight.audited(), made(fight.rogue, 1), fight.now)->undoes.empty());
  CHECK(error_id(plc::place(fight.audited(), made(fight.rogue, 7), fight.now)) == "plc.signature");
  CHECK(error_id(plc::place(fight.audited(), made(fight.enrolled, 1), fight.now)) == "plc.revert_rank");
  CHECK(error_id(plc::place(fight.audited(), made(fight.enrolled, 3), kPlcEpochUs + 5 * kDay)) ==
        "plc.revert_late");
  plc::Operation genesis = plc::Operation::make(fight.log.state(), std::nullopt);
  genesis.sign(plc_key(1)).value();
  CHECK(error_id(plc::place(fight.audited(), genesis, fight.now)) == "plc.stale");
  fight.log.add(made(fight.enrolled, 3), fight.now);
  CHECK(error_id(plc::place(fight.audited(), made(fight.rogue, 3), fight.now + 1)) == "plc.stale");
}
