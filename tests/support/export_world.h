// Everything that an export runs in, in memory: file system, clock, network with one account on one host.
#pragma once

#include "core/backup/folder.h"
#include "core/exporter/exporter.h"
#include "core/verify/verify.h"
#include "tests/support/account_fixture.h"
#include "tests/support/capture_log.h"
#include "tests/support/collect_progress.h"
#include "tests/support/manual_clock.h"
#include "tests/support/mem_fs.h"
#include "tests/support/scripted_txt.h"
#include "tests/support/seeded_random.h"

namespace atb::test {

struct ExportWorld {
  explicit ExportWorld(AccountFixture account_)
      : account(std::move(account_)),
        host(account),
        http(host.handler()),
        dns({{"_atproto.alice.test", {"did=" + account.did()}}}),
        resolver(http, dns, net::Url::parse(kTestPlc).value(), log, {}, clock),
        sessions(fs, random, "/state/sessions") {}

  exporter::Context context() {
    return {.http = http,
            .resolver = resolver,
            .sessions = sessions,
            .fs = fs,
            .clock = clock,
            .random = random,
            .log = log,
            .progress = progress,
            .stop = stop.get_token(),
            .limits = {}};
  }
  syntax::AtIdentifier who() const { return syntax::AtIdentifier::parse(account.did()).value(); }

  AccountFixture account;
  MemFs fs;
  ManualClock clock;
  SeededRandom random;
  CaptureLog log;
  CollectProgress progress;
  FakeHost host;
  ScriptedHttp http;
  ScriptedTxt dns;
  identity::Resolver resolver;
  account::SessionStore sessions;
  std::stop_source stop;
};

// Opens and verifies what lies at `path` of a MemFs.
inline Result<verify::Verdict> verify_at(os::FileSystem& fs, const std::string& path,
                                         const verify::Options& options = {}) {
  const auto source = TRY(backup::open_backup(fs, path));
  return verify::verify_backup(*source, options, no_progress(), {});
}

}  // namespace atb::test
