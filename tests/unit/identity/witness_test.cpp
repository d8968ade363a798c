// Logs that were seen before, as witnesses against the directory.
#include "core/identity/witness.h"

#include "tests/support/mem_fs.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/identity/world.h"

using namespace atb;
using namespace atb::test;
using identity::Witnessed;

namespace {

struct Watched : World {
  Watched() { resolver.set_witnesses(&store); }
  void publish() { put("https://plc.test/" + did + "/log/audit", log.audit_json()); }
  plc::State named(const std::string& name) {
    plc::State state = log.state();
    state.also_known_as = {"at://" + name};
    return state;
  }
  Result<identity::Resolver::FetchedLog> fetch() { return resolver.fetch_log(log.did(), {}); }
  std::vector<std::string> files() {
    auto names = fs.list("/state/witness/" + folder());
    return names ? *names : std::vector<std::string>();
  }
  std::string folder() const {
    std::string name = did;
    for (char& c : name) c = c == ':' ? '_' : c;
    return name;
  }

  MemFs fs;
  SeededRandom random{5};
  identity::WitnessStore store{fs, random, "/state/witness"};
};

std::string ids_of(const Result<identity::Resolver::FetchedLog>& fetched) {
  if (!fetched) return fetched.error().id;
  std::string ids;
  for (const Finding& one : fetched->contradictions) ids += one.id + " ";
  return ids;
}

}  // namespace

TEST_CASE("witness: a log that grows takes the place of the one before, also when something is undone",
          "[identity][witness]") {
  Watched world;
  plc::State both = world.log.state();
  both.rotation_keys = {plc_did_key(3), plc_did_key(1)};
  const std::size_t enrolled = world.log.update(both, plc_key(1), kPlcEpochUs + kPlcHourUs);
  world.publish();
  CHECK(ids_of(world.fetch()) == "");
  REQUIRE(world.files().size() == 1);
  const std::string first = world.files().front();
  CHECK(ids_of(world.fetch()) == "");
  CHECK(world.files() == std::vector{first});

  world.log.update(world.named("mallory.example"), plc_key(1), kPlcEpochUs + 2 * kPlcHourUs);
  world.publish();
  CHECK(ids_of(world.fetch()) == "");
  // Nullified by the rules, within 72 hours: a directory may do that.
  world.log.fork(enrolled, both, plc_key(3), kPlcEpochUs + 3 * kPlcHourUs);
  world.publish();
  CHECK(ids_of(world.fetch()) == "");
  REQUIRE(world.files().size() == 1);
  CHECK(world.files().front() != first);
  const auto kept = world.store.of(world.log.did());
  REQUIRE(kept);
  CHECK(kept->front().entries.size() == 4);
  CHECK(world.store.dids()->front() == world.log.did());
}

TEST_CASE("witness: an operation that is gone, or another in its place, is forged; another time is an alarm",
          "[identity][witness]") {
  Watched world;
  const PlcLog before = world.log;
  world.log.update(world.named("bob.example"), plc_key(1), kPlcEpochUs + kPlcHourUs);
  world.publish();
  REQUIRE(ids_of(world.fetch()) == "");

  SECTION("gone") {
    world.log = before;
    world.publish();
    const auto fetched = world.fetch();
    CHECK(ids_of(fetched) == "plc.witness_shortened ");
    CHECK(fetched->contradictions.front().severity == Severity::forged);
    CHECK(world.http.requests().size() >= 4);  // a replica may lag: it is asked again
    CHECK(world.files().size() == 1);          // the longer one says all that it says
  }
  SECTION("replaced") {
    world.log = before;
    world.log.update(world.named("carol.example"), plc_key(1), kPlcEpochUs + kPlcHourUs);
    world.publish();
    CHECK(ids_of(world.fetch()) == "plc.witness_rewritten ");
    CHECK(world.files().size() == 2);  // both are evidence
    CHECK(ids_of(world.fetch()) == "plc.witness_rewritten ");
    // … and the account's identity tells it to whoever resolves it.
    world.put("https://plc.test/" + world.did,
              document_json(world.did, World::multibase(2), kHost, "at://carol.example"));
    const auto found = world.resolve(world.did);
    REQUIRE(found);
    CHECK(found->contradictions.size() == 1);
  }
  SECTION("redated") {
    world.log = before;
    world.log.update(world.named("bob.example"), plc_key(1), kPlcEpochUs + 2 * kPlcHourUs);
    world.publish();
    const auto fetched = world.fetch();
    CHECK(ids_of(fetched) == "plc.witness_redated ");
    CHECK(fetched->contradictions.front().severity == Severity::alarm);
    CHECK(world.files().size() == 2);
  }
}

TEST_CASE("witness: a copy that lags for a moment is no alarm", "[identity][witness]") {
  Watched world;
  const std::string shorter = world.log.audit_json();
  world.log.update(world.named("bob.example"), plc_key(1), kPlcEpochUs + kPlcHourUs);
  world.publish();
  REQUIRE(ids_of(world.fetch()) == "");
  int asked = 0;
  ScriptedHttp lagging([&](const SentRequest&) -> Result<Answer> {
    return Answer{.body = ++asked < 3 ? shorter : world.log.audit_json()};
  });
  identity::Resolver resolver(lagging, world.dns, *net::Url::parse("https://plc.test"), world.lines, {},
                              world.clock);
  resolver.set_witnesses(&world.store);
  CHECK(ids_of(resolver.fetch_log(world.log.did(), {})) == "");
  CHECK(asked == 3);
}

TEST_CASE("witness: a store that is damaged or cannot be written fails nothing", "[identity][witness]") {
  Watched world;
  REQUIRE(ids_of(world.fetch()) == "");
  const std::string path = "/state/witness/" + world.folder() + "/" + world.files().front();
  world.fs.put(path, "not a log");
  CHECK(ids_of(world.fetch()) == "");
  CHECK(world.store.of(world.log.did())->size() == 1);  // written anew
  world.log.update(world.named("bob.example"), plc_key(1), kPlcEpochUs + kPlcHourUs);
  world.publish();
  world.fs.die_after(0);
  CHECK(ids_of(world.fetch()) == "");
  world.fs.heal();
  world.fs.set_hook([](const MemFs::Operation& one) -> std::optional<Error> {
    if (one.name != "list") return std::nullopt;
    return Error(ErrorKind::io, "file.list", "no");
  });
  CHECK(ids_of(world.fetch()) == "");
}
