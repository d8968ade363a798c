// What the old host signs, and what the person decides about the keys.
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

constexpr const char* kSign = "com.atproto.identity.signPlcOperation";

// The old host signs what `spoil` makes of the state that was asked for.
void sign_something_else(MoveBench& bench, const std::function<void(plc::State&)>& spoil,
                         std::uint32_t key = FakeNetwork::kOldKey, bool right_prev = true) {
  FakeNetwork& network = bench.network;
  network.old_host.alter(kSign, [&network, spoil, key, right_prev](data::Object& answer) {
    const auto given = plc::Operation::parse(*answer.find("operation"), Limits{}).value();
    plc::State state = given.state();
    spoil(state);
    auto other = plc::Operation::make(state, right_prev ? given.prev() : network.original_data);
    other.sign(plc_key(key)).value();
    answer.set("operation", other.json());
  });
}

void add_rotation_key(FakeNetwork& network, const std::string& key) {
  PlcLog& log = network.plc.log(network.did);
  plc::State state = log.state();
  state.rotation_keys.insert(state.rotation_keys.begin(), key);
  auto operation = plc::Operation::make(state, log.cid(log.head()));
  operation.sign(network.old_host.rotation_key()).value();
  network.plc.submit(network.did, operation).value();
  network.plc.accepted = 0;
}

bool lists(MoveBench& bench, const std::string& key) {
  const auto& keys = bench.network.plc.state(bench.network.did).rotation_keys;
  return std::ranges::find(keys, key) != keys.end();
}

}  // namespace

TEST_CASE("move: an old host that signs something else than agreed is caught, and nothing is published",
          "[migrate]") {
  MoveBench bench;
  SECTION("a key slipped in") {
    sign_something_else(bench, [](plc::State& state) { state.rotation_keys.push_back(plc_did_key(66)); });
    CHECK(error_id(bench.start().result) == "move.operation_differs");
  }
  SECTION("another host") {
    sign_something_else(bench,
                        [](plc::State& state) { state.services[0].second.endpoint = "https://evil.net"; });
    CHECK(error_id(bench.start().result) == "move.operation_differs");
  }
  SECTION("on top of another operation") {
    sign_something_else(bench, [](plc::State&) {}, FakeNetwork::kOldKey, false);
    CHECK(error_id(bench.start().result) == "move.operation_prev");
  }
  SECTION("with a key that may not") {
    sign_something_else(bench, [](plc::State&) {}, 66);
    CHECK(error_id(bench.start().result) == "plc.signature");
  }
  CHECK(bench.network.plc.accepted == 0);
  bench.network.old_host.intercepts.clear();
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: a new host that wants another host or handle named is refused before anything is signed",
          "[migrate]") {
  MoveBench bench;
  SECTION("host") {
    bench.network.new_host.recommended_endpoint = "https://evil.net";
    CHECK(error_id(bench.start().result) == "move.endpoint_differs");
  }
  SECTION("handle") {
    bench.network.new_host.alter("com.atproto.identity.getRecommendedDidCredentials",
                                 [](data::Object& answer) {
                                   data::Array names;
                                   names.emplace_back("at://mallory.new-host.net");
                                   answer.set("alsoKnownAs", std::move(names));
                                 });
    CHECK(error_id(bench.start().result) == "move.handle_differs");
  }
  CHECK(bench.network.old_host.effects.mails == 0);
  CHECK(bench.network.plc.accepted == 0);
}

TEST_CASE("move: a code that is wrong twice and then right is taken, each time from a new e-mail",
          "[migrate]") {
  MoveBench bench;
  bench.person.next_time("PLC operation", "nonsense");
  bench.person.next_time("PLC operation", "nonsense again");
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
  CHECK(bench.network.old_host.effects.mails == 3);
  CHECK(bench.person.shown.find("A new one is on its way") != std::string::npos);
}

TEST_CASE("move: after three wrong codes it stops, and resume asks again", "[migrate]") {
  MoveBench bench;
  for (int i = 0; i < 3; ++i) bench.person.next_time("PLC operation", "nonsense");
  CHECK(error_id(bench.start().result) == "xrpc.plc_token");
  CHECK(bench.network.plc.accepted == 0);
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: a code that has run out is asked for anew", "[migrate]") {
  MoveBench bench;
  bool late = true;
  bench.network.old_host.intercepts[kSign] = [&](const SentRequest&) -> std::optional<Answer> {
    if (std::exchange(late, false)) bench.network.clock.advance(std::chrono::minutes(16));
    return {};
  };
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
  CHECK(bench.network.old_host.effects.mails == 2);
}

TEST_CASE("move: a rotation key of unknown owner is shown and asked about", "[migrate]") {
  MoveBench bench;
  const std::string key = plc_did_key(50);
  add_rotation_key(bench.network, key);
  SECTION("kept") {
    bench.person.next_time("Keep this key?", "yes");
    REQUIRE(bench.start().result);
    CHECK(lists(bench, key));
  }
  SECTION("dropped") {
    bench.person.next_time("Keep this key?", "no");
    REQUIRE(bench.start().result);
    CHECK_FALSE(lists(bench, key));
  }
  CHECK(bench.person.shown.find(key) != std::string::npos);
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: a script must say beforehand whose an unknown key is", "[migrate]") {
  MoveBench bench;
  const std::string key = plc_did_key(50);
  add_rotation_key(bench.network, key);
  bench.leave_terminal();
  CHECK(error_id(bench.start().result) == "move.unknown_key");
  SECTION("kept") {
    bench.options.keep_keys = {key};
    REQUIRE(bench.resume().result);
    CHECK(lists(bench, key));
  }
  SECTION("removed") {
    bench.options.remove_keys = {key};
    REQUIRE(bench.resume().result);
    CHECK_FALSE(lists(bench, key));
  }
  CHECK(bench.person.questions.empty());
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: the person can say no to the change of identity, and yes later", "[migrate]") {
  MoveBench bench;
  bench.person.next_time("Change the identity now?", "no");
  CHECK(error_id(bench.start().result) == "move.not_agreed");
  CHECK(bench.network.plc.accepted == 0);
  CHECK(bench.network.old_host.effects.mails == 0);
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}
