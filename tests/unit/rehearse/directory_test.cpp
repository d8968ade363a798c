#include "core/rehearse/directory.h"

#include "core/data/json.h"
#include "core/plc/merge.h"
#include "core/plc/rehearsal.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/manual_clock.h"
#include "tests/support/plc_fixture.h"

using namespace atb;
using namespace atb::test;
using rehearse::Directory;

namespace {

// Keys: 1 and 2 are the account's rotation keys, 3 signs posts, 9 is the drill's.
plc::State state_of(std::vector<std::uint32_t> keys = {1, 2}) {
  std::vector<std::string> rotation;
  for (const std::uint32_t key : keys) rotation.push_back(plc_did_key(key));
  return plc_state(rotation, plc_did_key(3), "alice.old.test", "https://old.test");
}

struct Bench {
  ManualClock clock;
  PlcLog history{state_of(), plc_key(1)};
  plc::AuditedLog log = plc::audit_log(history.did(), history.entries()).value();
  crypto::PrivateKey key = plc_key(9);
  plc::LogEntry opening = rehearse::opening_of(log, key).value();
  Directory directory{log, opening, clock};

  rehearse::HttpAnswer get(const std::string& rest) {
    return directory.answer({"GET", "/" + log.did.str() + rest, ""});
  }
  rehearse::HttpAnswer post(const std::string& body) {
    return directory.answer({"POST", "/" + log.did.str(), body});
  }
  rehearse::HttpAnswer post(plc::Operation operation, const crypto::PrivateKey& signer) {
    REQUIRE(operation.sign(signer));
    return post(data::to_json(operation.json()));
  }
  Result<plc::AuditedLog> audited() {
    auto entries = plc::parse_log(get("/log/audit").body, Limits{});
    REQUIRE(entries);
    return plc::audit_rehearsal(log.did, *std::move(entries), directory.opening());
  }
  plc::Operation next(const std::string& host) {
    plc::State state = opening.operation.state();
    state.services.front().second.endpoint = host;
    return plc::Operation::make(std::move(state), opening.cid);
  }
};

}  // namespace

TEST_CASE("rehearse directory: its history is the account's own, and one entry that no directory would take",
          "[rehearse]") {
  Bench bench;
  const auto entries = plc::parse_log(bench.get("/log/audit").body, Limits{});
  REQUIRE(entries);
  REQUIRE(entries->size() == 2);
  CHECK(!plc::first_difference(bench.log.entries, *entries));
  CHECK(error_id(plc::audit_log(bench.log.did, *entries)) == "plc.signature");

  const auto audited = bench.audited();
  REQUIRE(audited);
  CHECK(audited->state().rotation_keys == std::vector{plc_did_key(9), plc_did_key(2)});
  CHECK(audited->state().verification_methods == bench.log.state().verification_methods);
  CHECK(audited->state().services == bench.log.state().services);
  // It is no change of the last hours.
  CHECK(audited->audit.back().created_us == kPlcEpochUs + 1000);
}

TEST_CASE("rehearse directory: only the entry that is named is let pass", "[rehearse]") {
  Bench bench;
  std::vector<plc::LogEntry> entries = bench.log.entries;
  entries.push_back(bench.opening);
  CHECK(plc::audit_rehearsal(bench.log.did, entries, bench.opening.cid));
  CHECK(error_id(plc::audit_rehearsal(bench.log.did, entries, bench.log.head_cid())) == "plc.signature");
  // Nor does its name help one that its own first key has not signed.
  plc::Operation foreign = plc::Operation::make(state_of({9, 2}), bench.log.head_cid());
  REQUIRE(foreign.sign(plc_key(8)));
  entries.back().cid = foreign.cid();
  entries.back().operation = foreign;
  CHECK(error_id(plc::audit_rehearsal(bench.log.did, entries, foreign.cid())) == "plc.signature");
}

TEST_CASE("rehearse directory: it takes what the drill's key signs, and nothing that breaks the rules",
          "[rehearse]") {
  Bench bench;
  SECTION("the next operation, and another on top of it") {
    plc::Operation first = bench.next("https://new.test");
    CHECK(bench.post(first, bench.key).status == 200);
    CHECK(bench.directory.accepted() == 1);
    const auto log = bench.audited();
    REQUIRE(log);
    CHECK(log->state().service("atproto_pds")->endpoint == "https://new.test");
    CHECK(bench.post(plc::Operation::make(log->state(), log->head_cid()), bench.key).status == 200);
    CHECK(bench.directory.accepted() == 2);
    CHECK(bench.audited());
  }
  SECTION("a key of the account's, where the drill's took its place") {
    CHECK(bench.post(bench.next("https://new.test"), plc_key(1)).status == 400);
  }
  SECTION("a key that is nobody's") {
    CHECK(bench.post(bench.next("https://new.test"), plc_key(7)).status == 400);
  }
  SECTION("the same twice") {
    CHECK(bench.post(bench.next("https://new.test"), bench.key).status == 200);
    CHECK(bench.post(bench.next("https://new.test"), bench.key).status == 400);
    CHECK(bench.directory.accepted() == 1);
  }
  SECTION("what follows nothing that is there") {
    plc::Operation lost = plc::Operation::make(
        state_of({9}), ipld::Cid::parse("bafyreih4qi5qwrytsbjgl2ywzn2l2ybcyq4cxgkzmdlk6jjsyvvvvvvvvu")
                           .value_or(bench.log.head_cid()));
    CHECK(bench.post(lost, bench.key).status >= 400);
  }
  SECTION("more keys than the directory takes") {
    CHECK(bench
              .post(plc::Operation::make(state_of({9, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11}), bench.opening.cid),
                    bench.key)
              .status == 400);
  }
  SECTION("no operation at all") {
    CHECK(bench.post("{}").status == 400);
    CHECK(bench.post("[").status == 400);
  }
  CHECK(bench.audited());
}

TEST_CASE("rehearse directory: it answers as the real one does", "[rehearse]") {
  Bench bench;
  const auto document = data::parse_json(bench.get("").body, Limits{});
  REQUIRE(document);
  CHECK(data::text_or(*document, "id", "") == bench.log.did.str());
  CHECK(document->find("verificationMethod")->array()->size() == 1);
  CHECK(document->find("service")->array()->size() == 1);
  const auto state = data::parse_json(bench.get("/data").body, Limits{});
  REQUIRE(state);
  CHECK(state->find("rotationKeys")->array()->size() == 2);
  CHECK(state->find("services")->find("atproto_pds") != nullptr);
  const auto operations = data::parse_json(bench.get("/log").body, Limits{});
  REQUIRE(operations);
  CHECK(operations->array()->size() == 2);
  const auto last = data::parse_json(bench.get("/log/last").body, Limits{});
  REQUIRE(last);
  CHECK(plc::Operation::parse(*last, Limits{})->cid() == bench.opening.cid);
  CHECK(bench.directory.answer({"GET", "/_health", ""}).status == 200);
  CHECK(bench.directory.answer({"GET", "/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", ""}).status == 404);
  CHECK(bench.directory.answer({"GET", "/" + bench.log.did.str() + "x", ""}).status == 404);
  CHECK(bench.get("/other").status == 404);
  CHECK(bench.directory.answer({"DELETE", "/" + bench.log.did.str(), ""}).status == 404);
}

TEST_CASE("rehearse directory: a tombstone ends it", "[rehearse]") {
  Bench bench;
  CHECK(bench.post(plc::Operation::make_tombstone(bench.opening.cid), bench.key).status == 200);
  CHECK(bench.get("").status == 404);
  CHECK(bench.get("/log/audit").status == 200);
}
