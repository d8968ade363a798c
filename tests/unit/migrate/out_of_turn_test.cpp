// Steps that are run before those they rest on: each says what it lacks and does nothing. The executor never
// does so; a journal that lost something, or a change of the order, must not slip through.
#include "core/migrate/machine.h"
#include "core/migrate/move.h"
#include "tests/support/capture_log.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/mem_fs.h"
#include "tests/support/move/move_bench.h"

using namespace atb;
using namespace atb::test;

namespace {

// A move that has just begun: nobody is logged in, and the journal is empty.
struct Fresh {
  Fresh() { REQUIRE(fs.make_folders(temp.path())); }

  Status act(std::string_view name) {
    for (const auto& step : migrate::steps_of(move.journal)) {
      if (step->name() == name) return step->act(move);
    }
    return fail(ErrorKind::internal, "test.no_step", "there is no step " + std::string(name));
  }

  FakeNetwork network;
  TempFolder temp;
  MemFs fs;
  CaptureLog log;
  SeededRandom random{5};
  Person person{network};
  CollectSteps watcher;
  identity::Resolver resolver{network.http, network.dns, net::Url::parse("https://plc.net").value(),
                              log,          {},          network.clock};
  account::SessionStore sessions{fs, random, temp.file("sessions")};
  exporter::Context context{.http = network.http,
                            .resolver = resolver,
                            .sessions = sessions,
                            .fs = fs,
                            .clock = network.clock,
                            .random = random,
                            .log = log,
                            .progress = no_progress(),
                            .stop = {},
                            .limits = {}};
  migrate::World world{context, person, watcher, temp.path(), [](const std::string& path) { return path; }};
  migrate::Options options;
  migrate::SecretSources sources;
  migrate::MovePaths paths{temp.path()};
  migrate::Move move{world,
                     options,
                     sources,
                     paths,
                     network.did,
                     migrate::Journal::open(paths.journal(), network.clock).value(),
                     migrate::SecretsFile::open(fs, random, paths.secrets(), nullptr).value(),
                     net::Url::parse("https://old-host.net").value(),
                     net::Url::parse("https://new-host.net").value()};
};

}  // namespace

TEST_CASE("move: no account is made without a password on disk", "[migrate]") {
  Fresh fresh;
  CHECK(error_id(fresh.act("create-account")) == "move.no_password");
  CHECK(fresh.network.new_host.effects.accounts == 0);
}

TEST_CASE("move: nothing is published that was not signed and checked", "[migrate]") {
  Fresh fresh;
  CHECK(error_id(fresh.act("submit")) == "move.not_signed");
  CHECK(fresh.network.plc.accepted == 0);
}

TEST_CASE("move: nothing is compared with a backup that was not proven", "[migrate]") {
  Fresh fresh;
  CHECK(error_id(fresh.move.backup_commit()) == "move.no_backup");
  CHECK(error_id(fresh.move.backup_data()) == "move.no_backup");
}
